import { access, mkdir, readdir, readFile, readlink, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hash as bcrypt } from 'bcryptjs';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import { removeAbandoned, temporaryName } from '../../effects/temporary.ts';
import { writeAtomically } from '../../effects/write-atomically.ts';
import { connect } from '../../kubernetes/client.ts';
import { cgroupVersion } from './cgroup.ts';
import { configurationFiles } from './configure.ts';
import { imagePrefix, pauseTag } from './images.ts';
import { firstNode, type Layout, layoutOfNode } from './layout.ts';
import { furtherNodes, removeNodes } from './leave.ts';
import { refuseLostRecords, refuseLostVolumes } from './lost-data.ts';
import { findMachine } from './machine.ts';
import { connectHost, forwardPackets } from './network.ts';
import { startMachines } from './nodes.ts';
import { endOrphans } from './orphans.ts';
import { type ClusterNode, type Network, networkOf, nodesOf, registryName } from './plan.ts';
import { renewPodsAuthority } from './pods-authority.ts';
import { type InstanceRecord, newRecord, readRecord, writeNumber, writeRecord } from './record.ts';
import { mendRegistry } from './registry-data.ts';
import { usableResolver } from './resolver.ts';
import type { Obtained } from './source/obtain.ts';
import { markPodsUnready } from './stale-pods.ts';

/** What a cluster is to be like. */
export interface Wanted {
  readonly ports: InstanceRecord['ports'];
  /** How many nodes. */
  readonly count: number;
}

/** Nodes whose programs all answer. */
export interface StartedNodes {
  readonly network: Network;
  readonly record: InstanceRecord;
}

/**
 * Brings the programs of all nodes up, from whatever state they are in: nothing there, half of them killed, another
 * version, all running (then it changes nothing). `takesImages` is called when the registry answers, before the others
 * do.
 */
export async function startNodes(
  context: Context,
  layout: Layout,
  wanted: Wanted,
  obtained: readonly Obtained[],
  takesImages: (network: Network, record: InstanceRecord) => void,
): Promise<StartedNodes> {
  await clearAbandoned(layout);
  await refuseLostRecords(layout);
  const record = await ensureRecord(context, layout, wanted.ports);
  const network = networkOf(record.number);
  const nodes = nodesOf(network, wanted.count);
  await makeFolders(layout, nodes);
  for (const one of obtained) await linkPrograms(layout, one);
  // @peculiar/x509 takes a while to load: only where a certificate has to be looked at.
  const { ensurePki } = await import('./pki.ts');
  await ensurePki(layout, network, nodes, context.clock.now());
  await writeConfiguration(layout, network, nodes, record);
  await mendRegistry(context, layout);
  const hooks = {
    machine: async () => {
      await writeNumber(layout, network.number);
      await connectHost(context, network, wanted.ports);
    },
    before: { kubelet: (node: ClusterNode) => beforeKubelet(context, layout, node) },
    answers: { registry: () => takesImages(network, record) },
  };
  await startMachines(context, { layout, network, nodes }, obtained, hooks);
  await endOrphans(context, layout.instance, await initsOf(layout, nodes));
  await removeSurplus(context, layout, network, wanted.count);
  return { network, record };
}

/** The pids of the machines' first processes. */
async function initsOf(layout: Layout, nodes: readonly ClusterNode[]): Promise<readonly number[]> {
  const found = await Promise.all(nodes.map(({ name }) => findMachine(layout, name)));
  return found.flatMap((machine) => (machine === undefined ? [] : [machine.init]));
}

/** What a run that was killed was about to put in place of something. */
async function clearAbandoned(layout: Layout): Promise<void> {
  const others = await readdir(layout.nodes).catch((): string[] => []);
  const etc = [firstNode, ...others].map((node) => layoutOfNode(layout, node).etc);
  const folders = [dirname(layout.root), layout.root, layout.bin, layout.pki];
  for (const folder of [...folders, ...etc.flatMap((own) => [own, join(own, 'cni')])]) {
    await removeAbandoned(folder);
  }
}

async function removeSurplus(
  context: Context,
  layout: Layout,
  network: Network,
  count: number,
): Promise<void> {
  const surplus = await furtherNodes(layout, network, count);
  if (surplus.length === 0) return;
  const client = await connect(await administrator(layout));
  try {
    await removeNodes(context, client, layout, surplus);
  } finally {
    await client.close();
  }
}

async function administrator(layout: Layout): Promise<Secret> {
  return new Secret(await readFile(join(layout.etc, 'admin.kubeconfig'), 'utf8'));
}

/** The first kubelet of a machine finds the pods of the machine before. */
async function beforeKubelet(context: Context, layout: Layout, node: ClusterNode): Promise<void> {
  if (await exists(join(layoutOfNode(layout, node.name).run, 'kubelet.key'))) return;
  const only = node.name === firstNode ? undefined : node.name;
  const access = await administrator(layout);
  await refuseLostVolumes(layout, access, context.signal);
  await markPodsUnready(context, access, only);
  const client = await connect(access);
  try {
    await renewPodsAuthority(client, await readFile(join(layout.pki, 'ca.crt'), 'utf8'), context.signal);
  } finally {
    await client.close();
  }
}

async function ensureRecord(
  context: Context,
  layout: Layout,
  ports: InstanceRecord['ports'],
): Promise<InstanceRecord> {
  const existing = await readRecord(layout);
  let record = existing ?? (await newRecord(layout, ports));
  record = {
    ...record,
    ports,
    htpasswd: record.htpasswd ?? `ptp:${await bcrypt(record.registryPassword.reveal(), 5)}`,
  };
  await writeRecord(layout, record);
  await forwardPackets(layout);
  context.signal.throwIfAborted();
  return record;
}

async function makeFolders(layout: Layout, nodes: readonly ClusterNode[]): Promise<void> {
  const { root, run, bin, pki, etcd, registry, volumes } = layout;
  for (const folder of [dirname(root), dirname(run)]) await mkdir(folder, { recursive: true, mode: 0o755 });
  // Containers reach their volumes through mounts, not through this path; only root walks it.
  for (const folder of [root, bin, pki, etcd, registry, volumes]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  for (const { name } of nodes) {
    const own = layoutOfNode(layout, name);
    for (const folder of [own.run, own.etc, own.log, own.containerd, `${own.kubelet}/plugins`]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  }
}

async function linkPrograms(layout: Layout, obtained: Obtained): Promise<void> {
  const { component, folder } = obtained;
  for (const name of [...Object.values(component.programs), ...(component.aliases ?? [])]) {
    const target = join(folder, 'bin', name);
    const link = join(layout.bin, name);
    if ((await readlink(link).catch(() => '')) === target) continue;
    if (!(await exists(target))) continue; // a release has each program by itself, and no multi-call one
    const beside = temporaryName(link);
    await symlink(target, beside);
    await rename(beside, link);
  }
}

async function writeConfiguration(
  layout: Layout,
  network: Network,
  nodes: readonly ClusterNode[],
  record: InstanceRecord,
): Promise<void> {
  const authorization = Buffer.from(`ptp:${record.registryPassword.reveal()}`).toString('base64');
  const files = configurationFiles(layout, network, nodes, {
    registryAuthorization: authorization,
    htpasswd: record.htpasswd ?? '',
    encryptionKey: record.encryptionKey.reveal(),
    pause: `${registryName}/${imagePrefix}/pause:${pauseTag}`,
    cgroupVersion: await cgroupVersion(),
    resolvConf: await usableResolver(layout),
  });
  for (const [path, content] of files) {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === content) continue;
    await writeAtomically(path, content, 0o600);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
