import { type Problem, StepFailed, UserMistake } from '../../core/failure.ts';
import type { Cluster } from '../../core/handover.ts';
import { oneLine } from '../../core/one-line.ts';
import type { Context } from '../../effects/context.ts';
import { connect, type KubernetesClient } from '../../kubernetes/client.ts';
import { KubernetesError } from '../../kubernetes/error.ts';
import type { Project } from '../../project/project.ts';
import { acmeOf } from '../acme.ts';
import { compilerCheck } from '../local/compiler-check.ts';
import type { Check, ClusterProvider, Groundwork } from '../provider.ts';
import { type ChosenContext, chooseContext } from './choose-context.ts';
import { findKubeconfig } from './find-kubeconfig.ts';
import { monitoringPart } from './monitoring.ts';
import { registryOf } from './registry.ts';
import { type GatewayClass, lookAtCluster } from './requirements.ts';

/**
 * A cluster that somebody else runs: used as it is, never started, changed or removed. What watches over the project is
 * put beside it.
 */
export const kubeconfigProvider: ClusterProvider = {
  start,
  find: async (context, project) => {
    try {
      return await withCluster(context, project, async ({ chosen, version }) => ({
        state: 'running',
        cluster: await clusterOf(project, chosen, version, undefined),
      }));
    } catch (error) {
      context.signal.throwIfAborted();
      const [problem] = problemsOf(error);
      if (problem === undefined) throw error;
      const { what, next } = problem;
      return { state: 'unreachable', why: what, ...(next === undefined ? {} : { next }) };
    }
  },
  remove: async (_context, project) => ({
    removed: [],
    kept: [`the cluster of target ${project.target.name}, which is not ptp's`],
  }),
  check: async (context, project) => {
    if (project === undefined) return [];
    try {
      return await withCluster(context, project, async ({ client, chosen, version }) => [
        { name: 'cluster', ok: true, found: `${client.server} (context ${chosen.name} of ${chosen.source})` },
        ...(await lookAtCluster(client, project, version)).checks,
        registryCheck(project),
        // What watches over it is compiled; all else of a release needs no compiler.
        ...(project.target.monitoring === 'cluster' ? [await compilerCheck(context)] : []),
      ]);
    } catch (error) {
      context.signal.throwIfAborted();
      const problems = problemsOf(error);
      if (problems.length === 0) throw error;
      return problems.map(({ what, next }) => failing('cluster', what, next));
    }
  },
};

/** Finds it, and tells all that is missing in it at once: nothing has been changed by then. */
async function start(
  context: Context,
  project: Project,
  reachable: (ground: Groundwork) => void,
): Promise<Cluster> {
  return withCluster(context, project, async ({ client, chosen, version }) => {
    const text = `context ${chosen.name} of ${chosen.source}: ${client.server}`;
    context.emit({ kind: 'note', step: 'cluster', text });
    const { checks, gatewayClass } = await lookAtCluster(client, project, version);
    const missing = [...checks, registryCheck(project)].filter(({ ok }) => !ok);
    if (missing.length > 0) throw new UserMistake(missing.map(problemOf));
    const cluster = await clusterOf(project, chosen, version, gatewayClass);
    const watching = await monitoringPart(context, client, project);
    reachable({
      registry: cluster.registry,
      parts: watching === undefined ? [] : [watching],
      foundation: [],
      // Below the project's, where no component is called like one of them.
      partImages: { prefix: `${cluster.registry.prefix}/ptp`, tag: 'current' },
    });
    return cluster;
  });
}

interface Reached {
  readonly client: KubernetesClient;
  readonly chosen: Chosen;
  readonly version: string;
}

interface Chosen extends ChosenContext {
  /** Where the kubeconfig is. */
  readonly source: string;
}

/** Does work with the cluster. Throws UserMistake or StepFailed where it cannot be reached with what the target says. */
async function withCluster<T>(
  context: Context,
  project: Project,
  work: (reached: Reached) => Promise<T>,
): Promise<T> {
  const found = await findKubeconfig(project.target);
  const chosen = { ...chooseContext(found, project.target), source: found.source };
  const client = await connected(chosen);
  try {
    return await work({ client, chosen, version: await versionOf(context, client, chosen.name) });
  } finally {
    await client.close();
  }
}

/** A certificate that the kubeconfig names and that is not there, or a program for credentials that fails. */
async function connected({ kubeconfig, source }: Chosen): Promise<KubernetesClient> {
  try {
    return await connect(kubeconfig);
  } catch (error) {
    if (error instanceof UserMistake || error instanceof StepFailed) throw error;
    throw new UserMistake({
      what: `the kubeconfig ${source} cannot be used: ${(error as Error).message}`,
      next: 'Mend it, or name another one.',
    });
  }
}

async function versionOf(context: Context, client: KubernetesClient, name: string): Promise<string> {
  try {
    const path = '/version';
    const answer = await client.get<{ readonly gitVersion?: unknown } | null>(path, {}, context.signal);
    if (typeof answer?.gitVersion === 'string') return oneLine(answer.gitVersion, 60);
    throw new UserMistake({
      what: `${client.server} does not answer as a Kubernetes does: it tells no version`,
      next: "Look whether the kubeconfig's server is right.",
    });
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const [what, next] =
      error.code === 401 || error.code === 403
        ? [
            `${client.server} does not accept the credentials of the context ${name} (${error.code})`,
            'Log in again as whoever runs the cluster tells, or choose another context.',
          ]
        : [
            `${client.server} does not answer as a Kubernetes does (${error.code})`,
            "Look whether the kubeconfig's server is right.",
          ];
    throw new UserMistake({ what, next });
  }
}

async function clusterOf(
  project: Project,
  { kubeconfig }: ChosenContext,
  version: string,
  gateway: GatewayClass | undefined,
): Promise<Cluster> {
  const { target } = project;
  const acme = await acmeOf(project, { own: false });
  return {
    name: target.name,
    provider: 'kubeconfig',
    version,
    kubeconfig,
    registry: registryOf(project),
    ...(target.storageClass === undefined ? {} : { storageClass: target.storageClass }),
    gatewayClass: gateway?.name ?? target.gatewayClass ?? '',
    ...(acme === undefined ? {} : { acme }),
    listenerPorts: listenerPorts(gateway?.controller ?? ''),
  };
}

/**
 * Traefik's listeners name the ports of its entry points, which are 8000 and 8443 unless its installation was told
 * otherwise; every other controller opens the ports that listeners name.
 */
function listenerPorts(controller: string): { readonly http: number; readonly https: number } {
  return controller.startsWith('traefik.io/') ? { http: 8000, https: 8443 } : { http: 80, https: 443 };
}

function registryCheck(project: Project): Check {
  try {
    const { name, prefix } = registryOf(project);
    return { name: 'registry', ok: true, found: `${name}/${prefix}` };
  } catch (error) {
    const [problem] = problemsOf(error);
    if (problem === undefined) throw error;
    return failing('registry', problem.what, problem.next);
  }
}

function failing(name: string, found: string, next: string | undefined): Check {
  return { name, ok: false, found, ...(next === undefined ? {} : { next }) };
}

function problemOf({ name, found, next }: Check): Problem {
  return { what: `${name}: ${found}`, ...(next === undefined ? {} : { next }) };
}

function problemsOf(error: unknown): readonly Problem[] {
  return error instanceof UserMistake || error instanceof StepFailed ? error.problems : [];
}
