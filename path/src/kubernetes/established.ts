import { setTimeout as wait } from 'node:timers/promises';
import { StepFailed } from '../core/failure.ts';
import type { KubernetesClient } from './client.ts';
import { getObject } from './list.ts';
import { type KubernetesObject, keyOf, objectName } from './objects.ts';
import { readiness } from './readiness.ts';

/** Milliseconds between looks, and in all. */
const every = 50;
const deadline = 30_000;

/**
 * Waits until the server serves the kinds that these definitions define: a busy one takes seconds, and answers 404 for
 * their objects meanwhile. @throws StepFailed where it does not
 */
export async function untilEstablished(
  client: KubernetesClient,
  definitions: readonly KubernetesObject[],
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    definitions.map(async (definition) => {
      for (let waited = 0; ; waited += every) {
        const live = await getObject(client, keyOf(definition), signal);
        if (live !== undefined && readiness(live).state === 'ready') return;
        if (waited > deadline) {
          throw new StepFailed({
            what: `the cluster does not serve this kind: ${live === undefined ? 'its definition is gone' : readiness(live).text}`,
            where: { object: objectName(definition) },
            next: 'Look whether another definition has the same names.',
          });
        }
        await wait(every, undefined, { signal });
      }
    }),
  );
}
