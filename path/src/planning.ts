import type { PlannedChange, StepName } from './core/event.ts';
import { StepFailed, UserMistake } from './core/failure.ts';
import type { Binding, Cluster, PublishedImage } from './core/handover.ts';
import { monitoringNamespace } from './core/monitoring.ts';
import { dueMigrations } from './deploy/migrate.ts';
import { planDeploy } from './deploy/plan.ts';
import type { Context } from './effects/context.ts';
import { type ApplyOptions, apply } from './kubernetes/apply.ts';
import { type ChangeSet, type Settled, settledBy } from './kubernetes/change-set.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { fieldChanges } from './kubernetes/field-changes.ts';
import { getObject, list } from './kubernetes/list.ts';
import { namespaceFor } from './kubernetes/namespace.ts';
import { type KubernetesObject, objectName } from './kubernetes/objects.ts';
import { prune } from './kubernetes/prune.ts';
import { observeObjects } from './observe/step.ts';
import type { Project } from './project/project.ts';
import type { Manifests, MigrationMark } from './releases/record.ts';
import { routeNow, routeObjects } from './route/step.ts';
import { planServices } from './services/step.ts';

/** What a release is planned from. */
export interface PlanningInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  readonly images: readonly PublishedImage[];
}

/** What a release would run and change. */
export interface ReleasePlan {
  readonly manifests: Manifests;
  readonly bindings: readonly Binding[];
  readonly migrations: readonly MigrationMark[];
  /** What is not as it is wanted, in the order of applying; what goes comes last. */
  readonly changes: readonly PlannedChange[];
  /** What is as it is wanted, so that the steps need not ask again. */
  readonly settled: Settled;
}

/**
 * Plans a release and holds it against the cluster by dry runs alone, so the server's own defaults and admission have
 * their say and nothing changes.
 * @throws UserMistake where someone else manages a field, StepFailed where the server refuses an object
 */
export async function planRelease(context: Context, input: PlanningInput): Promise<ReleasePlan> {
  const { client, project } = input;
  const { namespace } = project.target;
  const { services, deploy, manifests } = await wantedOf(context, input);
  const jobs = deploy.migrations.map(({ job }) => job);
  const [compared, leaving, deployments] = await Promise.all([
    Promise.all([
      compare(context, input, 'services', [
        namespaceFor(namespace),
        ...services.secrets,
        ...services.objects,
      ]),
      compare(context, input, 'deploy', [...deploy.ground, ...deploy.workloads]),
      compare(context, input, 'route', manifests.route),
      watched(context, input),
    ]),
    Promise.all([
      leave(context, input, 'deploy', [...deploy.ground, ...jobs, ...deploy.workloads]),
      leave(context, input, 'route', manifests.route),
    ]),
    list(client, { apiVersion: 'apps/v1', kind: 'Deployment', namespace }, context.signal),
  ]);
  const due = new Set(dueMigrations(deploy.migrations, deployments).map(({ component }) => component));
  const all = compared.flat();
  return {
    manifests,
    bindings: services.bindings,
    migrations: deploy.migrations.map(({ component, mark }) => ({
      component,
      mark,
      ran: due.has(component),
    })),
    changes: [...all, ...leaving.flat()].filter(({ change }) => change !== 'unchanged').map(plannedChange),
    settled: settledBy(all, leaving.flat()),
  };
}

/** What a release would run, for a cluster that has nothing of it yet: all of it is new, so nothing is compared. */
export async function planFirst(
  context: Context,
  input: PlanningInput,
): Promise<Omit<ReleasePlan, 'settled'>> {
  const { services, deploy, manifests } = await wantedOf(context, input);
  return {
    manifests,
    bindings: services.bindings,
    migrations: deploy.migrations.map(({ component, mark }) => ({ component, mark, ran: true })),
    changes: [],
  };
}

/** All that a release is made of; only looks at the cluster. */
async function wantedOf(context: Context, input: PlanningInput) {
  const services = await planServices(context, input);
  const deploy = planDeploy({ ...input, bindings: services.bindings });
  const manifests: Manifests = {
    services: services.objects,
    ground: deploy.ground,
    workloads: deploy.workloads,
    route: routeObjects(input),
  };
  return { services, deploy, manifests };
}

/** What differs between a change's two sides, as it is shown and recorded. */
export function plannedChange({ change, object, before, after }: ChangeSet[number]): PlannedChange {
  return { change, object, fields: change === 'configured' ? fieldChanges(before, after) : [] };
}

function compare(
  context: Context,
  { client, project }: PlanningInput,
  step: StepName,
  objects: readonly KubernetesObject[],
  more: Pick<ApplyOptions, 'force'> = {},
): Promise<ChangeSet> {
  return apply(quiet(context), client, objects, { step, project: project.name, dryRun: true, ...more });
}

/** Only what is applied in earnest is told as applied. */
function quiet(context: Context): Context {
  return { ...context, emit: () => {} };
}

/**
 * What becomes of what the monitoring is told. Nothing where no route is open that could be watched, or where it cannot
 * be told: that takes no release back, and the step itself says so.
 */
async function watched(context: Context, input: PlanningInput): Promise<ChangeSet> {
  const { client, project } = input;
  if (project.target.monitoring !== 'cluster') return [];
  const route = await routeNow(context, input);
  if (route === undefined) return [];
  try {
    const objects = await observeObjects(quiet(context), { client, project }, route);
    const name = monitoringNamespace(project.target);
    const place = { apiVersion: 'v1', kind: 'Namespace', name };
    if ((await getObject(client, place, context.signal)) === undefined)
      return [namespaceFor(name), ...objects].map((wanted) => ({
        change: 'created',
        object: objectName(wanted),
        wanted,
      }));
    return await compare(context, input, 'observe', objects, { force: true });
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof UserMistake) || context.signal.aborted) throw error;
    return [];
  }
}

function leave(
  context: Context,
  { client, project }: PlanningInput,
  step: StepName,
  wanted: readonly KubernetesObject[],
): Promise<ChangeSet> {
  const { namespace } = project.target;
  return prune(context, client, { step, project: project.name, namespace, wanted, dryRun: true });
}
