import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { hash as bcrypt } from 'bcryptjs';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { cgroupRoot, cgroupVersion } from './cgroup.ts';
import { configurationFiles, containerdSocket } from './configure.ts';
import { type Answer, probe } from './health.ts';
import { imagePrefix, pauseTag } from './images.ts';
import type { Layout } from './layout.ts';
import { findMachine, inside, type Machine, processesInside, startMachine, stopMachine } from './machine.ts';
import { connectMachine, forwardPackets } from './network.ts';
import { type Network, type NodeProcess, networkOf, nodeProcesses, registryName } from './plan.ts';
import { type InstanceRecord, newRecord, readRecord, writeRecord } from './record.ts';
import { usableResolver } from './resolver.ts';
import type { Obtained } from './source/obtain.ts';

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
 * all running (then it changes nothing).
 */
export async function startNode(
  context: Context,
  layout: Layout,
  ports: InstanceRecord['ports'],
  obtained: readonly Obtained[],
): Promise<StartedNode> {
  const record = await ensureRecord(context, layout, ports);
  const network = networkOf(record.number);
  await makeFolders(layout);
  for (const one of obtained) await linkPrograms(layout, one);
  // @peculiar/x509 takes a while to load: only where a certificate has to be looked at.
  const { ensurePki } = await import('./pki.ts');
  await ensurePki(layout, network, context.clock.now());
  await writeConfiguration(layout, network, record);
  const machine = (await findMachine(layout)) ?? (await freshMachine(context, layout));
  await connectMachine(context, network, machine, ports);
  const started = await startPrograms(context, layout, network, machine, obtained);
  return { layout, network, record, machine, started };
}

async function ensureRecord(
  context: Context,
  layout: Layout,
  ports: InstanceRecord['ports'],
): Promise<InstanceRecord> {
  const existing = await readRecord(layout);
  let record = existing ?? (await newRecord(layout, ports));
  const forward = await forwardPackets();
  record = {
    ...record,
    ports,
    // What it was before any run of ours: only the first one knows.
    ipForward: record.ipForward ?? forward,
    htpasswd: record.htpasswd ?? `ptp:${await bcrypt(record.registryPassword.reveal(), 5)}`,
  };
  await writeRecord(layout, record);
  context.signal.throwIfAborted();
  return record;
}

/**
 * Makes sure that the public ports are free, or this instance's already.
 * @throws UserMistake for each that another program listens on; nothing has been changed then
 */
export async function checkPorts(layout: Layout, ports: InstanceRecord['ports']): Promise<void> {
  const record = await readRecord(layout);
  const running = record !== undefined && (await findMachine(layout)) !== undefined;
  await refuseTaken(ports, running ? [record.ports.http, record.ports.https] : []);
}

async function refuseTaken(ports: InstanceRecord['ports'], own: readonly number[]): Promise<void> {
  const taken = [];
  for (const [key, port] of Object.entries(ports)) {
    if (own.includes(port) || !(await answers({ host: '127.0.0.1', port }))) continue;
    taken.push({
      what: `port ${port} on 127.0.0.1 is taken by another program`,
      where: { key: `targets.<target>.ports.${key}` },
      next: `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port in ptp.yaml.`,
    });
  }
  if (taken.length > 0) throw new UserMistake(taken);
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
    await rm(`${link}.new`, { force: true });
    await symlink(target, `${link}.new`);
    await rename(`${link}.new`, link);
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
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await chmod(`${path}.new`, 0o600);
    await rename(`${path}.new`, path);
  }
}

/** What a machine that is gone has left of itself: addresses handed out, sockets, pids. */
async function freshMachine(context: Context, layout: Layout): Promise<Machine> {
  await rm(layout.run, { recursive: true, force: true });
  await mkdir(layout.run, { recursive: true, mode: 0o700 });
  return startMachine(context, layout);
}

async function startPrograms(
  context: Context,
  layout: Layout,
  network: Network,
  machine: Machine,
  obtained: readonly Obtained[],
): Promise<readonly string[]> {
  const keys = new Map(obtained.map((one) => [one.component.name, one.key]));
  const processes = nodeProcesses(layout, network);
  const running = await processesInside(machine);
  const started: string[] = [];
  const ready = new Map<string, Promise<void>>();
  for (const one of processes) {
    const begin = async () => {
      await Promise.all(one.after.map((name) => ready.get(name)));
      const fingerprint = await fingerprintOf(layout, one, keys.get(one.component) ?? '');
      const mark = join(layout.run, `${one.name}.key`);
      const pid = running.get(one.program);
      const same = (await readFile(mark, 'utf8').catch(() => '')) === fingerprint;
      if (pid === undefined || !same) {
        if (pid !== undefined) await end(context, pid);
        await launch(context, layout, machine, one);
        await writeFile(mark, fingerprint, { mode: 0o600 });
        started.push(one.name);
      }
      await untilReady(context, layout, network, machine, one);
    };
    const promise = begin();
    promise.catch(() => {}); // told by the Promise.all below
    ready.set(one.name, promise);
  }
  await Promise.all(ready.values());
  return started;
}

/** Programs, arguments, configuration and certificates: whatever a program reads only when it starts. */
async function fingerprintOf(layout: Layout, one: NodeProcess, key: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([one, key]));
  const paths = one.args
    .flatMap((arg) => [arg.slice(arg.indexOf('=') + 1)])
    .filter((path) => path.startsWith(layout.root));
  for (const path of paths) {
    if (path === layout.etcd || path === layout.kubelet) continue;
    hash.update(await readFile(path).catch(() => ''));
  }
  return hash.digest('hex');
}

async function launch(context: Context, layout: Layout, machine: Machine, one: NodeProcess): Promise<void> {
  const log = join(layout.log, `${one.name}.log`);
  const outcome = await context.processes.run({
    program: 'nsenter',
    args: [
      ...inside(machine),
      'setsid',
      '--fork',
      'sh',
      '-c',
      'umask 022; exec "$0" "$@" </dev/null >>"$PTP_LOG" 2>&1',
      one.program,
      ...one.args,
    ],
    env: { ...one.env, PTP_LOG: log, HOME: '/root' },
    cwd: '/',
  });
  if (outcome.code === 0) return;
  throw new StepFailed({
    what: `${one.name} could not be started`,
    details: outcome.stderr.trim().split('\n'),
  });
}

async function end(context: Context, pid: number): Promise<void> {
  const gone = () =>
    readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => text === '',
      () => true,
    );
  try {
    process.kill(pid, 'SIGTERM');
    for (let tries = 0; tries < 200 && !(await gone()); tries++) await context.clock.sleep(25);
    if (!(await gone())) process.kill(pid, 'SIGKILL');
    for (let tries = 0; tries < 200 && !(await gone()); tries++) await context.clock.sleep(25);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function untilReady(
  context: Context,
  layout: Layout,
  network: Network,
  machine: Machine,
  one: NodeProcess,
): Promise<void> {
  const deadline = context.clock.monotonic() + 120_000;
  let answer: Answer = { ready: false, text: 'not asked' };
  for (;;) {
    answer = await probe(layout, network, one.name);
    if (answer.ready) return;
    context.signal.throwIfAborted();
    const alive = (await processesInside(machine)).has(one.program);
    const late = context.clock.monotonic() > deadline;
    if (!alive || late) break;
    await context.clock.sleep(50, context.signal);
  }
  // The program may have ended between two looks, or never have begun.
  await context.clock.sleep(200, context.signal);
  if ((await probe(layout, network, one.name)).ready) return;
  throw new StepFailed({
    what: `${one.name} of the local cluster does not answer: ${answer.text}`,
    next: `Its log is ${join(layout.log, `${one.name}.log`)}; \`ptp doctor\` checks the machine.`,
    details: (await readFile(join(layout.log, `${one.name}.log`), 'utf8').catch(() => ''))
      .trim()
      .split('\n')
      .slice(-10),
  });
}

/** Ends a machine and starts over, for what cannot be mended in place. */
export async function restartMachine(context: Context, machine: Machine): Promise<void> {
  await stopMachine(context, machine);
}

function answers(
  to: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(to);
    const done = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1000, () => done(false));
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether the container runtime takes connections. */
export function runtimeAnswers(layout: Layout): Promise<boolean> {
  return answers({ path: containerdSocket(layout) });
}
