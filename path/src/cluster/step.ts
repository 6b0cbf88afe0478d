import type { Context } from '../effects/context.ts';
import type { Project } from '../project/project.ts';
import type { StartedCluster } from './provider.ts';
import { providers } from './providers.ts';

/** Step 3: a cluster that answers. Throws UserMistake where it cannot run here, StepFailed where it does not come up. */
export async function startCluster(context: Context, project: Project): Promise<StartedCluster> {
  const started = context.clock.monotonic();
  const { cluster, name } = project.target;
  context.emit({ kind: 'step-started', step: 'cluster', text: `the cluster of target ${name} (${cluster})` });
  const result = await providers[cluster].start(context, project);
  const seconds = (context.clock.monotonic() - started) / 1000;
  const text = `Kubernetes ${result.cluster.version} answers`;
  context.emit({ kind: 'step-done', step: 'cluster', seconds, text });
  return result;
}
