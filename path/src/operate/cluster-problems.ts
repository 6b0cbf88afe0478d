import type { Problem } from '../core/failure.ts';
import type { Cluster } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import { type AnyObject, conditionsOf, type Deployment, objectName } from '../kubernetes/objects.ts';
import { readiness } from '../kubernetes/readiness.ts';

/** Whose objects the parts of a cluster of our own are. */
const owner = 'ptp-system';

/**
 * What is wrong below the system: nodes that do not answer, and in a cluster of our own its parts (DNS, the door).
 * What these credentials may not see is passed over.
 */
export async function clusterProblems(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  { provider }: Pick<Cluster, 'provider'>,
): Promise<readonly Problem[]> {
  const own = provider !== 'kubeconfig';
  const [nodes, parts] = await Promise.all([
    seen(list(client, { apiVersion: 'v1', kind: 'Node' }, context.signal)),
    own
      ? seen(
          list(client, { apiVersion: 'apps/v1', kind: 'Deployment', labels: ownedBy(owner) }, context.signal),
        )
      : [],
  ]);
  const mend = 'Run `ptp up`: it mends the cluster.';
  // The nodes of a cloud's cluster are the cloud's.
  const next = provider === 'local' ? mend : 'Ask whoever runs the cluster.';
  return [
    ...nodes.flatMap((node) => nodeProblem(node, next)),
    ...parts
      .map((part) => ({ part, ...(isOff(part) ? off : readiness(part)) }))
      .filter(({ state }) => state !== 'ready')
      .map(({ part, text }) => ({
        what: `this part of the cluster does not work: ${text}`,
        where: { object: objectName(part) },
        next: mend,
      })),
  ];
}

/** One that is to have no copies is ready as far as Kubernetes is concerned; nobody but somebody's hand makes it so. */
function isOff(part: AnyObject): boolean {
  return (part as unknown as Deployment).spec?.replicas === 0;
}
const off = { state: 'waiting', text: 'it is to have no copies' } as const;

function nodeProblem(node: AnyObject, next: string): readonly Problem[] {
  const ready = conditionsOf(node).find(({ type }) => type === 'Ready');
  if (ready === undefined || ready.status === 'True') return [];
  const why = ready.message ?? ready.reason ?? ready.status;
  return [{ what: `the node ${node.metadata.name} is not ready: ${why}`, next }];
}

async function seen(listed: Promise<readonly AnyObject[]>): Promise<readonly AnyObject[]> {
  try {
    return await listed;
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 403) return [];
    throw error;
  }
}
