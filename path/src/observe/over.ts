import type { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { getObject } from '../kubernetes/list.ts';
import { type AnyObject, conditionsOf, type Deployment, type StatefulSet } from '../kubernetes/objects.ts';

/** An alert as the monitoring has it, and where the project is. */
export interface AlertInPlace {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
}

/**
 * What the cluster itself says against an alert that fires: monitoring looks every ten seconds and judges after that, so
 * it goes on about what has just been mended. Only what the API server knows better is looked at (nodes, copies, pods);
 * how slow or how full something is, it does not know.
 * @returns in words; undefined where it still is so, or nobody knows
 */
export async function whyOver(
  client: KubernetesClient,
  { alert, labels, namespace }: AlertInPlace,
  signal: AbortSignal,
): Promise<string | undefined> {
  const judge = judges[alert];
  const name = judge === undefined ? undefined : labels[judge.label];
  if (judge === undefined || name === undefined) return undefined;
  const { apiVersion, kind } = judge;
  const inside = kind === 'Node' ? {} : { namespace };
  try {
    return judge.over(name, await getObject(client, { apiVersion, kind, name, ...inside }, signal));
  } catch (error) {
    if (error instanceof KubernetesError) return undefined; // these credentials may not see it
    throw error;
  }
}

interface Judge {
  readonly apiVersion: string;
  readonly kind: string;
  /** The alert's label with the object's name. */
  readonly label: string;
  over(name: string, found: AnyObject | undefined): string | undefined;
}

/** Alert → the object that it is about, and what of it says that it is over. */
const judges: Readonly<Record<string, Judge>> = {
  NodeNotReady: { apiVersion: 'v1', kind: 'Node', label: 'node', over: nodeOver },
  ComponentDown: { apiVersion: 'apps/v1', kind: 'Deployment', label: 'component', over: enough(() => 1) },
  ComponentDegraded: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    label: 'component',
    over: enough((wanted) => wanted),
  },
  DatabaseDown: { apiVersion: 'apps/v1', kind: 'StatefulSet', label: 'service', over: enough(() => 1) },
  ComponentCrashLooping: { apiVersion: 'v1', kind: 'Pod', label: 'pod', over: podOver },
};

function nodeOver(name: string, node: AnyObject | undefined): string | undefined {
  if (node === undefined) return `${name} is no node of the cluster any more`;
  const ready = conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True');
  return ready ? `${name} is ready` : undefined;
}

/** A container that ends again and again runs for a moment between two attempts: only a pod that is gone does not. */
function podOver(name: string, pod: AnyObject | undefined): string | undefined {
  return pod === undefined ? `${name} is gone` : undefined;
}

function enough(least: (wanted: number) => number): Judge['over'] {
  return (name, found) => {
    const { spec, status } = (found ?? {}) as Partial<Deployment | StatefulSet>;
    const wanted = spec?.replicas ?? 0;
    const ready = status?.readyReplicas ?? 0;
    return ready > 0 && ready >= least(wanted)
      ? `${ready} of ${wanted} copies of ${name} are ready`
      : undefined;
  };
}
