import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a run of wrk saw. */
export interface Load {
  /** Answers that came, all of them 2xx: a run with any other is an error. */
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds within which half of the answers, and 99 of 100, were there. */
  readonly p50: number;
  readonly p99: number;
}

/** The load generator, installed. */
export interface Wrk {
  /**
   * Asks for one address over and over.
   * @throws when a connection broke or an answer was no 2xx
   */
  load(what: {
    readonly url: string;
    readonly method: 'GET' | 'POST';
    readonly connections: number;
    readonly seconds: number;
  }): Promise<Load>;
}

/** Takes wrk from PATH, or its Debian packages into a folder of the cache. Nothing on the machine changes. */
export async function installWrk(
  cache = join(process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'), 'bench'),
) {
  const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'wrk')));
  const root = join(cache, 'wrk');
  if (!onPath && !existsSync(root)) await unpack(cache, root);
  const program = onPath ? 'wrk' : join(root, 'usr/bin/wrk');
  const env = onPath ? process.env : { LD_LIBRARY_PATH: join(root, 'usr/lib/x86_64-linux-gnu') };
  const wrk: Wrk = {
    async load({ url, method, connections, seconds }) {
      const folder = await mkdtemp(join(cache, 'run-'));
      try {
        const script = join(folder, 'report.lua');
        await writeFile(script, report(method));
        const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url];
        const { stdout } = await run(program, args, { env });
        return parse(stdout, `${method} ${url}`);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
  await mkdir(cache, { recursive: true });
  return wrk;
}

async function unpack(cache: string, root: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'fetch-'));
  try {
    const packages = ['wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'];
    // Without the sandbox of apt's own user, who may not write here.
    await run('apt-get', ['-qq', '-o', 'APT::Sandbox::User=root', 'download', ...packages], { cwd: scratch });
    const files = await readdir(scratch);
    for (const file of files) await run('dpkg-deb', ['-x', join(scratch, file), join(scratch, 'root')]);
    await rename(join(scratch, 'root'), root);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** wrk tells its results to a script; its own text rounds them. */
function report(method: string): string {
  return `wrk.method = "${method}"
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"us":%d,"p50":%d,"p99":%d,"broken":%d,"refused":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout, e.status))
end
`;
}

function parse(output: string, what: string): Load {
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const seen: { requests: number; us: number; p50: number; p99: number; broken: number; refused: number } =
    JSON.parse(last);
  if (seen.requests === 0 || seen.broken > 0 || seen.refused > 0) throw new Error(`${what}: ${last}`);
  return { requests: seen.requests, seconds: seen.us / 1e6, p50: seen.p50 / 1000, p99: seen.p99 / 1000 };
}
