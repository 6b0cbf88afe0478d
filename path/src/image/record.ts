import { join } from 'node:path';
import type { Digest } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { tellDamage } from '../oci/damage.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import { keyOf } from './layer-cache.ts';

/** What an image was made of, in the words of whoever asks why it changed. */
export interface Inputs {
  /** Source files, relative to the component's folder, and something that changes when they do. */
  readonly source: Readonly<Record<string, string>>;
  /** Packages of the application and their versions. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Parts of the base and their versions. */
  readonly base: Readonly<Record<string, string>>;
}

/** An image that was built on this machine and what it was made of. */
export interface BuildRecord extends Inputs {
  readonly digest: Digest;
}

/** Why an image has the digest it has: `first build`, `unchanged`, `source changed: src/app.tsx; base changed: …`. */
export function whyBuilt(before: BuildRecord | undefined, now: BuildRecord): string {
  if (before === undefined) return 'first build';
  if (before.digest === now.digest) return 'unchanged';
  const source = differing(before.source, now.source);
  const dependencies = differing(before.dependencies, now.dependencies);
  const base = differing(before.base, now.base);
  const reasons = [
    ...(source.length === 0 ? [] : [`source changed: ${firstOf(source)}`]),
    ...(dependencies.length === 0
      ? []
      : [`dependencies changed: ${firstOf(steps(dependencies, before.dependencies, now.dependencies))}`]),
    ...(base.length === 0 ? [] : [`base changed: ${firstOf(steps(base, before.base, now.base))}`]),
  ];
  return reasons.length === 0 ? 'settings changed' : reasons.join('; ');
}

function differing(before: Inputs['source'], now: Inputs['source']): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => before[name] !== now[name]).sort();
}

function steps(names: readonly string[], before: Inputs['source'], now: Inputs['source']): readonly string[] {
  return names.map((name) => {
    const [old, young] = [before[name], now[name]];
    if (old === undefined) return `${name} ${young} added`;
    if (young === undefined) return `${name} ${old} removed`;
    return `${name} ${old} → ${young}`;
  });
}

function firstOf(names: readonly string[]): string {
  const shown = 3;
  const rest = names.length - shown;
  return names.slice(0, shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** Where the record of an image of a project is kept. */
function recordFile(cache: string, projectFolder: string, name: string): string {
  return join(cache, 'images', keyOf([projectFolder, name]) + sealedEnding);
}

/** The record of the last build of an image, or undefined where there is none, or it is damaged (told of then). */
export async function readRecord(
  { cache, emit }: Pick<Context, 'cache' | 'emit'>,
  projectFolder: string,
  name: string,
): Promise<BuildRecord | undefined> {
  const file = recordFile(cache, projectFolder, name);
  const damaged = () => tellDamage(emit, `the record of the last build of ${name}`, file);
  return (await readSealed(file, damaged)) as BuildRecord | undefined;
}

/** Keeps the record of a build for the next one. */
export async function writeRecord(
  cache: string,
  projectFolder: string,
  name: string,
  record: BuildRecord,
): Promise<void> {
  await writeSealed(recordFile(cache, projectFolder, name), record);
}
