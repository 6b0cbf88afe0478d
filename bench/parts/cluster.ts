import { join } from 'node:path';
import { startLoad } from '../../test/support/load.ts';
import { System } from '../../test/support/system.ts';
import { type Row, single, spread, spreadOf, type Timed } from '../figures.ts';
import { time } from '../timing.ts';
import { ptp, root, type Workplace } from '../workplace.ts';
import { measureChange } from './change.ts';
import { measureIdle } from './idle.ts';
import { profileNoOp } from './no-op.ts';
import { measureStart, type Start } from './start.ts';

const instance = 'ptp-bench';
const ports = { http: 48_080, https: 48_443 };

export const notes = [
  'A local cluster of its own. Programs are compiled and images built before; each start is after `ptp down --data`, so ' +
    'etcd, volumes, certificates, database and registry begin empty. The small system is `bench/apps/go`, one component ' +
    'with two copies; the reference system has three with two copies each, PostgreSQL and a migration. Both are served ' +
    'over TLS, and `up` returns only when it has proved that they are.',
  'The published figures are of minikube’s own benchmark (a cluster with one application) and of tilt’s example, on ' +
    'other machines; they are cited, not measured.',
  'Memory is the proportional set size of every process in the cluster’s cgroup, processor time what the cgroup used in ' +
    'a minute. While a word of the page is changed, 40 requests a second go through the public door.',
];

/** A local cluster: from nothing to served, a change, no change, and what it needs when nothing happens. */
export async function measureCluster(place: Workplace): Promise<readonly Row[]> {
  return [...(await measureSmall(place)), ...(await measureReference(place))];
}

async function measureSmall(place: Workplace): Promise<readonly Row[]> {
  const system = new System({ instance, ports });
  const end = place.atEnd(() => system.remove());
  try {
    const starts = await measureStarts(place, system, {
      name: 'the small system',
      options: ['--file', join(system.place.folder, 'bench/apps/go/ptp.yaml')],
      domain: 'bench.localhost',
      paths: ['/'],
    });
    return [
      {
        id: 'cluster/small-answers',
        what: 'small system: from no cluster until it and DNS answer',
        unit: 's',
        ours: spread(starts.map(({ answers }) => answers)),
        peers: published({ 'k3d 5.8.3': 19.9, 'kind 0.29': 33, 'minikube 1.36': 50.8 }),
      },
      {
        id: 'cluster/small-returns',
        what: 'small system: from no cluster until the command returns',
        unit: 's',
        ours: spread(starts.map(({ returns }) => returns)),
        peers: published({ 'k3d 5.8.3': 12.6, 'kind 0.29': 14.2, 'minikube 1.36': 21.1 }),
      },
    ];
  } finally {
    place.say('cluster: taken away');
    await end();
  }
}

async function measureReference(place: Workplace): Promise<readonly Row[]> {
  const { runs, say } = place;
  const system = new System({ instance, ports });
  const end = place.atEnd(() => system.remove());
  try {
    const starts = await measureStarts(place, system, {
      name: 'the reference system',
      options: [],
      domain: 'hello.localhost',
      paths: ['/', '/api/'],
    });
    const noOps: Timed[] = [];
    for (let run = 1; run <= runs + 2 && (run <= 2 || !place.enough()); run += 1) {
      say(`cluster: up with nothing changed, ${run} of ${runs + 2}`);
      noOps.push(await time({ ...system.place, lines: `${ptp} up` }));
    }
    const plans: Timed[] = [];
    for (let run = 1; run <= runs + 2 && (run <= 2 || !place.enough()); run += 1) {
      say(`cluster: plan with nothing to do, ${run} of ${runs + 2}`);
      plans.push(await time({ ...system.place, lines: `${ptp} plan` }));
    }
    const backs: number[] = [];
    const load = startLoad({ door: await system.door(), rate: 40, rows: system.rows });
    const changes: number[] = [];
    for (let run = 1; run <= Math.min(runs, 3) && (run === 1 || !place.enough()); run += 1) {
      say(`cluster: a changed word, ${run}`);
      changes.push(await measureChange(system));
    }
    const { requests, failures } = await load.stop();
    for (let run = 1; run <= 2; run += 1) {
      say(`cluster: rollback, ${run} of 2`);
      backs.push((await system.must('rollback', '--no-wait')).seconds);
    }
    await system.must('up');
    say('cluster: profile of up with nothing changed');
    await profileNoOp(system.place, join(root, 'bench/no-op.md'));
    const idle = await measureIdle(instance, say);
    return [
      {
        id: 'cluster/served',
        what: 'reference system: from no cluster to a served page',
        unit: 's',
        ours: spread(starts.map(({ served }) => served)),
        peers: [],
      },
      {
        id: 'cluster/answers',
        what: 'reference system: from no cluster until page, rows and DNS answer',
        unit: 's',
        ours: spread(starts.map(({ answers }) => answers)),
        peers: [],
      },
      {
        id: 'cluster/returns',
        what: 'reference system: from no cluster until the command returns',
        unit: 's',
        ours: spread(starts.map(({ returns }) => returns)),
        peers: [],
      },
      {
        id: 'cluster/change',
        what: 'from a changed word of the page to the word served',
        unit: 's',
        ours: spread(changes),
        peers: published({ 'tilt, plain Dockerfile': 11.3, 'tilt, cached Dockerfile': 3.3 }),
      },
      {
        id: 'cluster/failed',
        what: `requests that failed meanwhile, of ${requests}`,
        unit: 'requests',
        ours: single(failures.length),
        peers: [],
      },
      {
        id: 'cluster/rollback',
        what: '`rollback`, from the command until it serves',
        unit: 's',
        ours: spread(backs),
        peers: [],
      },
      { id: 'cluster/plan', what: '`plan` with nothing to do', unit: 's', ours: spreadOf(plans), peers: [] },
      { id: 'cluster/no-op', what: '`up` with nothing changed', unit: 's', ours: spreadOf(noOps), peers: [] },
      {
        id: 'cluster/memory',
        what: 'memory of the whole cluster with the reference system, idle',
        unit: 'MiB',
        ours: single(idle.memory),
        peers: [],
      },
      {
        id: 'cluster/idle',
        what: 'processor time of the whole, idle, of one processor',
        unit: '%',
        ours: single(idle.processor * 100),
        peers: [],
      },
    ];
  } finally {
    say('cluster: taken away');
    await end();
  }
}

interface StartsOptions {
  readonly name: string;
  /** What every command is given. */
  readonly options: readonly string[];
  readonly domain: string;
  /** What has to answer. */
  readonly paths: readonly [string, ...string[]];
}

async function measureStarts(
  { runs, say, enough }: Workplace,
  system: System,
  { name, options, domain, paths }: StartsOptions,
): Promise<readonly Start[]> {
  say(`cluster: ${name}, a first start that is not measured`);
  await system.must('up', ...options);
  const starts: Start[] = [];
  const most = Math.min(runs, 3);
  for (let run = 1; run <= most && (run === 1 || !enough()); run += 1) {
    await system.must('down', '--data', '--yes', ...options);
    say(`cluster: ${name}, start ${run} of ${most}`);
    starts.push(await measureStart(system, { options, domain, paths }));
  }
  return starts;
}

function published(peers: Readonly<Record<string, number>>): Row['peers'] {
  return Object.entries(peers).map(([name, value]) => ({ name, spread: single(value), published: true }));
}
