import type { PartStatus, SystemStatus } from '../cli/actions.ts';
import type { ClusterState } from '../cluster/provider.ts';
import type { Problem } from '../core/failure.ts';
import type { Digest } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { diagnose } from '../kubernetes/diagnose.ts';
import { label, ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import { type AnyObject, type Deployment, keyOf, type Pod, type StatefulSet } from '../kubernetes/objects.ts';
import { readiness } from '../kubernetes/readiness.ts';
import { lastPassed } from '../maintain/results.ts';
import { healthOf } from '../observe/health.ts';
import type { Project } from '../project/project.ts';
import { meantToRun, type ReleaseRecord } from '../releases/record.ts';
import { readReleases } from '../releases/store.ts';
import { publicUrl } from '../route/plan.ts';
import { alertProblems } from './alert-problems.ts';
import { certificatesOf } from './certificates.ts';
import { clusterProblems } from './cluster-problems.ts';
import { driftFrom } from './drift.ts';

/** How a project's system is now; a cluster that is not there is a state and no failure. */
export async function systemStatus(
  context: Context,
  project: Project,
  state: ClusterState,
): Promise<SystemStatus> {
  const name = project.target.cluster === 'local' ? project.target.instance : project.target.name;
  const nothing = { components: [], services: [] };
  if (state.state === 'unreachable') {
    return { cluster: { name, state: state.state }, ...nothing, problems: [unreachable(project, state)] };
  }
  if (state.state !== 'running') return { cluster: { name, state: state.state }, ...nothing, problems: [] };
  const client = await connect(state.cluster.kubeconfig, state.cluster.token);
  try {
    const { namespace } = project.target;
    const where = { namespace, labels: ownedBy(project.name) };
    // Pods are made by controllers, who pass on the project's name and not who manages it.
    const podLabels = `${label.project}=${project.name}`;
    const [below, deployments, sets, pods, records, certificates, drills, health] = await Promise.all([
      clusterProblems(context, client, state.cluster),
      list<Deployment>(client, { apiVersion: 'apps/v1', kind: 'Deployment', ...where }, context.signal),
      list<StatefulSet>(client, { apiVersion: 'apps/v1', kind: 'StatefulSet', ...where }, context.signal),
      list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace, labels: podLabels }, context.signal),
      readReleases(context, client, project),
      certificatesOf(client, namespace, context.signal),
      lastPassed(context, client, project),
      project.target.monitoring === 'cluster' ? healthOf(context, client, project) : undefined,
    ]);
    const components = project.components.map((one) =>
      partStatus(one.name, label.component, deployments, pods),
    );
    const services = project.services.map((one) => partStatus(one.name, label.service, sets, pods));
    const release = meantToRun(records);
    const [problems, drift] = await Promise.all([
      problemsOf(client, [...deployments, ...sets], pods),
      release === undefined || deployments.length === 0
        ? []
        : driftFrom(context, client, project.name, release),
    ]);
    return {
      cluster: { name, state: 'running', version: state.cluster.version },
      ...(deployments.length === 0 ? {} : { url: publicUrl({ project, cluster: state.cluster }) }),
      components,
      services,
      ...(release === undefined ? {} : { release: shortRelease(release) }),
      certificates,
      ...(health === undefined ? {} : { health }),
      drills,
      problems: [
        ...(state.problems ?? []),
        ...below,
        ...(health === undefined || deployments.length === 0
          ? []
          : alertProblems(health, below, project.target)),
        ...missing(components, services),
        ...problems,
        ...unfinished(records),
        ...drift,
      ],
    };
  } finally {
    await client.close();
  }
}

function shortRelease({
  number,
  begun,
  by,
  source,
  backTo,
  traffic,
}: ReleaseRecord): NonNullable<SystemStatus['release']> {
  return {
    number,
    begun,
    by,
    ...(source === undefined ? {} : { source }),
    ...(backTo === undefined ? {} : { backTo }),
    ...(traffic === undefined ? {} : { traffic }),
  };
}

/** A release that was begun and did not come to an end. */
function unfinished(records: readonly ReleaseRecord[]): readonly Problem[] {
  const last = records.at(-1);
  if (last?.state !== 'rolling') return [];
  const since = last.begun.slice(0, 19).replace('T', ' ');
  return [
    {
      what: `release ${last.number} was begun by ${last.by} at ${since}Z and has not come to its end`,
      next: 'If nobody is at it any more, run `ptp up`: it goes on.',
    },
  ];
}

/** A cluster that does not answer as a problem: one of this machine can be mended, others belong to somebody else. */
export function unreachable(
  { target }: Project,
  { why, next }: Extract<ClusterState, { readonly state: 'unreachable' }>,
): Problem {
  const usual =
    target.cluster === 'local'
      ? 'Run `ptp up` to mend it, or `ptp doctor` to look further.'
      : 'Run `ptp doctor` to look further.';
  return { what: why, next: next ?? usual };
}

function partStatus(
  name: string,
  key: string,
  workloads: readonly (Deployment | StatefulSet)[],
  pods: readonly Pod[],
): PartStatus {
  const workload = workloads.find((one) => one.metadata.labels?.[key] === name || one.metadata.name === name);
  const own = pods.filter(({ metadata }) => metadata.labels?.[key] === name && !ofJob(metadata));
  const containers = own.flatMap((pod) => pod.status?.containerStatuses ?? []);
  const image = workload?.spec?.template.spec?.containers[0]?.image;
  const digest = image?.split('@')[1] as Digest | undefined;
  const starts = containers.flatMap((one) =>
    one.state?.running?.startedAt ? [one.state.running.startedAt] : [],
  );
  const since = starts.sort()[0];
  return {
    name,
    ready: workload?.status?.readyReplicas ?? 0,
    wanted: workload?.spec?.replicas ?? 0,
    restarts: containers.reduce((sum, one) => sum + one.restartCount, 0),
    ...(digest === undefined ? {} : { digest }),
    ...(since === undefined ? {} : { since: new Date(since) }),
  };
}

/** A migration's pod bears its component's name too, and is none of its copies. */
function ofJob({ ownerReferences = [] }: Pod['metadata']): boolean {
  return ownerReferences.some(({ kind }) => kind === 'Job');
}

function missing(components: readonly PartStatus[], services: readonly PartStatus[]): readonly Problem[] {
  return [...components, ...services]
    .filter((part) => part.wanted === 0)
    .map((part) => ({ what: `${part.name} is not deployed`, next: 'Run `ptp up`.' }));
}

async function problemsOf(
  client: KubernetesClient,
  workloads: readonly (Deployment | StatefulSet)[],
  pods: readonly Pod[],
): Promise<readonly Problem[]> {
  // A rollout that stands still is told although the version before it serves with all its pods.
  const judged = workloads.map((one) => ({ one, ...readiness(one as unknown as AnyObject) }));
  const unready = judged.filter(({ state }) => state !== 'ready');
  return Promise.all(
    unready.map(({ one, text }) => {
      const selector = Object.entries(one.spec?.selector.matchLabels ?? {});
      const own = pods.filter((pod) =>
        selector.every(([key, value]) => pod.metadata.labels?.[key] === value),
      );
      return diagnose(client, keyOf(one), text, own);
    }),
  );
}
