import { createHash } from 'node:crypto';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Trusted, TrustOptions } from '../cli/actions.ts';
import type { Context } from '../effects/context.ts';
import type { Project } from '../project/project.ts';

type Store = Trusted['stores'][number];

/**
 * Makes this machine and the user's browsers trust a project's own certificate authority, or no more. Only on
 * request: an authority that is trusted can vouch for any name it is not constrained from.
 * @param authority the authority's certificate, PEM
 */
export async function trust(
  context: Context,
  project: Project,
  authority: string,
  options: TrustOptions,
): Promise<Trusted> {
  const name = `ptp-${project.name}-${createHash('sha256').update(authority).digest('hex').slice(0, 8)}`;
  const file = join(context.cache, `${name}.crt`);
  await writeFile(file, authority, { mode: 0o644 });
  return {
    stores: [
      await machine(context, name, authority, options),
      await browsers(context, name, file, options),
      {
        name: 'Node.js',
        change: 'not-possible',
        next: `Node.js keeps a list of its own: set NODE_EXTRA_CA_CERTS=${file}.`,
      },
    ],
  };
}

/** The machine's own store: curl, git, Python and most else (update-ca-certificates(8)). */
async function machine(
  context: Context,
  name: string,
  authority: string,
  { remove }: TrustOptions,
): Promise<Store> {
  const label = 'this machine';
  const update = await context.processes.find('update-ca-certificates');
  const path = `/usr/local/share/ca-certificates/${name}.crt`;
  if (update === undefined || process.getuid?.() !== 0) {
    const next = update === undefined ? 'Install the package ca-certificates.' : 'Run it as root.';
    return { name: label, change: 'not-possible', next };
  }
  const there = (await readFile(path, 'utf8').catch(() => undefined)) === authority;
  if (there === !remove) return { name: label, change: 'unchanged' };
  if (remove) await rm(path, { force: true });
  else await writeFile(path, authority, { mode: 0o644 });
  const outcome = await context.processes.run({ program: update, args: remove ? ['--fresh'] : [] });
  if (outcome.code !== 0) return { name: label, change: 'not-possible', next: outcome.stderr.trim() };
  return { name: label, change: remove ? 'removed' : 'added' };
}

/** The store that Chromium and its kin read on Linux: an NSS database in the user's home. */
async function browsers(
  context: Context,
  name: string,
  file: string,
  { remove }: TrustOptions,
): Promise<Store> {
  const label = 'Chromium';
  const certutil = await context.processes.find('certutil');
  if (certutil === undefined) {
    return { name: label, change: 'not-possible', next: 'Install the package libnss3-tools.' };
  }
  const folder = join(homedir(), '.pki/nssdb');
  const database = `sql:${folder}`;
  const run = (...args: string[]) =>
    context.processes.run({ program: certutil, args: ['-d', database, ...args] });
  if (
    await access(folder).then(
      () => false,
      () => true,
    )
  ) {
    if (remove) return { name: label, change: 'unchanged' };
    await context.processes.run({ program: 'mkdir', args: ['-p', '-m', '0700', folder] });
    await run('-N', '--empty-password');
  }
  const there = (await run('-L', '-n', name)).code === 0;
  if (there === !remove) return { name: label, change: 'unchanged' };
  const outcome = remove ? await run('-D', '-n', name) : await run('-A', '-t', 'C,,', '-n', name, '-i', file);
  if (outcome.code !== 0) return { name: label, change: 'not-possible', next: outcome.stderr.trim() };
  return { name: label, change: remove ? 'removed' : 'added' };
}
