import type { ManagedCluster } from '../../clouds/cloud.ts';
import { pause } from '../../clouds/work.ts';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import { connect } from '../../kubernetes/client.ts';
import { KubernetesError } from '../../kubernetes/error.ts';

/** Seconds that a new cluster has to know its address, and who may come in. */
const patience = 420;

/**
 * Waits until a cluster lets us in: its name, and who may do what, are known everywhere only some minutes after it is
 * made. @throws UserMistake where it does not, StepFailed where it does not answer
 */
export async function untilAdmitted(
  context: Context,
  kubeconfig: Secret,
  { name, token }: Pick<ManagedCluster, 'name' | 'token'>,
): Promise<void> {
  const began = context.clock.monotonic();
  const client = await connect(kubeconfig, token);
  try {
    for (let round = 1; ; round += 1) {
      try {
        await client.get('/api/v1/namespaces', { limit: 1 }, context.signal);
        return;
      } catch (error) {
        context.signal.throwIfAborted();
        const late = context.clock.monotonic() - began > patience * 1000;
        const refused = error instanceof KubernetesError && (error.code === 401 || error.code === 403);
        if (refused && late)
          throw new UserMistake({
            what: `the cluster ${name} does not accept these credentials (${error.code})`,
            where: { object: name },
            next: 'Let whoever made it give them the rights of an administrator of the cluster; see docs/clouds.',
          });
        if (late || !(refused || error instanceof StepFailed)) throw error;
        const text = refused ? 'lets nobody in yet' : 'does not answer yet';
        context.emit({ kind: 'progress', step: 'cluster', task: 'be let in', text: `${name} ${text}` });
        await context.clock.sleep(pause(round), context.signal);
      }
    }
  } finally {
    await client.close();
  }
}
