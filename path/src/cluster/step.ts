import type { Cluster } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import type { Project } from '../project/project.ts';
import type { Groundwork } from './provider.ts';
import { providers } from './providers.ts';

/** Step 3: a cluster that answers; `reachable` is told earlier, when its registry takes images. Throws UserMistake where it cannot run here, StepFailed where it does not come up. */
export function startCluster(
  context: Context,
  project: Project,
  reachable: (ground: Groundwork) => void,
): Promise<Cluster> {
  const { cluster, name } = project.target;
  return timed(context, 'cluster', `the cluster of target ${name} (${cluster})`, async () => {
    const result = await providers[cluster].start(context, project, reachable);
    return { result, text: `Kubernetes ${result.version} answers` };
  });
}
