import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster, RegistryAccess } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import type { Project } from '../../project/project.ts';
import { acmeOf } from '../acme.ts';
import type { ClusterProvider, Groundwork, Part } from '../provider.ts';
import { addOnPart } from './add-on-part.ts';
import type { NodeSite } from './addons/add-on.ts';
import { addOns } from './addons/add-ons.ts';
import { certManagerAcme } from './addons/cert-manager-acme.ts';
import { storageClass } from './addons/local-path.ts';
import { monitoringAddOn } from './addons/monitoring.ts';
import { gatewayClass } from './addons/traefik.ts';
import { compilerCheck } from './compiler-check.ts';
import { conditionOf } from './condition.ts';
import { imagePrefix, pauseImage, pauseTag } from './images.ts';
import { installBase } from './install.ts';
import { type Layout, layoutOf } from './layout.ts';
import { alone } from './lock.ts';
import { findMachine } from './machine.ts';
import { monitored, withoutMonitoring } from './monitored.ts';
import { type ClusterNode, type Network, networkOf, nodesOf, registryName } from './plan.ts';
import { checkPorts } from './ports.ts';
import { type InstanceRecord, readRecord } from './record.ts';
import { remove } from './remove.ts';
import { meetRequirements, requirements } from './requirements.ts';
import { settleNodes } from './settle.ts';
import { acmeComponent, components, kubernetesVersion } from './source/components.ts';
import { lately } from './source/lately.ts';
import { obtainAll } from './source/obtain-all.ts';
import { startNodes } from './start.ts';

/** Upstream Kubernetes on this machine, in namespaces of its own. */
export const localProvider: ClusterProvider = {
  start,
  find: async (context, project) => {
    const layout = layoutFor(project);
    const record = await readRecord(layout);
    if (record === undefined) return { state: 'absent' };
    if ((await findMachine(layout)) === undefined) return { state: 'stopped' };
    const network = networkOf(record.number);
    const condition = await conditionOf(layout, network, record);
    context.signal.throwIfAborted();
    if (!condition.answers) return { state: 'unreachable', why: condition.why };
    const cluster = await clusterOf(project, layout, network, record);
    return { state: 'running', cluster, problems: condition.problems };
  },
  remove: (context, project, options) => {
    const layout = layoutFor(project);
    return alone(context, layout, () => remove(context, layout, options));
  },
  check: async (context) => [...(await requirements(context)), await compilerCheck(context)],
};

async function start(
  context: Context,
  project: Project,
  reachable: (ground: Groundwork) => void,
): Promise<Cluster> {
  const layout = layoutFor(project);
  // What the user would have to change is told before anything takes minutes.
  await checkPorts(layout, project.target.ports);
  await meetRequirements(context);
  const acme = await acmeOf(project, { own: true });
  const early = [
    ...components.filter(({ late }) => late !== true),
    ...(acme === undefined ? [] : [acmeComponent]),
  ];
  const inOrder = obtainAll(context, early);
  const byName = new Map(early.map((component, index) => [component.name, inOrder[index]]));
  const nodeParts = await Promise.all(inOrder.filter((_, index) => early[index]?.node === true));
  const { ports, nodes: count = 1 } = project.target;
  const takesImages = (network: Network, record: InstanceRecord) =>
    reachable({
      registry: registryOf(project, network, record),
      parts: [
        sandboxPart(context, nodesOf(network, count)),
        ...[...addOns, ...(acme === undefined ? [] : [certManagerAcme])].map((addOn) =>
          addOnPart(context, addOn, { obtained: byName, site: () => siteOf(project, layout, network) }),
        ),
        monitored(project)
          ? addOnPart(context, monitoringAddOn(), {
              obtained: lately(context),
              site: () => siteOf(project, layout, network),
            })
          : withoutMonitoring,
      ],
      foundation: ['coredns', 'local-path'],
      partImages: { prefix: imagePrefix, tag: pauseTag },
    });
  const { network, record } = await alone(context, layout, () =>
    startNodes(context, layout, { ports, count }, nodeParts, takesImages),
  );
  return clusterOf(project, layout, network, record);
}

/**
 * What every pod needs: its sandbox's image in the registry, the objects that all other parts stand on, and, where there
 * are several nodes, all of them: those that come late would get no pods.
 */
function sandboxPart(context: Context, nodes: readonly ClusterNode[]): Part {
  return {
    name: 'pause',
    images: async () => [pauseImage],
    install: (client) => installBase(context, client),
    ready: async (client) => {
      const names = nodes.map(({ name }) => name);
      if (names.length > 1) await settleNodes(context, client, names);
    },
  };
}

function siteOf({ target: { acme } }: Project, layout: Layout, network: Network): NodeSite {
  const { rfc2136 } = acme ?? {};
  return {
    kind: 'node',
    dns: network.dns,
    nodeAddress: network.node,
    volumes: layout.volumes,
    zoneServers: rfc2136 === undefined ? [] : [rfc2136.nameServer.replace(/^[^:]*$/, '$&:53')],
  };
}

async function clusterOf(
  project: Project,
  layout: Layout,
  network: Network,
  record: InstanceRecord,
): Promise<Cluster> {
  const acme = await acmeOf(project, { own: true });
  return {
    name: layout.instance,
    provider: 'local',
    version: kubernetesVersion,
    kubeconfig: new Secret(await readFile(join(layout.etc, 'admin.kubeconfig'), 'utf8')),
    registry: registryOf(project, network, record),
    storageClass,
    gatewayClass,
    ...(acme === undefined ? {} : { acme }),
    entry: { address: '127.0.0.1', http: record.ports.http, https: record.ports.https },
  };
}

function registryOf(project: Project, network: Network, record: InstanceRecord): RegistryAccess {
  return {
    url: `http://${network.node}:${network.registryPort}`,
    name: registryName,
    prefix: project.name,
    credentials: { username: 'ptp', password: record.registryPassword },
  };
}

/** `PTP_STATE` moves the folder that clusters are kept in. */
function layoutFor(project: Project): Layout {
  return layoutOf(project.target.instance, process.env.PTP_STATE);
}
