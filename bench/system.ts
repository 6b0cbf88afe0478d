import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Application, runProgram, startApplication } from './system/application.ts';
import { startDatabase } from './system/postgres.ts';
import { cpuSeconds, familyCpuSeconds, resident } from './system/proc.ts';
import { installWrk, type Load } from './system/wrk.ts';

/** A figure of the system's own speed. */
export interface Figure {
  readonly name: string;
  readonly unit: 's' | 'ms' | 'MiB' | '1/s';
  readonly value: number;
  /** The limit that is asked of it: the most, or for `1/s` the least; undefined where nothing is asked. */
  readonly asked: number | undefined;
  /** What the original, a JVM, needs on two cores. */
  readonly peer: number | undefined;
}

/** How much is measured. */
export interface SystemOptions {
  /** Seconds of each load, and of the warming up before all of them. */
  readonly seconds: number;
  /** Starts of each application; the median counts. */
  readonly starts: number;
  /** Told what is being done. */
  readonly say: (text: string) => void;
}

const defaults: SystemOptions = { seconds: 15, starts: 5, say: () => {} };
const connections = 32;
const rows = 100_000;
const root = join(import.meta.dirname, '..');
const gatewayFolder = join(root, 'system/gateway');
const backendFolder = join(root, 'system/backend');

/**
 * Measures gateway and backend as plain processes, with the arguments of their images, over the loopback: processor
 * time, memory, start and throughput. wrk and PostgreSQL share the machine. Ends all that it starts.
 * @throws when a request fails or a write that was answered is not there
 */
export async function measureSystem(options: Partial<SystemOptions> = {}): Promise<readonly Figure[]> {
  const { seconds, starts, say } = { ...defaults, ...options };
  await using stack = new AsyncDisposableStack();
  say('wrk and PostgreSQL');
  const wrk = await installWrk();
  const folder = await mkdtemp(join(tmpdir(), 'ptp-bench-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const database = await startDatabase();
  stack.defer(() => database.close());
  if (database.source.kind !== 'environment') throw new Error('the database has no environment');
  const bound: Record<string, string> = {};
  for (const [name, value] of Object.entries(database.source.env))
    if (value !== undefined) bound[name] = value;
  await runProgram(backendFolder, 'src/migrate.ts', bound);
  const client = await database.client();
  await client.query(
    `insert into test_data (data) select gen_random_uuid() from generate_series(1, ${rows})`,
  );
  await client.query('vacuum analyze');

  const start = async (which: 'gateway' | 'backend', env: Readonly<Record<string, string>>) => {
    const folderOf = which === 'gateway' ? gatewayFolder : backendFolder;
    const startups: number[] = [];
    for (let left = starts; ; left -= 1) {
      say(`start of the ${which}`);
      const application = await startApplication(folderOf, env, join(folder, `${which}.log`));
      startups.push(application.startup / 1000);
      if (left <= 1) {
        stack.defer(() => application.stop());
        return { application, startup: median(startups) };
      }
      await application.stop();
    }
  };
  const backend = await start('backend', bound);
  const gateway = await start('gateway', { BACKEND_URL: backend.application.url });

  const api = `${gateway.application.url}/api`;
  const load = (url: string, method: 'GET' | 'POST', length = seconds) => {
    say(`${method} ${url.slice(gateway.application.url.length)} for ${length} s`);
    return wrk.load({ url, method, connections, seconds: length });
  };
  await load(`${api}/1`, 'GET');
  const running = { gateway: gateway.application, backend: backend.application, database: database.pid ?? 0 };
  const reads = await withCpu(running, () => load(`${api}/1`, 'GET'));
  const counts = await load(`${api}/`, 'GET');
  await load(`${api}/`, 'POST', Math.ceil(seconds / 3));
  const before = await count(client);
  const writes = await withCpu(running, () => load(`${api}/`, 'POST'));
  const stored = (await count(client)) - before;
  if (stored < writes.load.requests) {
    throw new Error(`${writes.load.requests} writes were answered, ${stored} rows are there`);
  }
  const after = await withCpu(running, () => load(`${api}/1`, 'GET'));

  return [
    figure(
      'gateway: processor time of 1,000 GET /api/1',
      's',
      Math.min(reads.gateway, after.gateway),
      0.14,
      0.42,
    ),
    figure(
      'backend: processor time of 1,000 GET /api/1',
      's',
      Math.min(reads.backend, after.backend),
      0.13,
      0.39,
    ),
    figure('PostgreSQL: processor time of 1,000 GET /api/1', 's', reads.database, undefined, 0.11),
    figure('gateway: processor time of 1,000 POST /api/', 's', writes.gateway),
    figure('backend: processor time of 1,000 POST /api/', 's', writes.backend),
    figure('PostgreSQL: processor time of 1,000 POST /api/', 's', writes.database),
    ...memory('gateway', gateway.application, 404),
    ...memory('backend', backend.application, 357),
    figure('gateway: start to ready', 's', gateway.startup, 0.6, 5.5),
    figure('backend: start to ready', 's', backend.startup, 0.6, 6.3),
    ...throughput('GET /api/1', reads.load, 1910, 3, 43),
    ...throughput('POST /api/', writes.load, 1284, 2, 70),
    ...throughput('GET /api/ of 100,000 rows', counts, 342, 10, 163),
  ];
}

function figure(name: string, unit: Figure['unit'], value: number, asked?: number, peer?: number): Figure {
  return { name, unit, value, asked, peer };
}

function memory(name: string, { pid }: Application, peer: number): readonly Figure[] {
  const { now, peak, own } = resident(pid);
  return [
    figure(`${name}: resident after load`, 'MiB', now, 90, peer),
    figure(`${name}: resident at most`, 'MiB', peak, 90, peer),
    figure(`${name}: of it no program file that all share`, 'MiB', own),
  ];
}

function throughput(
  name: string,
  load: Load,
  peer: number,
  times: number,
  peerP99: number,
): readonly Figure[] {
  return [
    figure(`${name}: requests`, '1/s', load.requests / load.seconds, peer * times, peer),
    figure(`${name}: 99 of 100 within`, 'ms', load.p99, peerP99, peerP99),
  ];
}

interface Cost {
  readonly load: Load;
  /** Seconds of processor time for 1,000 requests. */
  readonly gateway: number;
  readonly backend: number;
  readonly database: number;
}

async function withCpu(
  running: { readonly gateway: Application; readonly backend: Application; readonly database: number },
  run: () => Promise<Load>,
): Promise<Cost> {
  const read = () => ({
    gateway: cpuSeconds(running.gateway.pid),
    backend: cpuSeconds(running.backend.pid),
    database: familyCpuSeconds(running.database),
  });
  const before = read();
  const load = await run();
  const now = read();
  const cost = (name: keyof typeof now) => ((now[name] - before[name]) * 1000) / load.requests;
  return { load, gateway: cost('gateway'), backend: cost('backend'), database: cost('database') };
}

async function count(client: {
  query(text: string): Promise<{ readonly rows: readonly { readonly n: string }[] }>;
}): Promise<number> {
  const { rows: found } = await client.query('select count(*) as n from test_data');
  return Number(found[0]?.n);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Whether the figure is within what is asked; undefined where nothing is. */
function reached({ unit, value, asked }: Figure): boolean | undefined {
  if (asked === undefined) return undefined;
  return unit === '1/s' ? value >= asked : value <= asked;
}

if (import.meta.main) {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  for (const each of await measureSystem({ say, seconds: Number(process.env.SECONDS_EACH ?? 15) })) {
    const { name, unit, value, asked, peer } = each;
    const mark = { true: '✔', false: '✘', undefined: ' ' }[`${reached(each)}`];
    const digits = unit === 's' ? 3 : unit === '1/s' ? 0 : 1;
    const limits = [asked, peer].map((limit) => String(limit ?? '').padStart(8));
    process.stdout.write(
      `${mark} ${name.padEnd(50)}${value.toFixed(digits).padStart(9)} ${unit.padEnd(4)}${limits.join('')}\n`,
    );
  }
}
