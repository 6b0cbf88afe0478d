import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withEdit } from '../test/support/edit.ts';
import { startLoad } from '../test/support/load.ts';
import { jsonResult } from '../test/support/ptp.ts';
import { System } from '../test/support/system.ts';
import { until } from '../test/support/until.ts';
import { type Row, summed } from './row.ts';

const group = 'Local cluster and rollouts';
const instance = 'ptp-bench';
const ports = { http: 48_080, https: 48_443 };

/** How much is measured. */
export interface ClusterOptions {
  readonly starts: number;
  readonly changes: number;
  readonly noOps: number;
  /** Seconds of doing nothing. */
  readonly idle: number;
  readonly say: (text: string) => void;
}

/**
 * Measures the local cluster with an instance of its own: from the command to served, with every program there;
 * a change to served, under a load; an `up` with nothing to do; memory and processor time of the whole when idle.
 */
export async function measureCluster({
  starts,
  changes,
  noOps,
  idle,
  say,
}: ClusterOptions): Promise<readonly Row[]> {
  return [
    ...(await measureSmall(starts, say)),
    ...(await measureReference({ starts, changes, noOps, idle, say })),
  ];
}

/** One component without a database: what the published figures of other local clusters are about. */
async function measureSmall(starts: number, say: (text: string) => void): Promise<readonly Row[]> {
  const system = new System({ instance, ports });
  const file = ['--file', join(system.place.folder, 'bench/apps/go/ptp.yaml')];
  try {
    say('one component on a new cluster, once to have everything there');
    await system.must('up', ...file);
    const seconds: number[] = [];
    for (let run = 1; run <= starts; run++) {
      await system.must('down', '--data', '--yes', ...file);
      say(`one component on a new cluster (${run} of ${starts})`);
      seconds.push((await system.must('up', ...file)).seconds);
    }
    const name = 'no cluster → one component served over TLS, names resolve';
    const peer = { name: 'k3d 5.8.3 (kind 33.0 s, minikube 50.8 s)', value: 19.9, here: false };
    return [{ group, name, unit: 's', ...summed(seconds), peer, asked: 15 }];
  } finally {
    await system.remove();
  }
}

async function measureReference(options: ClusterOptions): Promise<readonly Row[]> {
  const { starts, changes, noOps, idle, say } = options;
  const system = new System({ instance, ports });
  try {
    say('the reference system, once to have everything there');
    await system.must('up');
    const fresh: number[] = [];
    for (let run = 1; run <= starts; run++) {
      await system.must('down', '--data', '--yes');
      say(`the reference system on a new cluster (${run} of ${starts})`);
      fresh.push((await system.must('up')).seconds);
    }
    const unchanged: number[] = [];
    for (let run = 1; run <= noOps; run++) {
      say(`nothing to do (${run} of ${noOps})`);
      unchanged.push((await system.must('up')).seconds);
    }
    const changed = await measureChanges(system, changes, say);
    say(`idle for ${idle} s`);
    const quiet = await measureIdle(idle);
    return [
      {
        group,
        name: 'no cluster → the reference system served (PostgreSQL, migration, 6 pods, TLS)',
        unit: 's',
        ...summed(fresh),
      },
      { group, name: 'no-op `up`', unit: 's', ...summed(unchanged), asked: 0.8 },
      {
        group,
        name: 'one word changed → served by every pod (build, image, rollout)',
        unit: 's',
        ...summed(changed.seconds),
        peer: { name: 'Tilt, cached Dockerfile (3.3–4.1 s; naive 11–14 s)', value: 3.3, here: false },
        asked: 4,
      },
      {
        group,
        name: `failed requests of ${changed.requests} meanwhile, 40 a second`,
        unit: 'requests',
        value: changed.failed,
        asked: 0,
      },
      {
        group,
        name: 'resident memory of the whole cluster with the reference system (PSS)',
        unit: 'MiB',
        value: quiet.memory,
      },
      {
        group,
        name: 'processor time of the whole when idle, of one core',
        unit: '%',
        value: quiet.processor,
      },
    ];
  } finally {
    await system.remove();
  }
}

async function measureChanges(system: System, count: number, say: (text: string) => void) {
  const page = join(system.place.folder, 'system/frontend/src/app.tsx');
  const words = 'Each click makes one, gives it an id, and keeps it.';
  const door = await system.door();
  const load = startLoad({ door, rate: 40, rows: system.rows });
  const seconds: number[] = [];
  const serves = async (text: string) => {
    const { body } = await door.send('GET', '/');
    const script = /src="([^"]+\.js)"/.exec(body)?.[1];
    return script !== undefined && (await door.send('GET', script)).body.includes(text);
  };
  for (let run = 1; run <= count; run++) {
    say(`one word changed (${run} of ${count})`);
    const changed = words.replace('click', `push ${run}`);
    await withEdit(page, [words, changed], async () => {
      const began = performance.now();
      const up = await system.must('up', '--json');
      if (String(jsonResult(up).rolled) !== 'frontend') throw new Error('the frontend was not rolled out');
      // The last of several connections may still lead to a pod that goes.
      for (let good = 0; good < 5; ) good = (await serves(changed)) ? good + 1 : 0;
      seconds.push((performance.now() - began) / 1000);
    });
    await until(
      'old pods are gone',
      async () => (await system.podsOf('frontend')).length,
      (pods) => pods === 2,
    );
  }
  const { requests, failures } = await load.stop();
  const lost = await system.rows.lost(door);
  if (lost.length > 0) throw new Error(`${lost.length} acknowledged rows are gone`);
  return { seconds, requests, failed: failures.length };
}

/** Proportional memory (MiB) and processor time (percent of one core) of all processes of the instance. */
async function measureIdle(
  seconds: number,
): Promise<{ readonly memory: number; readonly processor: number }> {
  const sum = () => {
    let memory = 0;
    let ticks = 0;
    for (const pid of processesOf(instance)) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        // utime, stime, and those of the children that have ended (proc(5)).
        for (const index of [11, 12, 13, 14]) ticks += Number(fields[index]);
        memory += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
      } catch {
        // It has just ended.
      }
    }
    return { memory: memory / 1024, ticks };
  };
  await pause(10); // what a rollout leaves to do
  const before = sum();
  await pause(seconds);
  const after = sum();
  return { memory: after.memory, processor: (after.ticks - before.ticks) / seconds };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function processesOf(name: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`/ptp-${name}`);
    } catch {
      return false;
    }
  });
}
