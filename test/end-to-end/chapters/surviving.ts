import { beforeAll, expect, test } from 'vitest';
import type { Door } from '../../support/door.ts';
import { machineInit, nodeProgram, processesOf, processesOfPod } from '../../support/host.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

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
    await system.must('status');
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

function gone(of: string): boolean {
  try {
    machineInit(of);
    return false;
  } catch {
    return true;
  }
}
