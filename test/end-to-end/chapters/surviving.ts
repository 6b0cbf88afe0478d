import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { Door } from '../../support/door.ts';
import { machineInit, nodeProgram, processesOf, processesOfPod } from '../../support/host.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

/** What is said, and rightly so, of a database that was killed three times within minutes. */
export const ofKilling = 'ComponentCrashLooping';

/** Whatever is killed: after another `up` the system serves, and each row that was acknowledged is there. */
export function surviving(system: System): void {
  const { instance } = system;
  let door: Door;
  beforeAll(async () => {
    await system.must('up');
    door = await system.door();
    await system.rows.make(door);
  });

  /** What each test ends with. */
  async function serves(): Promise<void> {
    await system.must('up');
    await system.mustBeWellBut(ofKilling);
    await system.rows.make(door);
    expect(await system.rows.lost(door)).toEqual([]);
  }

  test('the process of a gateway', async () => {
    const [pod] = await system.podsOf('gateway');
    await system.rows.whileWriting(door, async () => {
      kill(programOf(instance, pod.uid, 'node'));
      await until(
        'the container is started again',
        () => system.podsOf('gateway'),
        (pods) =>
          pods.some(({ uid, restarts, ready }) => uid === pod.uid && restarts > pod.restarts && ready),
      );
    });
    await serves();
  });

  test('the pod of the database', async () => {
    const [pod] = await system.podsOf('database');
    await system.rows.whileWriting(door, async () => {
      await system.deletePod(pod.name);
      await until(
        'another pod has the data',
        () => system.podsOf('database'),
        (pods) => pods.some(({ uid, ready }) => uid !== pod.uid && ready),
      );
    });
    await serves();
  });

  test('the process of PostgreSQL', async () => {
    const [pod] = await system.podsOf('database');
    await system.rows.whileWriting(door, async () => {
      kill(programOf(instance, pod.uid, 'postgres'));
      await until(
        'the container is started again',
        () => system.podsOf('database'),
        (pods) =>
          pods.some(({ uid, restarts, ready }) => uid === pod.uid && restarts > pod.restarts && ready),
      );
    });
    await serves();
  });

  test('what supervises the containers: two servers never write to one volume', async () => {
    await system.rows.whileWriting(door, async () => {
      const shims = processesOf(instance).filter(({ args }) => args[0]?.endsWith('/containerd-shim-runc-v2'));
      expect(shims.length).toBeGreaterThan(5);
      for (const { pid } of shims) kill(pid);
      await system.must('up');
    });
    await serves();
  });

  test.each(['containerd', 'etcd', 'kube-apiserver', 'kubelet', 'registry'])(
    'the node’s %s: no pod notices',
    async (name) => {
      const before = await system.pods();
      const { pid } = nodeProgram(instance, name);
      await system.rows.whileWriting(door, async () => {
        kill(pid);
        await serves();
      });
      expect(nodeProgram(instance, name).pid).not.toBe(pid);
      expect(await system.pods()).toEqual(before);
    },
  );

  test('a program whose port is not free yet is started again', async () => {
    const { pid } = nodeProgram(instance, 'registry');
    const log = `/var/lib/ptp/${instance}/log/registry.log`;
    const refusals = () => readFileSync(log, 'utf8').split('address already in use').length;
    const before = refusals();
    kill(pid);
    await until('the registry is gone', () => !existsSync(`/proc/${pid}`), Boolean);
    // As one that was killed does, until the last of its threads has ended.
    const holder = await holdPort(machineInit(instance), 5000);
    try {
      const up = system.must('up');
      await until('it is refused the port', () => refusals() > before, Boolean);
      holder.kill('SIGKILL');
      await up;
    } finally {
      holder.kill('SIGKILL');
    }
    await serves();
  });

  test('every process of the node at once', async () => {
    await system.rows.whileWriting(door, async () => {
      kill(machineInit(instance));
      await until('the machine is gone', () => gone(instance), Boolean);
    });
    expect(await system.ptp('status')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('is stopped'),
    });
    await serves();
  });

  test('down and up again', async () => {
    expect((await system.must('down')).stdout).toMatch(/^Kept /m);
    await expect(door.send('GET', '/')).rejects.toThrow(/ECONNREFUSED/);
    expect(await system.ptp('open')).toMatchObject({ code: 1, stderr: expect.stringContaining('ptp up') });
    await serves();
  });
}

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL');
}

/** The first process of a program in a pod: the one that started the others. */
function programOf(instance: string, uid: string, name: string): number {
  const found = processesOfPod(instance, uid).filter(({ args }) => args[0]?.split('/').at(-1) === name);
  const [first] = found.map(({ pid }) => pid).sort((one, other) => one - other);
  if (first === undefined) throw new Error(`no process ${name} in pod ${uid}`);
  return first;
}

/** Listens in the network of a node's machine. */
async function holdPort(init: number, port: number): Promise<ChildProcess> {
  const script = `require('node:net').createServer().listen(${port}, () => console.log('held'))`;
  const holder = spawn('nsenter', ['-t', String(init), '-n', process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return holder;
}

function gone(of: string): boolean {
  try {
    machineInit(of);
    return false;
  } catch {
    return true;
  }
}
