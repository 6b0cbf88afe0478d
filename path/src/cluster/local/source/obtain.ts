import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed, UserMistake } from '../../../core/failure.ts';
import type { Context } from '../../../effects/context.ts';
import type { Component } from './components.ts';
import { goSource } from './go.ts';
import { releaseSource } from './release.ts';
import type { Source } from './source.ts';

/** A component's files on this machine. */
export interface Obtained {
  readonly component: Component;
  /** Has `bin/` and the folders of the component's documents. */
  readonly folder: string;
  /** Changes when the files do. */
  readonly key: string;
}

/**
 * Gives a component's files, from the cache or from a source; a second call obtains nothing. What is in the cache has
 * its digests beside it: a file whose size changed is noticed each time, one whose bytes changed when it is asked for
 * with `verify`.
 */
export async function obtain(context: Context, component: Component, verify = false): Promise<Obtained> {
  const source = await chooseSource(context, component);
  const key = `${component.name}-${component.version}-${await source.key(context, component)}`;
  const folder = join(context.cache, 'components', key);
  const whole = await isWhole(folder, verify);
  if (whole === 'yes') return { component, folder, key };
  if (whole === 'damaged') {
    context.emit({
      kind: 'warning',
      step: 'cluster',
      problem: { what: `the cached ${component.name} is damaged and is made again` },
    });
  }
  await make(context, source, component, folder);
  return { component, folder, key };
}

async function make(context: Context, source: Source, component: Component, folder: string): Promise<void> {
  const started = context.clock.monotonic();
  const task = `${source.name === 'go' ? 'compile' : 'download'} ${component.name} ${component.version}`;
  context.emit({ kind: 'progress', step: 'cluster', task, text: 'begins', fraction: 0 });
  const beside = `${folder}.${process.pid}.new`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { recursive: true });
  try {
    await source.obtain(context, component, beside, (fraction, text) => {
      const elapsed = (context.clock.monotonic() - started) / 1000;
      context.emit({
        kind: 'progress',
        step: 'cluster',
        task,
        text,
        fraction,
        ...(fraction < 0.05 ? {} : { remaining: (elapsed / fraction) * (1 - fraction) }),
      });
    });
    for (const alias of component.aliases ?? []) {
      await symlink(Object.values(component.programs)[0] ?? '', join(beside, 'bin', alias)).catch((error) => {
        if (error.code !== 'EEXIST') throw error; // a source may give each program by itself
      });
    }
    await writeFile(join(beside, 'DIGESTS.json'), JSON.stringify(await digests(beside)));
    await rm(folder, { recursive: true, force: true });
    await rename(beside, folder);
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  const seconds = (context.clock.monotonic() - started) / 1000;
  context.emit({
    kind: 'task-done',
    step: 'cluster',
    task,
    text: `${component.name} ${component.version}`,
    seconds,
  });
}

interface FileDigest {
  readonly size: number;
  readonly sha256: string;
}

async function digests(folder: string): Promise<Record<string, FileDigest>> {
  const all: Record<string, FileDigest> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    all[path.slice(folder.length + 1)] = { size: (await stat(path)).size, sha256: await sha256(path) };
  }
  return all;
}

async function isWhole(folder: string, verify: boolean): Promise<'yes' | 'absent' | 'damaged'> {
  const text = await readFile(join(folder, 'DIGESTS.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return 'absent';
  for (const [name, want] of Object.entries(JSON.parse(text) as Record<string, FileDigest>)) {
    const path = join(folder, name);
    const size = await stat(path).then(
      (found) => found.size,
      () => -1,
    );
    if (size !== want.size || (verify && (await sha256(path)) !== want.sha256)) return 'damaged';
  }
  return 'yes';
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** `PTP_SOURCE=go|release` names one; otherwise Go where it is installed, else upstream's own files. */
async function chooseSource(context: Context, component: Component): Promise<Source> {
  const asked = process.env.PTP_SOURCE;
  if (asked !== undefined && asked !== 'go' && asked !== 'release') {
    throw new UserMistake({
      what: `PTP_SOURCE is "${asked}"`,
      next: 'Set it to go or release, or leave it out.',
    });
  }
  const order =
    asked === 'release' ? [releaseSource, goSource] : asked === 'go' ? [goSource] : [goSource, releaseSource];
  const missing: string[] = [];
  for (const source of order) {
    if (source === releaseSource && !releaseSource.has(component)) continue;
    const { ok, missing: what } = await source.available(context);
    if (ok) return source;
    missing.push(what ?? source.name);
  }
  throw new StepFailed({
    what: `${component.name} ${component.version} can be had from nowhere: ${missing.join('; ')} is missing`,
    next: 'Install Go, or use an existing cluster with `cluster: kubeconfig` in ptp.yaml.',
  });
}
