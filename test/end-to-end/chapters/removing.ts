import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  added,
  type HostState,
  heldNamespaces,
  hostState,
  machineInit,
  namespacesOf,
  processesOf,
} from '../../support/host.ts';
import { startPtp } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import type { Moment } from './interrupted.ts';

/** `down --data` leaves this machine as it was; and a cluster that was never finished is finished, or removed. */
export function removing(system: System): void {
  const { instance } = system;
  let before: HostState;
  beforeAll(async () => {
    await system.must('down', '--data', '--yes');
    before = hostState(instance);
    system.forget();
  });
  afterAll(async () => {
    await system.must('down', '--data', '--yes');
    system.forget();
  });

  async function leavesNothing(meanwhile = () => {}): Promise<void> {
    const namespaces = namespacesOf(instance);
    expect(namespaces.size).toBeGreaterThan(4);
    meanwhile();
    expect((await system.must('down', '--data', '--yes')).stdout).toMatch(
      /^Removed the local cluster .* with all its data/m,
    );
    expect(processesOf(instance)).toEqual([]);
    expect(heldNamespaces(namespaces)).toEqual([]);
    expect(added(before, hostState(instance))).toEqual({
      mounts: [],
      interfaces: [],
      firewall: [],
      routes: [],
      cgroups: [],
      files: [],
      settings: [],
    });
    system.forget();
  }

  test('where nothing is, it says so', async () => {
    expect((await system.must('down')).stdout).toBe('Nothing was there to take away.\n');
    expect((await system.must('down', '--data', '--yes')).stdout).toBe('Nothing was there to take away.\n');
  });

  const moments: readonly Moment[] = [
    ['the node starts', ({ kind, step }) => kind === 'step-started' && step === 'cluster'],
    ['images are published', ({ kind }) => kind === 'image-published'],
    ['the first part is installed', ({ kind, step }) => kind === 'object-applied' && step === 'cluster'],
    ['the database starts', ({ kind, step }) => kind === 'object-applied' && step === 'services'],
    [
      'the backend migrates',
      ({ kind, object }) => kind === 'object-applied' && /\/job\//.test(String(object)),
    ],
    [
      'the components start',
      ({ kind, object }) => kind === 'object-applied' && /\/deployment\/frontend/.test(String(object)),
    ],
  ];

  test('a first `up` that is killed again and again gets there', async () => {
    for (const [, such] of moments) {
      const run = startPtp(system.place, ['up', '--json']);
      await run.saw(such);
      run.child.kill('SIGKILL');
      await run.ended;
    }
    await system.must('up');
    await system.mustBeWell();
    const door = await system.door();
    await system.rows.make(door);
    expect(await system.rows.lost(door)).toEqual([]);
  });

  test('nothing of a system that runs stays', async () => {
    await system.must('up');
    await leavesNothing();
  });

  test('nothing of a cluster that is half dead stays', async () => {
    const run = startPtp(system.place, ['up', '--json']);
    await run.saw(({ kind, step }) => kind === 'object-applied' && step === 'services');
    run.child.kill('SIGKILL');
    await run.ended;
    await leavesNothing(() => {
      // Not the machine's first process, nor the one that holds it: everything would end with them.
      const own = processesOf(instance).filter(({ cgroup }) => cgroup.includes(`/ptp-${instance}`));
      const others = own.filter(({ pid }) => pid !== machineInit(instance));
      for (const { pid } of others.filter((_, index) => index % 2 === 0)) killIfThere(pid);
    });
  });
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
