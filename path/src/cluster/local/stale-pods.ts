import type { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import { connect } from '../../kubernetes/client.ts';
import { list } from '../../kubernetes/list.ts';
import { conditionsOf, type Pod } from '../../kubernetes/objects.ts';

/**
 * Tells the API server that no pod is ready. The pods of a machine that is gone have gone with it, but what was last
 * said of them stands until the kubelet has looked at each: meanwhile they would get requests, and a rollout would
 * seem complete. To be called before the kubelet of a new machine starts.
 */
export async function markPodsUnready(
  context: Pick<Context, 'clock' | 'signal'>,
  kubeconfig: Secret,
): Promise<void> {
  const client = await connect(kubeconfig);
  try {
    const pods = await list<Pod>(client, { apiVersion: 'v1', kind: 'Pod' }, context.signal);
    const time = context.clock.now().toISOString().replace(/\.\d+/, '');
    const said = pods.filter((pod) =>
      conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
    await Promise.all(
      said.map(({ metadata }) =>
        client.send({
          method: 'PATCH',
          path: `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/status`,
          contentType: 'application/strategic-merge-patch+json',
          body: {
            status: {
              conditions: ['Ready', 'ContainersReady'].map((type) => ({
                type,
                status: 'False',
                reason: 'NodeStarted',
                lastTransitionTime: time,
              })),
            },
          },
          signal: context.signal,
        }),
      ),
    );
  } finally {
    await client.close();
  }
}
