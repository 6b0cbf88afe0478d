import { access, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { DetectedComponent } from '../cli/actions.ts';
import { detect } from '../image/detect.ts';

/** Folders that hold no component. */
const passedOver = new Set([
  'node_modules',
  'dist',
  'build',
  'coverage',
  'test',
  'tests',
  'docs',
  'testdata',
  'vendor',
]);
const deepest = 3;

/** npm packages that talk to PostgreSQL. */
const drivers = new Set(['pg', 'postgres', 'pg-promise', 'slonik', '@prisma/client', 'typeorm', 'sequelize']);

/** Go modules that do. */
const goDrivers = /\bgithub\.com\/(?:jackc\/pgx|lib\/pq)\b/;

/** What users meet first: a door in front of the others, then a page, then the rest. */
const nearness = [/gateway|proxy|edge|router/, /front|web|ui|page|site/];

/** Finds the components below a folder; the first in the list is the one nearest to users. */
export async function detectComponents(folder: string): Promise<readonly DetectedComponent[]> {
  const found = await search(folder, folder, 0);
  const rank = ({ name }: DetectedComponent) => {
    const index = nearness.findIndex((pattern) => pattern.test(name));
    return index === -1 ? nearness.length : index;
  };
  return withOwnNames(found.sort((a, b) => rank(a) - rank(b) || (a.source < b.source ? -1 : 1)));
}

/** Two folders may be called alike, and a component like the service that `init` names. */
function withOwnNames(found: readonly DetectedComponent[]): readonly DetectedComponent[] {
  const taken = new Set(['database']);
  return found.map((component) => {
    const parent = dnsName(component.source.split('/').slice(-2).join('-'));
    const choices = [component.name, parent, dnsName(`${component.name}-app`)];
    let name = choices.find((choice) => !taken.has(choice));
    for (let number = 2; name === undefined; number++) {
      const next = `${component.name.slice(0, 36)}-${number}`;
      if (!taken.has(next)) name = next;
    }
    taken.add(name);
    return { ...component, name };
  });
}

async function search(root: string, folder: string, depth: number): Promise<DetectedComponent[]> {
  const own = await componentIn(root, folder);
  if (own !== undefined) return [own];
  if (depth === deepest) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const below = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith('.') && !passedOver.has(entry.name),
  );
  const found = await Promise.all(below.map((entry) => search(root, join(folder, entry.name), depth + 1)));
  return found.flat();
}

async function componentIn(root: string, folder: string): Promise<DetectedComponent | undefined> {
  const detected = await detect(folder);
  if (detected === undefined) return undefined;
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  const manifest = JSON.parse(text) as {
    readonly workspaces?: unknown;
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  // The root of workspaces gathers components and is none, whatever scripts it has.
  if (manifest.workspaces !== undefined) return undefined;
  const migrate = await migrationIn(folder);
  return {
    name: dnsName(basename(folder)),
    source: relative(root, folder).split(sep).join('/') || '.',
    builder: detected.builder,
    why: detected.reason,
    database:
      Object.keys(manifest.dependencies ?? {}).some((name) => drivers.has(name)) ||
      (detected.builder === 'go' && goDrivers.test(await moduleText(root, folder))),
    ...(migrate === undefined ? {} : { migrate }),
  };
}

/** The go.mod of a folder, which may lie above it. */
async function moduleText(root: string, folder: string): Promise<string> {
  const text = await readFile(join(folder, 'go.mod'), 'utf8').catch(() => undefined);
  return text ?? (folder === root ? '' : moduleText(root, dirname(folder)));
}

/** A program that brings the database up to date, where one is at a usual place. */
async function migrationIn(folder: string): Promise<readonly string[] | undefined> {
  for (const path of ['src/migrate.ts', 'src/migrate.js', 'migrate.ts', 'migrate.js']) {
    const there = await access(join(folder, path)).then(
      () => true,
      () => false,
    );
    if (there) return ['node', path];
  }
  return undefined;
}

function dnsName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return (/^[a-z]/.test(name) ? name : `app-${name}`).slice(0, 40).replace(/-+$/, '');
}
