import { isDeepStrictEqual } from 'node:util';
import type { StepName } from '../core/event.ts';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import { applyObject } from './apply-object.ts';
import { applyScaled } from './apply-scaled.ts';
import type { ChangeSet, ObjectChange, Settled } from './change-set.ts';
import type { KubernetesClient } from './client.ts';
import { fewestCopies, keepingCopies } from './copies.ts';
import { untilEstablished } from './established.ts';
import { hashOf } from './hash.ts';
import { fieldManager, label } from './labels.ts';
import { getObject, list } from './list.ts';
import {
  type AnyObject,
  inApplyOrder,
  isFoundation,
  type KubernetesObject,
  keyOf,
  objectId,
  objectName,
} from './objects.ts';

/** How to apply, and on whose behalf. */
export interface ApplyOptions {
  readonly step: StepName;
  /** The project's name: goes into the owner labels, and what bears them is the inventory. */
  readonly project: string;
  /** Take fields from other managers too; without it they are reported. */
  readonly force?: boolean;
  /** Only find out what would change. */
  readonly dryRun?: boolean;
  /**
   * Create what is not there without asking the server first whether it would take it: for objects that are the same
   * everywhere, like those of the cluster's own parts.
   */
  readonly unchecked?: boolean;
  /** What a dry run has just compared: objects in it that are wanted the very same are not asked for again. */
  readonly settled?: Settled | undefined;
  /** Hears what is about to change, where anything is, and holds the first change up until it resolves. */
  readonly beforeChange?: (planned: ChangeSet) => Promise<void>;
}

/**
 * Makes the cluster's objects as given by server-side apply, and says what that changed.
 *
 * The server itself compares: a dry run of every object is held against the live one, so drift made by hand is found
 * whatever part it is in, defaults make no difference, and an object that any part of admission would refuse stops the
 * apply before the first change. Only what differs is then applied, in the order in which objects need each other.
 * @returns one entry for each object, in the order of applying; each is emitted as `object-applied` too
 * @throws UserMistake where someone else manages a field (their names are in the text), StepFailed where the server
 *   refuses an object
 */
export async function apply(
  context: Pick<Context, 'emit' | 'signal' | 'overrule'>,
  client: KubernetesClient,
  objects: readonly KubernetesObject[],
  given: ApplyOptions,
): Promise<ChangeSet> {
  const options = { ...given, force: given.force ?? context.overrule ?? false };
  const all = inApplyOrder(objects.map((object) => withOwner(object, options)));
  const known = all.map((object) => options.settled?.unchanged.get(hashOf(object)));
  const settled = known.filter((change) => change !== undefined);
  for (const { object, change } of settled)
    context.emit({ kind: 'object-applied', step: options.step, object, change });
  const wanted = all.filter((_, index) => known[index] === undefined);
  if (wanted.length === 0) return settled;
  const live = await liveObjects(client, wanted, context.signal);
  const scaled = fewestCopies(all);
  const foundations = wanted.filter(isFoundation);
  const rest = wanted.filter((object) => !isFoundation(object));
  const unmade = foundations.filter((object) => !live.has(objectId(object)));
  const changes: ObjectChange[] = [...settled];
  // What the rest stands on has to be there for the rest to be checked.
  for (const stage of [foundations, rest]) {
    const planned = await plan(context, client, stage, { live, unmade, scaled, options });
    const differing = planned.map(([, change]) => change).filter(({ change }) => change !== 'unchanged');
    if (differing.length > 0 && !options.dryRun) await options.beforeChange?.(differing);
    for (const rank of ranks(planned)) {
      const perform = async ([object, change]: Planned) => {
        const needed = options.dryRun !== true && change.change !== 'unchanged';
        const done = needed
          ? { ...change, after: await applyScaled(context, client, object, { change, scaled, options }) }
          : change;
        context.emit({
          kind: 'object-applied',
          step: options.step,
          object: done.object,
          change: done.change,
        });
        return done;
      };
      const outcomes = await Promise.allSettled(rank.map(perform));
      const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      if (reasons.length > 0) throw together(reasons);
      changes.push(...outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
    }
    const definitions = stage.filter(({ kind }) => kind === 'CustomResourceDefinition');
    if (!options.dryRun) await untilEstablished(client, definitions, context.signal);
  }
  return changes;
}

type Planned = readonly [KubernetesObject, ObjectChange];

/** In groups of one kind: objects of a kind do not need each other, so those of a group are applied side by side. */
function ranks(planned: readonly Planned[]): readonly (readonly Planned[])[] {
  const groups: Planned[][] = [];
  for (const one of planned) {
    const last = groups.at(-1);
    if (last?.[0]?.[0].kind === one[0].kind) last.push(one);
    else groups.push([one]);
  }
  return groups;
}

interface Comparison {
  readonly live: ReadonlyMap<string, AnyObject>;
  /** Namespaces and definitions that were not there when the apply began. */
  readonly unmade: readonly KubernetesObject[];
  /** The fewest copies of those whose number an autoscaler decides. */
  readonly scaled: ReadonlyMap<string, number>;
  readonly options: ApplyOptions;
}

async function plan(
  context: Pick<Context, 'signal' | 'emit'>,
  client: KubernetesClient,
  objects: readonly KubernetesObject[],
  { live, unmade, scaled, options }: Comparison,
): Promise<readonly Planned[]> {
  const results = await Promise.allSettled(
    objects.map(async (object) => {
      const name = objectName(object);
      const listed = live.get(objectId(object));
      // In a dry run nothing made its namespace or its kind, so the server could not check it.
      if (options.dryRun === true && unmade.some((base) => standsOn(object, base)))
        return [object, { change: 'created', object: name, wanted: object }] as const;
      if (options.unchecked === true && listed === undefined)
        return [object, { change: 'created', object: name, wanted: object }] as const;
      const { before, after: told } = await compared(context, client, object, listed, options);
      const after = keepingCopies(before, told, scaled.get(objectId(object)));
      const same = before !== undefined && isDeepStrictEqual(comparable(before), comparable(after));
      const change: ObjectChange = {
        change: before === undefined ? 'created' : same ? 'unchanged' : 'configured',
        object: name,
        wanted: object,
        ...(before === undefined ? {} : { before }),
        after: same ? before : after,
      };
      return [object, change] as const;
    }),
  );
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (reasons.length > 0) throw together(reasons);
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function standsOn(object: KubernetesObject, base: KubernetesObject & { readonly spec?: unknown }): boolean {
  if (base.kind === 'Namespace') return object.metadata.namespace === base.metadata.name;
  return base.kind === 'CustomResourceDefinition' && definedKind(base) === object.kind;
}

function definedKind(definition: { readonly spec?: unknown }): unknown {
  const { spec } = definition;
  if (typeof spec !== 'object' || spec === null || !('names' in spec)) return undefined;
  const { names } = spec;
  return typeof names === 'object' && names !== null && 'kind' in names ? names.kind : undefined;
}

/** The live object and what it would become, both of the same moment: controllers write to objects at any time. */
async function compared(
  context: Pick<Context, 'signal' | 'emit'>,
  client: KubernetesClient,
  object: KubernetesObject,
  listed: AnyObject | undefined,
  options: ApplyOptions,
): Promise<{ readonly before: AnyObject | undefined; readonly after: AnyObject }> {
  let before = listed;
  for (let attempt = 1; ; attempt++) {
    const after = await applyObject(context, client, object, { ...options, dryRun: true });
    const moved = before !== undefined && before.metadata.resourceVersion !== after.metadata.resourceVersion;
    if (!moved || attempt === 5) return { before, after };
    before = await getObject(client, keyOf(object), context.signal);
  }
}

/** One error for several: all problems at once where they are of the kinds that people are shown. */
function together(reasons: readonly unknown[]): unknown {
  const mistakes = reasons.filter((reason) => reason instanceof UserMistake);
  const failures = reasons.filter((reason) => reason instanceof StepFailed);
  if (mistakes.length + failures.length < reasons.length)
    return reasons.find((reason) => !(reason instanceof UserMistake) && !(reason instanceof StepFailed));
  const problems = [...failures, ...mistakes].flatMap((reason) => reason.problems);
  return failures.length > 0 ? new StepFailed(problems) : new UserMistake(problems);
}

function withOwner<T extends KubernetesObject>(object: T, options: ApplyOptions): T {
  const owner = { [label.managedBy]: fieldManager, [label.project]: options.project };
  // Several steps apply the namespace, so it belongs to none of them.
  const step = isFoundation(object) ? {} : { [label.step]: options.step };
  return {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...owner, ...step } },
  };
}

/** The live objects among those wanted: one list for each kind and namespace, not one request for each object. */
async function liveObjects(
  client: KubernetesClient,
  wanted: readonly KubernetesObject[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, AnyObject>> {
  const groups = new Map<string, KubernetesObject>();
  for (const object of wanted)
    groups.set(`${object.apiVersion} ${object.kind} ${object.metadata.namespace}`, object);
  const lists = await Promise.all(
    [...groups.values()].map(({ apiVersion, kind, metadata }) =>
      list(
        client,
        { apiVersion, kind, ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }) },
        signal,
      ),
    ),
  );
  return new Map(lists.flat().map((object) => [objectId(object), object]));
}

/** An object without what the server changes by itself. */
function comparable(object: AnyObject): unknown {
  const {
    resourceVersion: _,
    generation: __,
    managedFields: ___,
    ...metadata
  } = object.metadata as AnyObject['metadata'] & {
    readonly managedFields?: unknown;
  };
  const { status: ____, ...rest } = object;
  return { ...rest, metadata };
}
