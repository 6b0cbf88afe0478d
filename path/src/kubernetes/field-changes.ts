import type { FieldChange } from '../core/event.ts';
import { hashOf } from './hash.ts';
import type { AnyObject } from './objects.ts';

/** What stands for a value that is not shown. */
export const redacted = '[redacted]';

/** Parts that the server writes: they say nothing about what was asked for. */
const ofTheServer = new Set([
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.uid',
  'metadata.creationTimestamp',
  'status',
]);

/**
 * The fields in which two states of one object differ, in the order of their paths. Entries of lists are told apart by
 * their `name`, `mountPath`, `containerPort` or `port` where all have one, as server-side apply does (Kubernetes API
 * conventions, "Merge Strategy"). Values of Secrets are never among the result: a change of one is `[redacted]`. Pure.
 */
export function fieldChanges(
  before: AnyObject | undefined,
  after: AnyObject | undefined,
): readonly FieldChange[] {
  const found: FieldChange[] = [];
  compare(veiled(before), veiled(after), '', found);
  return found.map(({ path, before: old, after: now }) => ({
    path,
    ...(old === undefined ? {} : { before: unveiled(old) }),
    ...(now === undefined ? {} : { after: unveiled(now) }),
  }));
}

/** Stands before the digest of a hidden value while two objects are compared. */
const veil = 'hidden:';

/** A Secret with digests instead of its values, also where kubectl has noted them once more. */
function veiled(object: AnyObject | undefined): AnyObject | undefined {
  if (object?.kind !== 'Secret') return object;
  const veilAll = (part: unknown) =>
    isRecord(part)
      ? Object.fromEntries(Object.entries(part).map(([key, value]) => [key, `${veil}${hashOf(value)}`]))
      : part;
  const { annotations, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(annotations === undefined ? {} : { annotations: veilAll(annotations) as typeof annotations }),
    },
    ...('data' in object ? { data: veilAll(object.data) } : {}),
    ...('stringData' in object ? { stringData: veilAll(object.stringData) } : {}),
  };
}

function unveiled(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(veil) ? redacted : value;
  if (Array.isArray(value)) return value.map(unveiled);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unveiled(part)]));
}

function compare(before: unknown, after: unknown, path: string, found: FieldChange[]): void {
  if (ofTheServer.has(path.slice(1))) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort())
      compare(before[key], after[key], `${path}${keyText(key)}`, found);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(before, after, path, found);
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  found.push({
    path,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  });
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
  found: FieldChange[],
): void {
  const key = listKey([...before, ...after]);
  if (key === undefined) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1)
      compare(before[index], after[index], `${path}[${index}]`, found);
    return;
  }
  const byKey = (list: readonly unknown[]) =>
    new Map(list.map((entry) => [String((entry as Readonly<Record<string, unknown>>)[key]), entry]));
  const [olds, news] = [byKey(before), byKey(after)];
  for (const name of [...new Set([...olds.keys(), ...news.keys()])])
    compare(olds.get(name), news.get(name), `${path}[${key}=${name}]`, found);
}

const listKeys = ['name', 'mountPath', 'containerPort', 'port', 'type'] as const;

/** The property that tells the entries of a list apart, where all have it and no two the same. */
function listKey(entries: readonly unknown[]): string | undefined {
  if (entries.length === 0 || !entries.every(isRecord)) return undefined;
  return listKeys.find((key) => entries.every((entry) => entry[key] !== undefined));
}

function keyText(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `['${key}']`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
