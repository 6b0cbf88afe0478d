import type { Context } from '../effects/context.ts';
import { type ApplyOptions, apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import { readyFor } from './ready-for.ts';

/** What is rolled out, and when it is to be doubted. */
export interface HoldInput {
  readonly client: KubernetesClient;
  readonly workloads: readonly KubernetesObject[];
  /** The names of the Deployments whose pods are replaced; of none there is nothing to hold. */
  readonly replaced: readonly string[];
  readonly options: Pick<ApplyOptions, 'step' | 'project'>;
  /** Resolves when something makes the new version suspect; never rejects. */
  readonly suspected: Promise<unknown>;
}

/** Seconds that new pods have to be ready for, once they are suspect, before an old one goes. */
const heldSeconds = 10;

/**
 * Waits for a rollout, and keeps its old pods for longer from the moment when the new version is suspect: whoever decides
 * about it has time to, half of the requests meanwhile go to pods that are known to serve, and to take it back no pod has
 * to start. Deployments are left as they were wanted.
 * @param wait resolves when the new version has taken over; what it throws is thrown
 */
export async function holdWhileSuspect(
  context: Context,
  { client, workloads, replaced, options, suspected }: HoldInput,
  wait: () => Promise<void>,
): Promise<void> {
  if (replaced.length === 0) return wait();
  const quiet = { ...context, emit: () => {} };
  const held = readyFor(workloads, replaced, heldSeconds);
  let over = false;
  let hold: Promise<unknown> | undefined;
  suspected.then(() => {
    if (over) return;
    const text = `a request has failed: old pods stay until new ones have been ready for ${heldSeconds} s`;
    context.emit({ kind: 'note', step: options.step, text });
    hold = apply(quiet, client, held, options);
    hold.catch(() => {}); // told below
  });
  try {
    await wait();
  } finally {
    over = true;
    // Nothing of it comes after what is done next.
    await hold?.catch(() => {});
  }
  if (hold === undefined) return;
  await hold;
  await apply(quiet, client, workloads, options);
}
