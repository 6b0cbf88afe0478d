import type { Problem } from '../core/failure.ts';
import type { KubernetesClient } from './client.ts';
import { list } from './list.ts';
import { keyOf, type ObjectKey, objectName, type Pod, type PodEvent } from './objects.ts';
import { type PodTrouble, podTrouble } from './pod-trouble.ts';
import { redactor } from './redact.ts';

/** How much of a log and how many events a problem carries. */
const logLines = 20;
const eventCount = 5;

/**
 * Finds out why a workload does not come up: its worst pod's state, that pod's warnings and its last words.
 * What it shows of the log has the values of the pod's Secrets blotted out.
 * @param text what was waited for, used where no pod says more
 * @param pods the pods that belong to the newest version of the workload
 */
export async function diagnose(
  client: KubernetesClient,
  workload: ObjectKey,
  text: string,
  pods: readonly Pod[],
): Promise<Problem> {
  const where = { object: objectName(workload) };
  const worst = worstPod(pods);
  if (worst === undefined) return { what: text, where, details: await events(client, workload) };
  const { pod, trouble } = worst;
  const key = keyOf({ ...pod, apiVersion: 'v1', kind: 'Pod' });
  const container = trouble?.container ?? notReady(pod) ?? pod.spec?.containers[0]?.name;
  const [told, said] = await Promise.all([
    events(client, key),
    container === undefined ? [] : lastWords(client, pod, container),
  ]);
  const state = trouble === undefined ? text : `${trouble.reason}: ${trouble.text}`;
  const subject = trouble?.container === undefined ? 'its pod' : `the container ${trouble.container}`;
  // A pod of a Job that nothing is wrong with is up, and works on.
  const verb =
    workload.kind === 'Job' && trouble === undefined ? 'has not come to its end' : 'does not come up';
  const next = [state, ...told].some(isDamage) ? damagedNode : advice(trouble);
  return {
    what: `${subject} ${verb}: ${state}`,
    where,
    ...(next === undefined ? {} : { next }),
    details: [`pod ${pod.metadata.name}, ${pod.status?.phase ?? 'no phase yet'}`, ...told, ...said],
  };
}

/** The pod that shows best what is wrong: a hopeless one before a troubled one before one that is merely not ready. */
export function worstPod(
  pods: readonly Pod[],
): { readonly pod: Pod; readonly trouble: PodTrouble | undefined } | undefined {
  const judged = pods.map((pod) => ({ pod, trouble: podTrouble(pod) }));
  return (
    judged.find(({ trouble }) => trouble?.hopeless === true) ??
    judged.find(({ trouble }) => trouble !== undefined) ??
    judged.find(({ pod }) => notReady(pod) !== undefined) ??
    judged[0]
  );
}

function notReady(pod: Pod): string | undefined {
  return pod.status?.containerStatuses?.find((status) => !status.ready)?.name;
}

async function events(client: KubernetesClient, object: ObjectKey): Promise<readonly string[]> {
  if (object.namespace === undefined) return [];
  const found = await list<PodEvent>(client, {
    apiVersion: 'v1',
    kind: 'Event',
    namespace: object.namespace,
    fields: `involvedObject.kind=${object.kind},involvedObject.name=${object.name},type=Warning`,
  });
  return [...found]
    .sort((one, other) => seen(one).localeCompare(seen(other)))
    .slice(-eventCount)
    .map(
      (event) =>
        `event ${event.reason ?? ''}${(event.count ?? 1) > 1 ? ` (${event.count} times)` : ''}: ${event.message?.trim() ?? ''}`,
    );
}

function seen(event: PodEvent): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? '';
}

/** The end of the container's log: of its last run where it has been started again and says nothing yet. */
async function lastWords(client: KubernetesClient, pod: Pod, container: string): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${encodeURIComponent(pod.metadata.name)}/log`;
  const blot = await redactor(client, pod);
  for (const previous of [false, true]) {
    const signal = AbortSignal.timeout(5000);
    try {
      const stream = await client.stream(path, { container, previous, tailLines: logLines }, signal);
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const said = Buffer.concat(chunks)
        .toString('utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      if (said.length > 0) return said.map((line) => `log ${blot(line)}`);
    } catch {
      // A container that never ran has no log; the rest of the diagnosis stands without it.
    }
  }
  return [];
}

/** Whether a message of the node is about files of its own that are missing or broken. */
function isDamage(text: string): boolean {
  return /blob not found|extraction snapshot|content store|metadata\.db/.test(text);
}

const damagedNode =
  "What the node keeps of images is damaged. On a cluster of this machine `ptp down --data` and `ptp up` begin anew, with the databases; else look at the node's disk.";

function advice(trouble: PodTrouble | undefined): string | undefined {
  switch (trouble?.reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return 'Look whether the registry is reachable from the nodes: `ptp doctor`.';
    case 'CreateContainerConfigError':
      return 'A Secret or ConfigMap that the pod names is missing; run `ptp up` again.';
    case 'Unschedulable':
      return 'Lower `resources` of the component in ptp.yaml, or give the cluster more room.';
    case 'CrashLoopBackOff':
    case 'Error':
      return 'Read the log lines above; they are the last that the program wrote.';
    case 'OOMKilled':
      return 'Raise `resources.memoryLimit` of the component in ptp.yaml.';
    default:
      return undefined;
  }
}
