import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Outcome } from '../../effects/processes.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';

/** A package of the npm registry, pinned. */
export interface PinnedPackage {
  readonly package: string;
  readonly version: string;
  /** Subresource integrity: `sha512-` and base64. */
  readonly integrity: string;
}

const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error', '--no-update-notifier'];

/**
 * Runs the machine's npm with the user's own configuration (registry, proxy, credentials). Returns its standard
 * output. Throws StepFailed with npm's last lines.
 */
export async function npm(
  context: Context,
  args: readonly string[],
  options: {
    readonly folder: string;
    readonly doing: string;
    readonly env?: Record<string, string | undefined>;
  },
): Promise<string> {
  const program = await context.processes.find('npm');
  if (program === undefined) {
    throw new UserMistake({ what: 'npm is not on this machine', next: 'Install Node.js with npm.' });
  }
  const run = (more: readonly string[] = []) =>
    context.processes.run({
      program,
      args: [...args, ...quiet, ...more],
      cwd: options.folder,
      // The npm of this machine, run by the Node.js that runs this tool.
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`, ...options.env },
      signal: context.signal,
    });
  let outcome = await run();
  if (outcome.code !== 0 && isDamaged(outcome)) {
    // npm mends packages in its cache by itself, and fails for good where it is what it knows of them.
    const text = "npm's own cache seems to be damaged; it is left aside (`npm cache verify` mends it)";
    context.emit({ kind: 'note', step: 'image', text });
    outcome = await inTemporaryFolder(context.cache, (folder) => run([`--cache=${folder}`]));
  }
  if (outcome.code === 0) return outcome.stdout;
  throw new StepFailed({
    what: `npm failed while ${options.doing} (exit code ${outcome.code})`,
    details: lastLines(withoutUsage(`${outcome.stdout}\n${outcome.stderr}`)),
  });
}

/**
 * Whether npm found something that is not what its digest says, or missed what another of its own requests had just
 * found to be so and thrown away.
 */
function isDamaged({ stdout, stderr }: Outcome): boolean {
  return /\b(?:EINTEGRITY|EBADSIZE)\b|\bENOENT\b.*_cacache\b/.test(stdout + stderr);
}

/** npm prints its manual after what it calls a usage error, which would hide what was wrong. */
function withoutUsage(output: string): string {
  const manual = output.search(/^npm error Usage:$/m);
  return manual < 0 ? output : output.slice(0, manual);
}

/** The last lines of a program's output that say something, without colours. */
export function lastLines(output: string, count = 25): readonly string[] {
  return stripVTControlCharacters(output)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
}

/**
 * Fetches a package's archive into a folder and returns its path. Throws StepFailed where its content is not what
 * the integrity says, and keeps nothing then.
 */
export async function fetchPackage(context: Context, pinned: PinnedPackage, folder: string): Promise<string> {
  const name = `${pinned.package}@${pinned.version}`;
  const output = await npm(context, ['pack', name, '--pack-destination=.'], {
    folder,
    doing: `fetching ${name}`,
  });
  const path = join(folder, basename(output.trim().split('\n').at(-1) ?? ''));
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(path))
    .digest('base64')}`;
  if (integrity === pinned.integrity) return path;
  await rm(path, { force: true });
  throw new StepFailed({
    what: `${name} is not the package that this version of ptp was made with (its integrity is ${integrity})`,
    next: 'Check the registry that npm is configured with.',
  });
}
