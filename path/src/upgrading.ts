import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Upgrade, Upgraded, UpgradeKind, Upgrades, VersionChange } from './core/upgrade.ts';
import type { Context } from './effects/context.ts';
import { timed } from './effects/timed.ts';
import { writeAtomically } from './effects/write-atomically.ts';
import type { DebianLock } from './image/debian/lock.ts';
import { newerChoices } from './image/debian/newer.ts';
import { lockFileName, readLockFile, writeLockFile } from './image/lock-file.ts';
import { newerPackages, takePackages } from './maintain/npm-newer.ts';
import { newerOfTool } from './newer-of-tool.ts';
import { up } from './path.ts';
import type { Project } from './project/project.ts';

/** An upgrade that can be made: writes what it changes into the sources. */
interface Prepared {
  readonly kind: UpgradeKind;
  readonly changes: readonly VersionChange[];
  /** The files that it may change. */
  readonly files: readonly string[];
  take(): Promise<void>;
}

/**
 * What is newer: the Debian packages that images stand on, those of the database's server, and patch versions of what
 * components depend on; and of what the tool itself pins, which is a newer tool's to bring. Asks the mirror, npm and the
 * Go proxy; changes nothing.
 */
export async function upgradesOf(context: Context, project: Project): Promise<Upgrades> {
  return timed(context, 'maintain', 'look for what is newer', async () => {
    const [prepared, own] = await Promise.all([prepare(context, project), newerOfTool(context, project)]);
    const upgrades: readonly Upgrade[] = [
      ...prepared.map(({ kind, changes }) => ({ kind, applies: true, changes })),
      ...(own.changes.length === 0 ? [] : [{ kind: 'ptp' as const, applies: false, changes: own.changes }]),
    ];
    return { result: { upgrades, unasked: own.unasked }, text: countText(upgrades) };
  });
}

/**
 * Makes each upgrade a release of its own, one after the other: takes it into the sources, and walks the path, with all
 * that is looked for, tested and measured on the way. One that fails is taken back as every release is, its sources too, and
 * ends the rest.
 */
export async function upgrade(context: Context, project: Project): Promise<readonly Upgraded[]> {
  const done: Upgraded[] = [];
  const prepared = await timed(context, 'maintain', 'look for what is newer', async () => {
    const found = await prepare(context, project);
    return { result: found, text: countText(found) };
  });
  for (const { kind, files, take } of prepared) {
    const before = await Promise.all(
      files.map(async (file) => [file, await readFile(file, 'utf8')] as const),
    );
    try {
      await take();
      const { record, release } = await up(context, project);
      done.push({ kind, release: record.number, rolled: release.rolled });
    } catch (error) {
      for (const [file, text] of before) await writeAtomically(file, text);
      throw error;
    }
  }
  return done;
}

async function prepare(context: Context, project: Project): Promise<readonly Prepared[]> {
  const [debian, npm] = await Promise.all([debianUpgrades(context, project), npmUpgrades(context, project)]);
  return [...debian, ...npm];
}

function countText(found: readonly Pick<Upgrade, 'changes'>[]): string {
  const count = found.reduce((sum, { changes }) => sum + changes.length, 0);
  return count === 0 ? 'nothing is newer' : count === 1 ? '1 is newer' : `${count} are newer`;
}

async function debianUpgrades(context: Context, { folder }: Project): Promise<readonly Prepared[]> {
  const file = join(folder, lockFileName);
  const newer = await newerChoices(context, await readLockFile(file));
  const isServer = ({ request }: DebianLock) =>
    request.packages.some((name) => name.startsWith('postgresql-'));
  return (['base', 'postgres'] as const).flatMap((kind): Prepared[] => {
    const chosen = newer.filter(({ before }) => isServer(before) === (kind === 'postgres'));
    if (chosen.length === 0) return [];
    const changes = new Map(chosen.flatMap((one) => one.changes).map((one) => [changeKey(one), one]));
    return [
      {
        kind,
        changes: [...changes.values()],
        files: [file],
        async take() {
          const locks = await readLockFile(file);
          const after = locks.map(
            (lock) =>
              chosen.find(({ before }) => JSON.stringify(before.request) === JSON.stringify(lock.request))
                ?.after ?? lock,
          );
          await writeLockFile(file, after);
        },
      },
    ];
  });
}

function changeKey({ name, from, to }: VersionChange): string {
  return [name, from, to].join(' ');
}

async function npmUpgrades(context: Context, project: Project): Promise<readonly Prepared[]> {
  const folders = await Promise.all(
    [...new Set(project.components.map(({ source }) => source))].map(async (source) =>
      (await isThere(join(source, 'package.json'))) ? [source] : [],
    ),
  );
  const packages = await newerPackages(context, folders.flat(), project.folder);
  if (packages.length === 0) return [];
  const own = [...new Set(packages.map(({ folder }) => folder))];
  const lockfiles = await Promise.all(own.map((folder) => lockfileOf(folder)));
  const files = [...own.map((folder) => join(folder, 'package.json')), ...lockfiles.flat()];
  const changes = packages.map(({ folder: _, ...change }) => change);
  return [{ kind: 'npm', changes, files: [...new Set(files)], take: () => takePackages(context, packages) }];
}

/** The lockfile that holds for a folder: its own, or that of the workspace above it. */
async function lockfileOf(folder: string): Promise<readonly string[]> {
  const file = join(folder, 'package-lock.json');
  if (await isThere(file)) return [file];
  const above = dirname(folder);
  return above === folder ? [] : lockfileOf(above);
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
