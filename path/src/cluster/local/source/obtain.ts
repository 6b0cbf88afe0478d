import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StepFailed, UserMistake } from '../../../core/failure.ts';
import type { Context } from '../../../effects/context.ts';
import { tellDamage } from '../../../oci/damage.ts';
import { folderState, keepDigests } from '../../../oci/kept-folder.ts';
import { removeAbandoned } from '../../../oci/remove-abandoned.ts';
import { incoming, replaceFolder } from '../../../oci/replace-folder.ts';
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
 * Gives a component's files, from the cache or from a source; a second call obtains nothing. What is in the cache is
 * used when it is what was put there (see `folderState`); what is damaged is told of and made again.
 */
export async function obtain(context: Context, component: Component): Promise<Obtained> {
  const source = await chooseSource(context, component);
  const key = `${component.name}-${component.version}-${await source.key(context, component)}`;
  const folder = join(context.cache, 'components', key);
  const state = await folderState(folder);
  if (state === 'whole') return { component, folder, key };
  if (state === 'damaged')
    tellDamage(context.emit, `${component.name} ${component.version}`, folder, 'cluster');
  await make(context, source, component, folder);
  return { component, folder, key };
}

/** Whether a component's files are in the cache, so that `obtain` takes no time. */
export async function isObtained(context: Context, component: Component): Promise<boolean> {
  const source = await chooseSource(context, component);
  const key = `${component.name}-${component.version}-${await source.key(context, component)}`;
  return (await folderState(join(context.cache, 'components', key))) === 'whole';
}

async function make(context: Context, source: Source, component: Component, folder: string): Promise<void> {
  const started = context.clock.monotonic();
  const task = `${source.name === 'go' ? 'compile' : 'download'} ${component.name} ${component.version}`;
  context.emit({ kind: 'progress', step: 'cluster', task, text: 'begins', fraction: 0 });
  const components = dirname(folder);
  await mkdir(components, { recursive: true });
  await removeAbandoned(components, incoming);
  const beside = await mkdtemp(join(components, incoming));
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
    await keepDigests(beside);
    // Another process may have been quicker, and runs what it has made.
    if ((await folderState(folder)) !== 'whole') await replaceFolder(folder, beside);
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
