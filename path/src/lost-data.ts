import { type Problem, StepFailed } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import { migratedAnnotation } from './deploy/plan.ts';
import type { Context } from './effects/context.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { getObject } from './kubernetes/list.ts';
import type { Deployment } from './kubernetes/objects.ts';
import type { Component, Project } from './project/project.ts';
import { serviceKinds } from './services/table.ts';

interface Place {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
}

/** Milliseconds between two looks: pods that have lost their data are ready for some seconds more. */
const every = 3000;

/**
 * Looks until the signal is aborted, or there is something to tell, for services that run and have lost what they held: a
 * component had migrated one, none of its pods gets ready, and there is no table. A server whose volume is gone begins anew with an empty database, and nothing else would say so.
 * Asks the services nothing where pods are ready. Never throws what can be foreseen: it is no step of its own.
 */
export async function tellLostData(context: Context, place: Place): Promise<void> {
  try {
    while (!(await lookOnce(context, place))) await context.clock.sleep(every, context.signal);
  } catch (error) {
    if (!context.signal.aborted) throw error;
  }
}

/** Whether there was something to tell. */
async function lookOnce(context: Context, { client, cluster, project }: Place): Promise<boolean> {
  let told = false;
  const own = project.services.filter(({ name }) => cluster.databases?.[name] === undefined);
  for (const service of own) {
    const users = project.components.filter(
      ({ needs, migrate }) => migrate !== undefined && needs.includes(service.name),
    );
    const waiting = await waitingFor(context, { client, project }, users);
    const isEmpty = serviceKinds[service.type].isEmpty;
    if (waiting.length === 0 || isEmpty === undefined) continue;
    try {
      if (!(await isEmpty(context, { client, project, service }))) continue;
    } catch (error) {
      if (error instanceof StepFailed) continue;
      throw error;
    }
    const problem: Problem = {
      what: `${service.name} is empty, though ${waiting.join(', ')} had migrated it: its data was lost, and pods will not get ready with it`,
      where: { object: `${project.target.namespace}/statefulset/${service.name}` },
      next: 'Run `ptp restore`: it puts the newest backup there, and says before how old that is. Without a backup, `ptp down --data` and `ptp up` begin anew.',
    };
    context.emit({ kind: 'warning', step: 'services', problem });
    told = true;
  }
  return told;
}

/** Those that have migrated, and of which no pod is ready. */
async function waitingFor(
  { signal }: Pick<Context, 'signal'>,
  { client, project }: Pick<Place, 'client' | 'project'>,
  components: readonly Component[],
): Promise<readonly string[]> {
  const { namespace } = project.target;
  const found = await Promise.all(
    components.map(async ({ name }) => {
      const key = { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace };
      const live = await getObject<Deployment>(client, key, signal);
      const migrated = live?.metadata.annotations?.[migratedAnnotation] !== undefined;
      return migrated && (live.status?.readyReplicas ?? 0) === 0 ? [name] : [];
    }),
  );
  return found.flat();
}
