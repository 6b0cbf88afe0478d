import { access, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hash as bcrypt } from 'bcryptjs';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import { removeAbandoned, temporaryName } from '../../oci/temporary.ts';
import { writeAtomically } from '../../oci/write-atomically.ts';
import { cgroupRoot, cgroupVersion } from './cgroup.ts';
import { configurationFiles } from './configure.ts';
import { imagePrefix, pauseTag } from './images.ts';
import type { Layout } from './layout.ts';
import { findMachine, type Machine, startMachine } from './machine.ts';
import { connectMachine, forwardPackets } from './network.ts';
import { type Network, networkOf, registryName } from './plan.ts';
import { startPrograms } from './programs.ts';
import { type InstanceRecord, newRecord, readRecord, writeNumber, writeRecord } from './record.ts';
import { usableResolver } from './resolver.ts';
import type { Obtained } from './source/obtain.ts';
import { markPodsUnready } from './stale-pods.ts';

/** A node whose programs all answer. */
export interface StartedNode {
  readonly layout: Layout;
  readonly network: Network;
  readonly record: InstanceRecord;
  readonly machine: Machine;
  /** Names of the programs that were started now. */
  readonly started: readonly string[];
}

/**
 * Brings the node's programs up, from whatever state they are in: nothing there, half of them killed, another version,
 * all running (then it changes nothing). `takesImages` is called when the registry answers, before the others do.
 */
export async function startNode(
  context: Context,
  layout: Layout,
  ports: InstanceRecord['ports'],
  obtained: readonly Obtained[],
  takesImages: (network: Network, record: InstanceRecord) => void,
): Promise<StartedNode> {
  await removeAbandoned(dirname(layout.root));
  for (const folder of [layout.root, layout.bin, layout.pki, layout.etc, join(layout.etc, 'cni')])
    await removeAbandoned(folder);
  const record = await ensureRecord(context, layout, ports);
  const network = networkOf(record.number);
  await makeFolders(layout);
  for (const one of obtained) await linkPrograms(layout, one);
  // @peculiar/x509 takes a while to load: only where a certificate has to be looked at.
  const { ensurePki } = await import('./pki.ts');
  await ensurePki(layout, network, context.clock.now());
  await writeConfiguration(layout, network, record);
  const machine = (await findMachine(layout)) ?? (await freshMachine(context, layout));
  await writeNumber(layout, network.number);
  await connectMachine(context, network, machine, ports);
  const started = await startPrograms(context, layout, network, machine, obtained, {
    before: { kubelet: () => beforeKubelet(context, layout) },
    answers: { registry: () => takesImages(network, record) },
  });
  return { layout, network, record, machine, started };
}

/** The first kubelet of a machine finds the pods of the machine before. */
async function beforeKubelet(context: Context, layout: Layout): Promise<void> {
  if (await exists(join(layout.run, 'kubelet.key'))) return;
  await markPodsUnready(context, new Secret(await readFile(join(layout.etc, 'admin.kubeconfig'), 'utf8')));
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

async function makeFolders(layout: Layout): Promise<void> {
  const { root, run, bin, pki, etc, log, etcd, containerd, kubelet, registry, volumes } = layout;
  for (const folder of [dirname(root), dirname(run)]) await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const folder of [root, run, bin, pki, etc, log, etcd, containerd, kubelet, registry]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  // Containers reach their volumes through mounts, not through this path; only root walks it.
  await mkdir(volumes, { recursive: true, mode: 0o700 });
  await mkdir(`${kubelet}/plugins`, { recursive: true, mode: 0o700 });
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

async function writeConfiguration(layout: Layout, network: Network, record: InstanceRecord): Promise<void> {
  const authorization = Buffer.from(`ptp:${record.registryPassword.reveal()}`).toString('base64');
  const files = configurationFiles(layout, network, {
    registryAuthorization: authorization,
    htpasswd: record.htpasswd ?? '',
    encryptionKey: record.encryptionKey.reveal(),
    pause: `${registryName}/${imagePrefix}/pause:${pauseTag}`,
    cgroupRoot: cgroupRoot(layout.instance),
    cgroupVersion: await cgroupVersion(),
    resolvConf: await usableResolver(layout),
  });
  for (const [path, content] of files) {
    if ((await readFile(path, 'utf8').catch(() => undefined)) === content) continue;
    await writeAtomically(path, content, 0o600);
  }
}

/** What a machine that is gone has left of itself: addresses handed out, sockets, pids. */
async function freshMachine(context: Context, layout: Layout): Promise<Machine> {
  await rm(layout.run, { recursive: true, force: true });
  await mkdir(layout.run, { recursive: true, mode: 0o700 });
  return startMachine(context, layout);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
