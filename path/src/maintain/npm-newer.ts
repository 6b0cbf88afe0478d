import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import semver from 'semver';
import { z } from 'zod';
import { StepFailed } from '../core/failure.ts';
import type { VersionChange } from '../core/upgrade.ts';
import type { Context } from '../effects/context.ts';
import { newestPatch } from './newest.ts';

/** A dependency of a component that has a newer patch version. */
export interface NewerPackage extends VersionChange {
  readonly from: string;
  readonly to: string;
  /** The absolute path of the component's folder. */
  readonly folder: string;
}

interface Listed {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly dependencies?: Readonly<Record<string, Listed>> | undefined;
}

const listed: z.ZodType<Listed> = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  get dependencies() {
    return z.record(z.string(), listed).optional();
  },
});

/**
 * What `npm ls --json` says that a package depends on, with the versions of the lockfile: those of the package itself,
 * or of the workspace of that name. Throws where the text is none. Pure.
 */
export function lockedOf(
  text: string,
  name: string,
): readonly { readonly name: string; readonly version: string }[] {
  const root = listed.parse(JSON.parse(text === '' ? '{}' : text));
  const own = root.name === name ? root : root.dependencies?.[name];
  return Object.entries(own?.dependencies ?? {}).flatMap(([dependency, { version }]) =>
    version === undefined || semver.valid(version) === null ? [] : [{ name: dependency, version }],
  );
}

/** How many at once ask npm: each is a process of its own. */
const atOnce = 3;

const named = z.looseObject({ name: z.string() });

/**
 * The dependencies that components need to run and that have a newer patch version than the lockfile has, by npm's own
 * word; whether they are installed does not matter. Others than patch versions may ask for changes of the sources, and
 * are left to people.
 * @param folders those of components with a package.json
 */
export async function newerPackages(
  context: Pick<Context, 'processes' | 'signal'>,
  folders: readonly string[],
  root: string,
): Promise<readonly NewerPackage[]> {
  const locked = await Promise.all(
    folders.map(async (folder) => {
      const { name } = named.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
      const args = ['ls', '--package-lock-only', '--omit=dev', '--depth=0', '--json'];
      const text = (await npm(context, folder, args, [0, 1])).trim();
      return lockedOf(text, name).map((one) => ({ ...one, folder }));
    }),
  );
  const all = locked.flat();
  const versions = new Map<string, readonly string[]>();
  const wanted = [...new Map(all.map((one) => [`${one.name}@~${one.version}`, one.folder]))];
  const ask = async () => {
    for (let next = wanted.pop(); next !== undefined; next = wanted.pop())
      versions.set(next[0], await versionsOf(context, next[1], next[0]));
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return all.flatMap(({ name, version, folder }) => {
    const to = newestPatch(version, versions.get(`${name}@~${version}`) ?? []);
    if (to === undefined) return [];
    return [{ name, from: version, to, why: `patch version, for ${relative(root, folder)}`, folder }];
  });
}

/**
 * The versions of a package that fit a range, by npm's own word.
 * @param folder where npm is asked: its settings count
 * @param wanted `pg@~8.12.4`
 * @throws StepFailed where npm cannot be asked
 */
export async function versionsOf(
  context: Pick<Context, 'processes' | 'signal'>,
  folder: string,
  wanted: string,
): Promise<readonly string[]> {
  const text = await npm(context, folder, ['view', wanted, 'version', '--json'], [0]);
  return z
    .union([z.string().transform((one) => [one]), z.array(z.string())])
    .parse(text.trim() === '' ? [] : JSON.parse(text));
}

/**
 * Takes newer versions into package.json and the lockfile, exactly. Nothing is installed: images are made from the
 * lockfile, and if the release is taken back so are both files.
 */
export async function takePackages(
  context: Pick<Context, 'processes' | 'signal'>,
  packages: readonly NewerPackage[],
): Promise<void> {
  const byFolder = Map.groupBy(packages, ({ folder }) => folder);
  for (const [folder, some] of byFolder) {
    const wanted = some.map(({ name, to }) => `${name}@${to}`);
    await npm(
      context,
      folder,
      [
        'install',
        '--package-lock-only',
        '--ignore-scripts',
        '--save-exact',
        '--no-audit',
        '--no-fund',
        ...wanted,
      ],
      [0],
    );
  }
}

async function npm(
  { processes, signal }: Pick<Context, 'processes' | 'signal'>,
  cwd: string,
  args: readonly string[],
  codes: readonly number[],
): Promise<string> {
  const program = await processes.find('npm');
  if (program === undefined)
    throw new StepFailed({ what: 'npm is not on PATH', next: 'Install Node.js with npm.' });
  const { code, stdout, stderr } = await processes.run({ program, args, cwd, signal });
  if (codes.includes(code)) return stdout;
  throw new StepFailed({
    what: `\`npm ${args[0]}\` ended with ${code}`,
    where: { file: cwd },
    details: stderr.trim().split('\n').slice(-5),
  });
}
