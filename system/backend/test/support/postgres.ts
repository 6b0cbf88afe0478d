import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { DatabaseSource } from '../../src/settings.ts';

const run = promisify(execFile);

/** A real PostgreSQL server of this machine's installation, in a temporary folder. */
export interface Postgres {
  readonly port: number;
  /** The process that the others are children of. */
  readonly pid: number | undefined;
  /** A temporary folder, removed by `close`. */
  readonly folder: string;
  readonly source: DatabaseSource;
  /** The superuser's login. */
  readonly login: { host: string; port: number; database: string; user: string; password: string };
  /** A connected client of the superuser, closed by `close`. */
  client(): Promise<pg.Client>;
  /** Runs one of PostgreSQL's programs against the server and returns its output. */
  program(name: string, ...args: readonly string[]): Promise<string>;
  /** `fast` ends sessions in order, `immediate` is a crash. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

const password = 'a-password-that-nobody-may-see';

/** Settings of postgresql.conf beside those that say where the server is. */
export type Settings = Readonly<Record<string, string>>;

/**
 * Starts a server.
 * @param settings by default those of a server that may lose everything
 * @throws Error when PostgreSQL isn't installed: tests that need it must not pass by being skipped
 */
export async function startPostgres(settings: Settings = { fsync: 'off' }): Promise<Postgres> {
  const bin = binaries();
  const user = account();
  const folder = await mkdtemp(join(tmpdir(), 'backend-postgres-'));
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password);
  if (user !== undefined) {
    chownSync(folder, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder, env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } };
  const initdb = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-N'];
  await run(join(bin, 'initdb'), initdb, options);
  const port = await freePort();
  const login = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password };
  const clients: pg.Client[] = [];
  let server: ChildProcess | undefined;

  async function client(): Promise<pg.Client> {
    const opened = new pg.Client(login);
    // The server is stopped under it in some tests.
    opened.on('error', () => {});
    await opened.connect();
    clients.push(opened);
    return opened;
  }

  async function start(): Promise<void> {
    const place = { listen_addresses: '127.0.0.1', port: `${port}`, unix_socket_directories: folder };
    const given = Object.entries({ ...settings, ...place }).map(([name, value]) => `${name}=${value}`);
    const args = ['-D', data, ...given.flatMap((setting) => ['-c', setting])];
    const child = spawn(join(bin, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('database system is ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`postgres ended: ${log}`)));
    child.once('error', reject);
    await ready;
    server = child;
  }

  async function stop(mode: 'fast' | 'immediate'): Promise<void> {
    if (server === undefined) return;
    const exit = once(server, 'exit');
    server.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exit;
    server = undefined;
  }

  await start();
  const env = { PGHOST: login.host, PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'postgres' };
  return {
    port,
    get pid() {
      return server?.pid;
    },
    folder,
    source: { kind: 'environment', env: { ...env, PGPASSWORD: password } },
    login,
    client,
    program: async (name, ...args) => {
      const full = { env: { ...env, PGPASSWORD: password }, maxBuffer: 1e8 };
      return (await run(join(bin, name), args, full)).stdout;
    },
    stop,
    start,
    close: async () => {
      await Promise.all(clients.map((opened) => opened.end().catch(() => {})));
      await stop('immediate');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The newest installation. */
function binaries(): string {
  const root = '/usr/lib/postgresql';
  let versions: string[] = [];
  try {
    versions = readdirSync(root).toSorted((a, b) => Number(b) - Number(a));
  } catch {
    // Told below.
  }
  for (const version of versions) {
    const bin = join(root, version, 'bin');
    if (readdirSync(bin).includes('initdb')) return bin;
  }
  throw new Error(`this test needs a real PostgreSQL: apt-get install postgresql (none below ${root})`);
}

/** PostgreSQL refuses to run as root; undefined: this process's user will do. */
function account(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('this test needs a user that is not root: postgres or nobody');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
