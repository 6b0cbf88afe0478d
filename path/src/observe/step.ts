import type { Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import type { Settled } from '../kubernetes/change-set.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { KubernetesObject } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { dashboard } from './dashboard.ts';
import { planObserve } from './plan.ts';
import { readPlaces } from './receivers.ts';

/** What the step works on. */
export interface ObserveStepInput {
  readonly client: KubernetesClient;
  readonly project: Project;
  /** What a dry run has found to be as it is wanted. */
  readonly settled?: Settled | undefined;
}

/**
 * What the monitoring of a project is told: its settings, and a dashboard.
 * @throws StepFailed where a Secret that ptp.yaml names is not there
 */
export async function observeObjects(
  context: Pick<Context, 'emit' | 'signal'>,
  { client, project }: Omit<ObserveStepInput, 'settled'>,
  route: Route,
): Promise<readonly KubernetesObject[]> {
  const places = await readPlaces(context, client, project);
  return [planObserve({ project, route, places }), dashboard(project)];
}

/**
 * Tells the cluster's monitoring of a project: what to look at, what is promised, what to ask for and whom to tell. It
 * is in force some seconds later; nothing waits for that.
 * @throws StepFailed where the server refuses it, or a Secret that ptp.yaml names is not there
 */
export async function observeSystem(
  context: Context,
  { client, project, settled }: ObserveStepInput,
  route: Route,
): Promise<void> {
  if (project.target.monitoring !== 'cluster') return;
  await timed(context, 'observe', `watch over ${route.url}`, async () => {
    const { name, alerts = {} } = project;
    await apply(context, client, await observeObjects(context, { client, project }, route), {
      step: 'observe',
      project: name,
      force: true,
      settled,
    });
    const channels = Object.keys(alerts).filter((channel) => channel !== 'deadman');
    const told = channels.length === 0 ? 'nobody but `ptp status`' : channels.join(', ');
    return { result: undefined, text: `watched over; what breaks is told to ${told}` };
  });
}
