import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import type { Project } from '../project/project.ts';
import type { StartedCluster } from './provider.ts';
import { providers } from './providers.ts';

/** Step 3: a cluster that answers. Throws UserMistake where it cannot run here, StepFailed where it does not come up. */
export function startCluster(context: Context, project: Project): Promise<StartedCluster> {
  const { cluster, name } = project.target;
  return timed(context, 'cluster', `the cluster of target ${name} (${cluster})`, async () => {
    const result = await providers[cluster].start(context, project);
    return { result, text: `Kubernetes ${result.cluster.version} answers` };
  });
}
