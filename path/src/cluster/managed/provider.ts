import type { ManagedCluster } from '../../clouds/cloud.ts';
import { ensure } from '../../clouds/ensure.ts';
import { observe } from '../../clouds/observe.ts';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Cluster, RegistryAccess } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import { gatewayClass } from '../local/addons/traefik.ts';
import { compilerCheck } from '../local/compiler-check.ts';
import { monitored } from '../local/monitored.ts';
import type { Check, ClusterProvider, ClusterState, Groundwork } from '../provider.ts';
import { type Account, cloudOf, enterAccount, inAccount, noCredentials } from './account.ts';
import { untilAdmitted } from './admitted.ts';
import { kubeconfigFor } from './kubeconfig.ts';
import { partsFor } from './parts.ts';
import { remove } from './remove.ts';

/** The tag of the parts' images. */
const partTag = 'current';

/** A cluster that a public cloud runs, with what belongs to it in the account. */
export const managedProvider: ClusterProvider = { start, find, remove, check };

/** Makes what is not there, waits for what is on its way, and tells of the registry as soon as it takes images. */
async function start(
  context: Context,
  project: Project,
  reachable: (ground: Groundwork) => void,
): Promise<Cluster> {
  const account = await enterAccount(context, project);
  if (account === undefined) throw noCredentials(await cloudOf(project));
  const { cloud, session, stack, work } = account;
  const text = `${cloud.title}: account ${session.account}, as ${session.who}. Not verified on a real account`;
  context.emit({ kind: 'note', step: 'cluster', text });
  const managed = Promise.withResolvers<ManagedCluster>();
  managed.promise.catch(() => {}); // told below
  const before = new Set(stack.registry);
  let telling: Promise<RegistryAccess> | undefined;
  const wantedParts = {
    ownGateway: cloud.gateway !== 'traefik',
    acme: project.target.cloud?.acme !== undefined,
    monitoring: monitored(project),
  };
  const tell = async () => {
    const registry = await cloud.registry(session, project, work.seen);
    reachable({
      registry,
      parts: partsFor(context, wantedParts, managed.promise),
      foundation: [],
      partImages: { prefix: registry.prefix, tag: partTag },
    });
    return registry;
  };
  await ensure(work, project, stack.resources, ({ id }) => {
    if (before.delete(id) && before.size === 0) telling = tell();
    telling?.catch(() => {}); // told below
  });
  const registry = await (telling ?? tell());
  const cluster = await cloud.cluster(session, project, work.seen);
  await untilAdmitted(context, kubeconfigFor(project, cluster), cluster);
  managed.resolve(cluster);
  const servers = cloud.nameServers(work.seen, project);
  if (servers.length > 0) {
    const told = `the zone of ${project.target.domain} is served by ${servers.join(', ')}: its parent has to delegate to them`;
    context.emit({ kind: 'note', step: 'cluster', text: told });
  }
  return clusterOf(project, account, cluster, registry);
}

async function find(context: Context, project: Project): Promise<ClusterState> {
  const account = await enterAccount(context, project);
  if (account === undefined) {
    const { problems } = noCredentials(await cloudOf(project));
    const [{ what, next = '' } = { what: '' }] = problems;
    return { state: 'unreachable', why: what, next };
  }
  const { cloud, session, stack, work } = account;
  try {
    await observe(work, stack.resources);
    const wanted = stack.resources.find(({ id }) => id === 'cluster');
    const found = wanted && work.seen.whole(wanted);
    if (found === undefined || !found.ours) return { state: 'absent' };
    if (found.state !== 'ready') {
      const why = `${wanted?.kind} ${wanted?.name} is ${found.state}${found.why === undefined ? '' : `: ${found.why}`}`;
      return { state: 'unreachable', why, next: 'Run `ptp up` again: it waits, and goes on.' };
    }
    const missing = stack.resources.filter((one) => one.later !== true && work.seen.whole(one) === undefined);
    const [first] = missing;
    if (first !== undefined) {
      const why = `${first.kind} ${first.name} is not there${missing.length > 1 ? `, nor are ${missing.length - 1} others` : ''}`;
      return { state: 'unreachable', why, next: 'Run `ptp up`: it makes what is not there.' };
    }
    const [cluster, registry] = await Promise.all([
      cloud.cluster(session, project, work.seen),
      cloud.registry(session, project, work.seen),
    ]);
    return { state: 'running', cluster: clusterOf(project, account, cluster, registry) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof UserMistake || error instanceof StepFailed)) throw error;
    const [problem] = error.problems;
    return {
      state: 'unreachable',
      why: problem?.what ?? error.message,
      ...(problem?.next === undefined ? {} : { next: problem.next }),
    };
  }
}

async function check(context: Context, project: Project | undefined): Promise<readonly Check[]> {
  if (project === undefined) return [];
  try {
    return await inAccount(context, project, async ({ cloud, session, stack }) => {
      const obstacles = await cloud.obstacles(session, project, stack.resources);
      return [
        { name: 'account', ok: true, found: `${cloud.title}: ${session.account}, as ${session.who}` },
        await compilerCheck(context),
        ...obstacles.map(({ what, next }) => failing('account', what, next)),
      ];
    });
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof UserMistake || error instanceof StepFailed)) throw error;
    return error.problems.map(({ what, next }) => failing('account', what, next));
  }
}

function failing(name: string, found: string, next: string | undefined): Check {
  return { name, ok: false, found, ...(next === undefined ? {} : { next }) };
}

function clusterOf(
  project: Project,
  { cloud, session, work }: Account,
  cluster: ManagedCluster,
  registry: RegistryAccess,
): Cluster {
  const { name, version, storageClass, databases, acme, entry } = cluster;
  const { seen } = work;
  return {
    name,
    provider: project.target.cluster,
    version,
    kubeconfig: kubeconfigFor(project, cluster),
    token: () => cluster.token(),
    registry,
    storageClass,
    gatewayClass: cloud.gateway === 'traefik' ? gatewayClass : cloud.gateway.class,
    ...(cloud.gateway === 'traefik' ? {} : { listenerPorts: { http: 80, https: 443 } }),
    databases,
    ...(acme === undefined ? {} : { acme }),
    ...(entry === undefined ? {} : { entry }),
    point: (address) => cloud.point(session, project, seen, address),
  };
}
