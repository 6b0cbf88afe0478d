import type { DecisionLink, Trace, TraceSource } from '../core/answer.ts';
import { UserMistake } from '../core/failure.ts';
import { type PathPart, pathParts, valueAt } from '../core/field-path.ts';
import { type FoundReason, type Reasons, reasonsFor } from '../core/reason.ts';
import { label } from '../kubernetes/labels.ts';
import type { AnyObject } from '../kubernetes/objects.ts';
import { readYaml } from '../project/yaml-text.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { linkTo } from './answer.ts';
import { explainable } from './objects.ts';

/** What a field is traced with. */
export interface TraceInput {
  readonly snapshot: Snapshot;
  readonly reasons: readonly Reasons[];
  readonly pages: readonly DecisionLink[];
}

/**
 * Traces one field of a live object to its rule and to the line of ptp.yaml that it comes from. Pure.
 * @param name `deployment/backend`, the kind in any case
 * @param path `.spec.template.spec.containers[0].resources`; empty: the object's rules
 * @throws UserMistake where there is no such object or field, or the text is no path
 */
export function traceField({ snapshot, reasons, pages }: TraceInput, name: string, path: string): Trace {
  const object = objectCalled(snapshot, name);
  const parts = pathParts(path === '' ? '.' : path);
  if (parts === undefined)
    throw new UserMistake({
      what: `\`${path}\` is no path of a field`,
      next: 'Write it as in `.spec.template.spec.containers[0].resources`.',
    });
  const value = valueAt(object, parts);
  if (value === undefined)
    throw new UserMistake({
      what: `${name} has no field ${path}`,
      next: `Look at all of it: \`ptp explain ${name}\`.`,
    });
  const part = partOf(object);
  const subject = { kind: object.kind, ...(part === undefined ? {} : { part: part.kind }) };
  const manager = managerOf(object, parts);
  const found = reasonsFor(reasons, subject, parts);
  return {
    object: `${object.metadata.namespace ?? ''}/${object.kind.toLowerCase()}/${object.metadata.name}`.replace(
      /^\//,
      '',
    ),
    path: path === '' ? '.' : path,
    value: parts.length === 0 ? withoutNoise(object) : value,
    ...(manager === undefined ? {} : { manager }),
    sources: found.map((reason) => sourceOf(reason, snapshot, part?.name, pages)),
  };
}

function objectCalled(snapshot: Snapshot, text: string): AnyObject {
  const objects = explainable(snapshot);
  const [kind = '', name = ''] = text.split('/');
  const same = (one: AnyObject) => one.kind.toLowerCase() === kind.toLowerCase().replace(/s$/, '');
  const ofKind = objects.filter((one) => same(one) || one.kind.toLowerCase() === kind.toLowerCase());
  const object = ofKind.find(({ metadata }) => metadata.name === name);
  if (object !== undefined) return object;
  const kinds = [...new Set(objects.map((one) => one.kind.toLowerCase()))].toSorted();
  throw new UserMistake({
    what: ofKind.length === 0 ? `nothing here is a ${kind}` : `there is no ${kind} called ${name}`,
    next:
      ofKind.length === 0
        ? `There are: ${kinds.join(', ')}.`
        : `There are: ${ofKind.map(({ metadata }) => metadata.name).join(', ')}.`,
  });
}

/** The component or service that an object is of, by its labels. */
function partOf({
  metadata: { labels = {} },
}: AnyObject): { readonly kind: 'component' | 'service'; readonly name: string } | undefined {
  const [component, service] = [labels[label.component], labels[label.service]];
  if (component !== undefined) return { kind: 'component', name: component };
  return service === undefined ? undefined : { kind: 'service', name: service };
}

function sourceOf(
  { path, rule, file, input, decision }: FoundReason,
  snapshot: Snapshot,
  name: string | undefined,
  pages: readonly DecisionLink[],
): TraceSource {
  const page = linkTo(pages, decision);
  const from = input === undefined ? undefined : inputOf(input, snapshot, name);
  return {
    path,
    rule,
    file,
    ...(from === undefined ? {} : { input: from }),
    ...(page === undefined ? {} : { decision: page }),
  };
}

function inputOf(
  pattern: string,
  { file, project }: Snapshot,
  name: string | undefined,
): TraceSource['input'] {
  if (pattern.includes('{name}') && name === undefined) return undefined;
  const keys = pattern
    .split('.')
    .map((key) => key.replace('{name}', name ?? '').replace('{target}', project.target.name));
  const key = keys.join('.');
  const text = readYaml(file.text, file.shownAs);
  if (text.value === undefined) return { key, file: file.shownAs, set: false };
  const { line } = text.place(keys, 'key');
  const set =
    valueAt(
      text.value,
      keys.map((one): PathPart => ({ key: one })),
    ) !== undefined;
  return { key, file: file.shownAs, ...(line === undefined ? {} : { line }), set };
}

interface ManagedFields {
  readonly manager?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Who owns a field, or the nearest part of its path that somebody owns (Kubernetes, "Server-Side Apply"). */
function managerOf(object: AnyObject, parts: readonly PathPart[]): string | undefined {
  const managed =
    (object.metadata as { readonly managedFields?: readonly ManagedFields[] }).managedFields ?? [];
  const depths = managed.map(({ manager, fieldsV1 }) => ({
    manager,
    depth: ownedDepth(fieldsV1, object, parts),
  }));
  const best = depths.toSorted((one, other) => other.depth - one.depth)[0];
  return best === undefined || best.depth === 0 ? undefined : best.manager;
}

function ownedDepth(fields: unknown, object: unknown, parts: readonly PathPart[]): number {
  let here: unknown = fields;
  let value: unknown = object;
  for (const [depth, part] of parts.entries()) {
    if (typeof here !== 'object' || here === null) return depth;
    const known = here as Readonly<Record<string, unknown>>;
    value = valueAt(value, [part]);
    const next = 'key' in part ? known[`f:${part.key}`] : entryOf(known, value);
    if (next === undefined) return depth;
    here = next;
  }
  return parts.length;
}

/** The entry of a list that is told apart by the keys of its value: `k:{"name":"backend"}`. */
function entryOf(known: Readonly<Record<string, unknown>>, value: unknown): unknown {
  const key = Object.keys(known).find((one) => {
    if (!one.startsWith('k:')) return false;
    const wanted = JSON.parse(one.slice(2)) as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).every(([name, of]) => valueAt(value, [{ key: name }]) === of);
  });
  return key === undefined ? undefined : known[key];
}

function withoutNoise({ metadata, ...rest }: AnyObject): unknown {
  const { managedFields: _, ...kept } = metadata as AnyObject['metadata'] & {
    readonly managedFields?: unknown;
  };
  return { ...rest, metadata: kept };
}
