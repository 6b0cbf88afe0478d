import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { type Answer, probe } from './health.ts';
import { type Layout, layoutOfNode } from './layout.ts';
import { inside, type Machine, processesInside } from './machine.ts';
import { type ClusterNode, type Network, type NodeProcess, nodeProcesses } from './plan.ts';
import type { Obtained } from './source/obtain.ts';

/** A node, and the machine that its programs run in. */
export interface Place {
  readonly layout: Layout;
  readonly network: Network;
  readonly node: ClusterNode;
  readonly machine: Machine;
}

/** What else is to happen, by the name of a program. */
export interface Hooks {
  /** Before it is started, when those that it needs answer. */
  readonly before?: Readonly<Record<string, () => Promise<void>>>;
  /** When it answers. */
  readonly answers?: Readonly<Record<string, () => void>>;
}

/**
 * Starts the node's programs that do not run, and anew those whose program, arguments, configuration or certificates
 * have changed; returns when all answer, with the names of those that were started. `count`: how many nodes there are.
 */
export async function startPrograms(
  context: Context,
  place: Place,
  count: number,
  obtained: readonly Obtained[],
  hooks: Hooks = {},
): Promise<readonly string[]> {
  const { layout, network, node, machine } = place;
  const { run } = layoutOfNode(layout, node.name);
  const keys = new Map(obtained.map((one) => [one.component.name, one.key]));
  const processes = nodeProcesses(layout, network, node, count);
  const [running, tables] = await Promise.all([processesInside(machine), firewallTables(context, machine)]);
  const started: string[] = [];
  const ready = new Map<string, Promise<void>>();
  for (const one of processes) {
    const begin = async () => {
      let began: number | undefined;
      await Promise.all(one.after.map((name) => ready.get(name)));
      const fingerprint = await fingerprintOf(layout, one, keys.get(one.component) ?? '');
      const mark = join(run, `${one.name}.key`);
      const pid = running.get(one.program);
      const same = (await readFile(mark, 'utf8').catch(() => '')) === fingerprint;
      // Nobody but its program puts back what somebody has deleted, and that only when it starts.
      const whole = one.table === undefined || tables.has(one.table);
      const fine =
        pid !== undefined && same && whole && (await lastAnswer(context, place, one, patience)).ready;
      if (!fine) {
        if (pid !== undefined) await end(context, pid);
        await hooks.before?.[one.name]?.();
        began = context.clock.monotonic();
        await launch(context, place, one);
        await writeFile(mark, fingerprint, { mode: 0o600 });
        started.push(one.name);
      }
      if (!fine) await untilReady(context, place, one);
      if (began !== undefined) {
        const seconds = (context.clock.monotonic() - began) / 1000;
        const task = `start ${one.name}${node.index === 1 ? '' : ` on ${node.name}`}`;
        context.emit({ kind: 'task-done', step: 'cluster', task, text: 'answers', seconds });
      }
      hooks.answers?.[one.name]?.();
    };
    const promise = begin();
    promise.catch(() => {}); // told by the Promise.all below
    ready.set(one.name, promise);
  }
  await Promise.all(ready.values());
  return started;
}

/** The firewall tables in the machine, each as `family name`. */
async function firewallTables(context: Context, machine: Machine): Promise<ReadonlySet<string>> {
  const args = [...inside(machine), 'nft', 'list', 'tables'];
  const { stdout } = await context.processes.run({ program: 'nsenter', args });
  return new Set(stdout.split('\n').map((line) => line.replace(/^table /, '')));
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

async function launch(context: Context, place: Place, one: NodeProcess): Promise<void> {
  const log = logOf(place, one);
  const outcome = await context.processes.run({
    program: 'nsenter',
    args: [
      ...inside(place.machine),
      'setsid',
      '--fork',
      'sh',
      '-c',
      'umask 022; exec "$0" "$@" </dev/null >>"$PTP_LOG" 2>&1',
      one.program,
      ...one.args,
    ],
    // Go's garbage collector twice as often as usual: a fifth less memory, and no measurable time, at this size.
    env: { GOGC: '50', ...one.env, PTP_LOG: log, HOME: '/root' },
    cwd: '/',
  });
  if (outcome.code === 0) return;
  throw new StepFailed({
    what: `${one.name} on ${place.node.name} could not be started`,
    details: outcome.stderr.trim().split('\n'),
  });
}

function logOf({ layout, node }: Place, { name }: NodeProcess): string {
  return join(layoutOfNode(layout, node.name).log, `${name}.log`);
}

async function end(context: Context, pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM');
    for (let tries = 0; tries < 200 && !(await gone(pid)); tries++) await context.clock.sleep(25);
    if (!(await gone(pid))) process.kill(pid, 'SIGKILL');
    for (let tries = 0; tries < 200 && !(await gone(pid)); tries++) await context.clock.sleep(25);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Whether all of a process has ended. One that is ending loses its command line first, and closes what it listens on
 * when the last of its threads ends (proc(5), `/proc/pid/task`, `/proc/pid/stat`).
 */
async function gone(pid: number): Promise<boolean> {
  try {
    const [stat, threads] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readdir(`/proc/${pid}/task`),
    ]);
    // The program's name is in brackets, and may have brackets itself.
    return /\) [ZX] [^)]*$/.test(stat) && threads.length <= 1;
  } catch {
    return true;
  }
}

/** Milliseconds that a program has to answer when it runs already; one that hangs is started again then. */
const patience = 30_000;

/** The same when it has just been started. */
const startingPatience = 120_000;

/** Milliseconds that a program has to begin. */
const beginning = 10_000;

async function untilReady(context: Context, place: Place, one: NodeProcess): Promise<void> {
  for (let again = 0; ; again++) {
    const { text, ready } = await lastAnswer(context, place, one, startingPatience);
    if (ready) return;
    const log = await readFile(logOf(place, one), 'utf8').catch(() => '');
    const details = log.trim().split('\n').slice(-10);
    // Whatever was killed before may hold its ports until the last of its threads has ended.
    const held = /address already in use/.test(details.join('\n'));
    if (again < 3 && held && !(await processesInside(place.machine)).has(one.program)) {
      await context.clock.sleep(500, context.signal);
      await launch(context, place, one);
      continue;
    }
    throw new StepFailed({
      what: `${one.name} on ${place.node.name} of the local cluster does not answer: ${text}`,
      next: nextFor(place, one, details.join('\n')),
      details,
    });
  }
}

/** What to do about a program that does not come up, by the last lines of its log. */
function nextFor(place: Place, one: NodeProcess, log: string): string {
  const { root } = place.layout;
  if (/no space left on device/.test(log))
    return `The disk is full: make room for ${root} (\`df -h\` shows its disk), then run the same command again.`;
  if (/certificate .*(is not yet valid|has expired)/.test(log))
    return "Look at this machine's clock: when it is right, run the same command again, and certificates are made for it.";
  if (/too many open files/.test(log))
    return 'Too many clusters or other watchers run on this machine: `sysctl -w fs.inotify.max_user_instances=1024` lets more in.';
  const damaged =
    ' If its data is damaged for good, `ptp down --data` deletes all of it, and `ptp up` begins anew.';
  return `Its log is ${logOf(place, one)}; \`ptp doctor\` checks the machine.${one.name === 'etcd' ? damaged : ''}`;
}

/** What it says when it is ready, or says last: it may end, or never be. */
async function lastAnswer(
  context: Context,
  place: Place,
  one: NodeProcess,
  milliseconds: number,
): Promise<Answer> {
  const { layout, network, node, machine } = place;
  const began = context.clock.monotonic();
  let seen = false;
  for (;;) {
    const answer = await probe(layout, network, one.name, node);
    if (answer.ready) return answer;
    context.signal.throwIfAborted();
    const alive = (await processesInside(machine)).has(one.program);
    seen ||= alive;
    const waited = context.clock.monotonic() - began;
    // One that was seen and is gone has ended; one that was never seen may be about to begin, on a busy machine.
    if (waited > (alive ? milliseconds : seen ? 0 : beginning)) break;
    await context.clock.sleep(50, context.signal);
  }
  // The program may have ended between two looks.
  await context.clock.sleep(200, context.signal);
  return probe(layout, network, one.name, node);
}
