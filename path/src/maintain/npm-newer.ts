import { relative } from 'node:path';
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

const entry = z.looseObject({ current: z.string().optional(), latest: z.string() });
const outdatedSchema = z.record(z.string(), z.union([entry, z.array(entry)]));

/** What `npm outdated --json` has found behind, with the newest version there is. Throws where it is none. Pure. */
export function outdatedOf(text: string): readonly {
  readonly name: string;
  readonly current: string;
  readonly latest: string;
}[] {
  const all = outdatedSchema.parse(JSON.parse(text === '' ? '{}' : text));
  return Object.entries(all).flatMap(([name, found]) => {
    const [one] = [found].flat();
    if (one?.current === undefined || !semver.valid(one.current) || !semver.valid(one.latest)) return [];
    return [{ name, current: one.current, latest: one.latest }];
  });
}

/**
 * The dependencies that components need to run and that have a newer patch version, by npm's own word. Others than
 * patch versions may ask for changes of the sources, and are left to people.
 * @param folders those of components with a package.json
 */
export async function newerPackages(
  context: Pick<Context, 'processes' | 'signal'>,
  folders: readonly string[],
  root: string,
): Promise<readonly NewerPackage[]> {
  const found: NewerPackage[] = [];
  for (const folder of folders) {
    const outdated = outdatedOf(
      (await npm(context, folder, ['outdated', '--omit=dev', '--json'], [0, 1])).trim(),
    );
    for (const { name, current, latest } of outdated) {
      const patch =
        newestPatch(current, [latest]) ??
        newestPatch(current, await versionsOf(context, folder, `${name}@~${current}`));
      if (patch === undefined) continue;
      const why = `patch version, for ${relative(root, folder)}`;
      found.push({ name, from: current, to: patch, why, folder });
    }
  }
  return found;
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

/** Takes newer versions into package.json and the lockfile, exactly; nothing of theirs is run. */
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
      ['install', '--ignore-scripts', '--save-exact', '--no-audit', '--no-fund', ...wanted],
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
