import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { postgresqlConf } from '../../path/src/services/postgres/configuration.ts';
import { type Postgres, startPostgres } from '../../system/backend/test/support/postgres.ts';

/** MiB that the server's container may use, as services/postgres/plan.ts has it. */
const memory = 512;

/** Where the machine of the bench has its server, which is none of the container's. */
const places = new Set(['listen_addresses', 'port', 'unix_socket_directories', 'hba_file']);

/** Starts Debian's PostgreSQL in a temporary folder with the settings that it has in the cluster: writes are kept. */
export async function startDatabase(): Promise<Postgres> {
  if (!existsSync('/usr/lib/postgresql')) install();
  return startPostgres(settingsOf(postgresqlConf(memory)));
}

function settingsOf(text: string): Readonly<Record<string, string>> {
  const lines = text.trimEnd().split('\n');
  const pairs = lines.map((line) => {
    const [name = '', value = ''] = line.split(' = ');
    return [name, value.replace(/^'(.*)'$/, '$1')] as const;
  });
  return Object.fromEntries(pairs.filter(([name]) => !places.has(name)));
}

function install(): void {
  // RUNLEVEL=1 keeps the package from starting its service.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const args = ['-qq', 'install', '--yes', '--no-install-recommends', 'postgresql'];
  const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env });
  if (status !== 0) throw new Error('apt-get could not install postgresql');
}
