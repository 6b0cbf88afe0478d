import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import type { Layout } from './layout.ts';
import { inside, type Machine } from './machine.ts';
import { type ClusterNode, mostNodes, type Network, nodesOf } from './plan.ts';

/**
 * Joins an instance to the host: a bridge with the host's address, and a firewall table of the instance's own that lets
 * pods out and brings the public ports of loopback to the first node. Running it again changes nothing.
 */
export async function connectHost(
  context: Context,
  network: Network,
  ports: { readonly http: number; readonly https: number },
): Promise<void> {
  const { bridge } = network;
  const host = (...args: string[]) => run(context, 'ip', args);
  if (!(await exists(bridge))) await host('link', 'add', bridge, 'type', 'bridge');
  await host('address', 'replace', `${network.host}/24`, 'dev', bridge);
  await host('link', 'set', bridge, 'up');
  // Answers to connections that began at 127.0.0.1 come back over the bridge with that address.
  await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1');
  await run(context, 'nft', ['-f', '-'], firewall(network, ports));
}

/**
 * Joins a node's machine to the bridge: a pair of interfaces, its address, a default route, and the way to the pods of
 * the other nodes. Running it again changes nothing. `fresh`: the machine is new, and what joined the one before may
 * still be about to go.
 */
export async function connectNode(
  context: Context,
  network: Network,
  machine: Machine,
  {
    node,
    nodes,
    fresh,
  }: { readonly node: ClusterNode; readonly nodes: readonly ClusterNode[]; readonly fresh: boolean },
): Promise<void> {
  const { veth } = node;
  const host = (...args: string[]) => run(context, 'ip', args);
  if (fresh) await disconnectNode(context, veth);
  if (!(await exists(veth))) {
    await host('link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(machine.init));
  }
  await host('link', 'set', veth, 'master', network.bridge, 'up');
  const script = [
    'ip link set lo up',
    `ip address replace ${node.address}/24 dev eth0`,
    'ip link set eth0 up',
    `ip route replace default via ${network.host}`,
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    // Without it, traffic between pods of one bridge passes the services' rules by. Absent: the module is not there.
    'for n in bridge-nf-call-iptables bridge-nf-call-ip6tables; do if [ -e /proc/sys/net/bridge/$n ]; then echo 1 > /proc/sys/net/bridge/$n; fi; done',
    'echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter',
    ...others(node, nodes),
    'exec nft -f -',
  ].join('\n');
  await run(context, 'nsenter', [...inside(machine), 'sh', '-ec', script], masquerade(network, node));
}

/** The way to the other nodes' pods. */
function others(node: ClusterNode, nodes: readonly ClusterNode[]): readonly string[] {
  if (nodes.length === 1) return [];
  // That one of them is gone is known after three seconds and not after half a minute, and whoever would connect to its
  // pods is told so in a fifth of a second, each time. From then on clients turn to other pods.
  const settings = {
    'neigh/eth0/base_reachable_time_ms': 1000,
    'neigh/eth0/delay_first_probe_time': 1,
    'neigh/eth0/retrans_time_ms': 100,
    'neigh/eth0/mcast_solicit': 2,
    icmp_ratelimit: 0,
  };
  return [
    ...Object.entries(settings).map(([name, value]) => `echo ${value} > /proc/sys/net/ipv4/${name}`),
    ...nodes
      .filter(({ name }) => name !== node.name)
      .map(({ podRange, address }) => `ip route replace ${podRange} via ${address}`),
  ];
}

/** A node's own table: what its pods send out of the cluster has the node's address, as an nft script. */
export function masquerade({ podRange: all }: Network, { podRange }: ClusterNode): string {
  return `table ip ptp
delete table ip ptp
table ip ptp {
  chain out {
    type nat hook postrouting priority 100;
    ip saddr ${podRange} ip daddr != ${all} masquerade
  }
}
`;
}

const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** Has the host forward packets. What it did before the first instance came is kept until the last one goes. */
export async function forwardPackets(layout: Pick<Layout, 'run'>): Promise<void> {
  const before = await readFile(forwarding, 'utf8');
  await mkdir(dirname(layout.run), { recursive: true, mode: 0o755 });
  await writeFile(keptForwarding(layout), before, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (before.trim() !== '1') await writeFile(forwarding, '1');
}

/** Has the host do with packets what it did before there were instances. For the last one that goes. */
export async function restoreForwarding(layout: Pick<Layout, 'run'>): Promise<void> {
  const before = await readFile(keptForwarding(layout), 'utf8').catch(() => '');
  if (before.trim() === '0') await writeFile(forwarding, '0');
  await rm(keptForwarding(layout), { force: true });
}

/** Gone with a restart of the host, as the setting is. */
function keptForwarding({ run }: Pick<Layout, 'run'>): string {
  return join(dirname(run), 'ip_forward');
}

/** Takes the host's side away again: interfaces and firewall table. Nothing to take away is no error. */
export async function disconnect(context: Context, network: Network): Promise<void> {
  await context.processes.run({ program: 'nft', args: ['delete', 'table', 'ip', network.bridge] });
  // A machine's own end goes with it, in the kernel's own time.
  for (const { veth } of nodesOf(network, mostNodes)) await disconnectNode(context, veth);
  if (await exists(network.bridge)) await run(context, 'ip', ['link', 'delete', network.bridge]);
}

/** Takes away what joins a node to the bridge. Nothing to take away is no error. */
export async function disconnectNode(context: Context, veth: string): Promise<void> {
  // It may be going while it is looked at.
  if (await exists(veth)) await context.processes.run({ program: 'ip', args: ['link', 'delete', veth] });
}

/** The host's firewall table for an instance, as an nft script that replaces the one before. */
export function firewall(network: Network, ports: { readonly http: number; readonly https: number }): string {
  const table = `ip ${network.bridge}`;
  const doors = [
    [ports.http, 80],
    [ports.https, 443],
  ];
  return `table ${table}
delete table ${table}
table ${table} {
  chain out {
    type nat hook output priority -100;
${doors.map(([from, to]) => `    ip daddr 127.0.0.1 tcp dport ${from} dnat to ${network.node}:${to}`).join('\n')}
  }
  chain back {
    type nat hook postrouting priority 100;
    oifname "${network.bridge}" ip saddr 127.0.0.0/8 masquerade
    oifname != "${network.bridge}" ip saddr ${network.prefix} masquerade
  }
}
`;
}

async function exists(name: string): Promise<boolean> {
  return readFile(`/sys/class/net/${name}/ifindex`).then(
    () => true,
    () => false,
  );
}

async function run(
  context: Context,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<void> {
  const outcome = await context.processes.run({ program, args, ...(input === undefined ? {} : { input }) });
  if (outcome.code === 0) return;
  throw new StepFailed({
    what: `the local cluster's network could not be set up: ${program} ended with ${outcome.code}`,
    next: 'Run `ptp doctor`; the cluster needs CAP_NET_ADMIN and nftables with NAT.',
    details: outcome.stderr.trim().split('\n'),
  });
}
