import { setTimeout as wait } from 'node:timers/promises';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import { freeAbandonedAddress } from './abandoned-address.ts';
import type { ApplyOptions } from './apply.ts';
import type { KubernetesClient } from './client.ts';
import { byHand, byHandProblem, type Conflict, conflictProblem, conflictsOf } from './conflict.ts';
import { byAutoscaler, scaledByOthers } from './copies.ts';
import { KubernetesError } from './error.ts';
import { fieldManager } from './labels.ts';
import { list } from './list.ts';
import { type AnyObject, type KubernetesObject, keyOf, objectName } from './objects.ts';
import { objectPath, resourceOf } from './resources.ts';

/**
 * Applies one object, or asks by a dry run what it would become. Fields that a person has changed by hand are taken back,
 * and a dry run tells of that. @throws UserMistake where somebody else manages a field, StepFailed where the server
 * refuses it
 */
export async function applyObject(
  { signal, emit }: Pick<Context, 'signal' | 'emit'>,
  client: KubernetesClient,
  object: KubernetesObject,
  options: ApplyOptions & { readonly manager?: string },
): Promise<AnyObject> {
  const resource = await resourceOf(client, object);
  if (resource === undefined)
    throw new StepFailed({
      what: `the cluster does not know ${object.kind} of ${object.apiVersion}`,
      where: { object: objectName(object) },
      next: 'Install what defines it, or choose a cluster that has it.',
    });
  const free = () => freeAbandonedAddress(client, object, signal);
  const send = untilAddressIsFree(signal, free, (force: boolean) =>
    client.send<AnyObject>({
      method: 'PATCH',
      path: objectPath(keyOf(object), resource),
      query: {
        fieldManager: options.manager ?? fieldManager,
        force,
        dryRun: options.dryRun === true ? 'All' : undefined,
      },
      contentType: 'application/apply-patch+yaml',
      body: object,
      signal,
    }),
  );
  try {
    return (await send(options.force === true)).body;
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const all = conflictsOf(error);
    if (all.length === 0) throw refused(object, error);
    const conflicts = await withoutOwnAutoscaler(client, object, all, signal);
    // Our own name under another operation, from an update with an earlier version: nobody else is overruled.
    if (conflicts.every((conflict) => conflict.manager === fieldManager)) return (await send(true)).body;
    const others = conflicts.filter((conflict) => conflict.manager !== fieldManager && !byHand(conflict));
    if (others.length > 0) throw new UserMistake(conflictProblem(object, others));
    // Told once: of the real apply, or where there is only the dry one.
    if (options.dryRun === true)
      emit({ kind: 'warning', step: options.step, problem: byHandProblem(object, conflicts) });
    return (await send(true)).body;
  }
}

/** The conflicts but that with an autoscaler of ours, which ptp.yaml has no longer: nobody else decides about copies. */
async function withoutOwnAutoscaler(
  client: KubernetesClient,
  object: KubernetesObject,
  conflicts: readonly Conflict[],
  signal: AbortSignal,
): Promise<readonly Conflict[]> {
  if (!conflicts.some(byAutoscaler)) return conflicts;
  const { namespace } = object.metadata;
  const selection = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    ...(namespace === undefined ? {} : { namespace }),
  };
  const autoscalers = await list(client, selection, signal);
  return scaledByOthers(object, autoscalers)
    ? conflicts
    : conflicts.filter((conflict) => !byAutoscaler(conflict));
}

/** Milliseconds between two tries, and in all. */
const tryEvery = 500;
const tryFor = 15_000;

/**
 * An address within the cluster is taken before its Service is written. Who comes right after somebody who was killed in
 * between is refused: the other's request may still end well, and where it does not the address is freed.
 */
function untilAddressIsFree<Answer>(
  signal: AbortSignal,
  free: () => Promise<void>,
  send: (force: boolean) => Promise<Answer>,
): (force: boolean) => Promise<Answer> {
  return async (force) => {
    for (let waited = 0; ; waited += tryEvery) {
      try {
        return await send(force);
      } catch (error) {
        const taken =
          error instanceof KubernetesError && /provided IP is already allocated/.test(error.message);
        if (!taken || waited >= tryFor) throw error;
        await wait(tryEvery, undefined, { signal });
        await free();
      }
    }
  };
}

function refused(object: KubernetesObject, error: KubernetesError): StepFailed {
  const causes = error.status.details?.causes ?? [];
  // What the server says about a Secret can quote its content, so of those only the places are told.
  const details =
    object.kind === 'Secret'
      ? causes.map((cause) => [cause.field, cause.reason].filter(Boolean).join(': '))
      : [error.status.message ?? ''];
  return new StepFailed({
    what: `the cluster refuses it (${error.reason || error.code})`,
    where: { object: objectName(object) },
    details,
  });
}
