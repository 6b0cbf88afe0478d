import type { Context } from '../effects/context.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { getObject } from '../kubernetes/list.ts';
import { type Deployment, type Job, keyOf } from '../kubernetes/objects.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Component, Project } from '../project/project.ts';
import { jobOfMigration, migrationDeadlineOf } from './migration.ts';

/** A service's other data, which a Secret leads to as the binding's leads to what serves. */
export interface DataBeside {
  readonly service: string;
  readonly secret: string;
}

/**
 * Runs the migrations of what serves on other data than that which serves: a backup may be older than the last of
 * them. Nothing of what serves changes.
 * @returns the components that have one
 * @throws StepFailed with the log's end where one fails
 */
export async function migrateBeside(
  context: Context,
  client: KubernetesClient,
  project: Project,
  beside: DataBeside,
): Promise<readonly string[]> {
  const { namespace } = project.target;
  const jobs: Job[] = [];
  const components = project.components.filter(
    ({ needs, migrate }) => migrate !== undefined && needs.includes(beside.service),
  );
  for (const component of components) {
    const key = { apiVersion: 'apps/v1', kind: 'Deployment', name: component.name, namespace };
    const live = await getObject<Deployment>(client, key, context.signal);
    const job = live === undefined ? undefined : jobBeside(project, component, live, beside);
    if (job !== undefined) jobs.push(job);
  }
  if (jobs.length === 0) return [];
  const quiet = { ...context, emit: () => {} };
  const removed = async (from: Pick<Context, 'emit' | 'signal'>) => {
    for (const job of jobs) await deleteObject(from, client, keyOf(job), { step: 'maintain' });
  };
  await removed(quiet);
  try {
    await apply(quiet, client, jobs, { step: 'maintain', project: project.name });
    const deadline = migrationDeadlineOf(project);
    await waitUntilReady(context, client, jobs, { step: 'maintain', deadline });
  } finally {
    // Also where the user has ended it.
    await removed({ ...quiet, signal: AbortSignal.timeout(10_000) }).catch(() => {});
  }
  return components.map(({ name }) => name);
}

/** The Job that migrates with the image and the surroundings of the pods that serve. Undefined where these have no container. Pure. */
export function jobBeside(
  project: Project,
  component: Component,
  { spec }: Deployment,
  { service, secret }: DataBeside,
): Job | undefined {
  const pod = spec?.template.spec;
  const container = pod?.containers.find(({ name }) => name === component.name);
  if (pod === undefined || container === undefined || component.migrate === undefined) return undefined;
  const { image, env, resources, securityContext, volumeMounts } = container;
  return jobOfMigration(project, component, 'beside', {
    pod: {
      ...(pod.serviceAccountName === undefined ? {} : { serviceAccountName: pod.serviceAccountName }),
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      ...(pod.securityContext === undefined ? {} : { securityContext: pod.securityContext }),
      containers: [
        { name: 'migrate', image, env, resources, securityContext, volumeMounts, command: component.migrate },
      ],
      volumes: (pod.volumes ?? []).map((volume) =>
        volume.name === `binding-${service}`
          ? { ...volume, secret: { ...volume.secret, secretName: secret } }
          : volume,
      ),
    },
  });
}
