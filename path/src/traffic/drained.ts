import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { label } from '../kubernetes/labels.ts';
import type { Pod } from '../kubernetes/objects.ts';
import { follow } from '../kubernetes/watch.ts';
import type { Project } from '../project/project.ts';

/** Seconds that old pods have: as long as the kubelet gives them, and some for it to tell. */
const deadline = 75;

/** A pod of a migration serves nobody, and one that hangs may take its time to end. */
const ofJob = 'batch.kubernetes.io/job-name';

/**
 * Waits until no pod of the project's components that serves requests is ending any more.
 * @param onCount hears how many still are
 * @returns whether the last has gone; false where some are still ending after 75 s
 */
export async function untilDrained(
  context: Pick<Context, 'clock' | 'signal'>,
  client: KubernetesClient,
  project: Project,
  onCount: (ending: number) => void,
): Promise<boolean> {
  const gone = new AbortController();
  const signal = AbortSignal.any([context.signal, gone.signal]);
  const selection = {
    apiVersion: 'v1',
    kind: 'Pod',
    namespace: project.target.namespace,
    labels: `${label.project}=${project.name},${label.component}`,
  };
  let drained = false;
  const following = follow<Pod>(client, selection, {
    clock: context.clock,
    signal,
    onChange(pods) {
      const ending = [...pods.values()].filter(
        ({ metadata: { deletionTimestamp, labels } }) =>
          deletionTimestamp !== undefined && labels?.[ofJob] === undefined,
      );
      onCount(ending.length);
      if (ending.length > 0) return;
      drained = true;
      gone.abort();
    },
  });
  const late = context.clock.sleep(deadline * 1000, signal).then(
    () => gone.abort(),
    () => {},
  );
  await Promise.all([following, late]);
  context.signal.throwIfAborted();
  return drained;
}
