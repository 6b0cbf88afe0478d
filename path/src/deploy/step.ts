import type { Binding, Cluster, PublishedImage, Release } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import type { Settled } from '../kubernetes/change-set.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import { prune } from '../kubernetes/prune.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project } from '../project/project.ts';
import { holdWhileSuspect } from './hold.ts';
import { migrate } from './migrate.ts';
import { deadlineOf, planDeploy } from './plan.ts';
import { replacedPods } from './replaced-pods.ts';

/** What the step works on. */
export interface DeployStepInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  readonly images: readonly PublishedImage[];
  readonly bindings: readonly Binding[];
  /** Components that `deployAhead` has started. */
  readonly ahead?: readonly string[];
  /** What a dry run has found to be as it is wanted. */
  readonly settled?: Settled | undefined;
  /** Called where a version runs that is about to be replaced, or its database migrated; held up until it resolves. */
  readonly beforeRollout?: () => Promise<void>;
  /** Resolves when something makes the new version suspect; never rejects. */
  readonly suspected?: Promise<unknown>;
}

/**
 * On a cluster that runs nothing of the project yet: starts the components that need no service and no migration,
 * without waiting for them, while the services come up. Where something runs, a release goes out as a whole.
 * @returns their names
 * @throws UserMistake where someone else manages a field, StepFailed where the server refuses an object
 */
export async function deployAhead(
  context: Context,
  input: Omit<DeployStepInput, 'bindings' | 'ahead' | 'beforeRollout'>,
): Promise<readonly string[]> {
  const { client, project } = input;
  const { namespace } = project.target;
  const free = project.components.filter(({ needs, migrate }) => needs.length === 0 && migrate === undefined);
  if (free.length === project.components.length || free.length === 0) return [];
  const labels = ownedBy(project.name, 'deploy');
  const running = await list(
    client,
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace, labels },
    context.signal,
  );
  if (running.length > 0) return [];
  const { ground, workloads } = planDeploy({ ...input, bindings: [] }, free);
  const objects = [namespaceFor(namespace), ...ground, ...workloads];
  await apply(context, client, objects, { step: 'deploy', project: project.name });
  return free.map(({ name }) => name);
}

/**
 * Makes the cluster run the project's components from these images: lays the ground, migrates, rolls out, waits until
 * every pod of the new version serves, and takes away what has left ptp.yaml.
 * @throws StepFailed with a diagnosis where a migration or a rollout fails; UserMistake where someone else manages a field
 */
export function deployComponents(context: Context, input: DeployStepInput): Promise<Release> {
  const { client, project, beforeRollout = async () => {} } = input;
  const { namespace } = project.target;
  const names = project.components.map((component) => component.name).join(', ');
  return timed(context, 'deploy', `run ${names}`, async () => {
    const plan = planDeploy(input);
    const options = { step: 'deploy', project: project.name, settled: input.settled } as const;
    await apply(context, client, [namespaceFor(namespace), ...plan.ground], options);
    const deployments = await list(
      client,
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace },
      context.signal,
    );
    const beforeMigrating = deployments.length > 0 ? beforeRollout : undefined;
    await migrate(context, client, project, plan.migrations, { deployments, beforeMigrating });
    const changes = await apply(context, client, plan.workloads, {
      ...options,
      beforeChange: async (planned) => {
        const running = planned.filter(({ before }) => before !== undefined);
        if (replacedPods(running).length > 0) await beforeRollout();
      },
    });
    const replaced = replacedPods(changes);
    const pods = plan.workloads.filter((object) => object.kind === 'Deployment');
    const ready = () =>
      waitUntilReady(context, client, pods, { step: 'deploy', deadline: deadlineOf(project) });
    const { suspected = new Promise(() => {}) } = input;
    await holdWhileSuspect(
      context,
      { client, workloads: plan.workloads, replaced, options, suspected },
      ready,
    );
    const wanted = [...plan.ground, ...plan.migrations.map(({ job }) => job), ...plan.workloads];
    if (input.settled?.nothingLeaves !== true)
      await prune(context, client, { ...options, namespace, wanted });
    const used = new Set(project.components.map((component) => component.name));
    return {
      text: `${names} serve`,
      result: {
        namespace,
        images: input.images.filter((image) => used.has(image.name)),
        rolled: [...new Set([...(input.ahead ?? []), ...replaced])],
      },
    };
  });
}
