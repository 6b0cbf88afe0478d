/** Where things are in the container. */
export const paths = {
  /** The volume. */
  volume: '/var/lib/postgresql/data',
  /** The cluster's files, in a folder of the volume: a volume's root can hold a `lost+found`. */
  data: '/var/lib/postgresql/data/pgdata',
  sockets: '/run/postgresql',
  configuration: '/etc/ptp',
  credentials: '/etc/ptp-credentials',
} as const;

/** The server's settings, memory sized from what the container may use (MiB). */
export function postgresqlConf(memory: number): string {
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: "'*'",
    port: 5432,
    unix_socket_directories: `'${paths.sockets}'`,
    hba_file: `'${paths.configuration}/pg_hba.conf'`,
    password_encryption: "'scram-sha-256'",
    max_connections: 100,
    shared_buffers: `${Math.max(32, Math.floor(memory / 4))}MB`,
    effective_cache_size: `${Math.max(64, Math.floor((memory * 5) / 8))}MB`,
    work_mem: '4MB',
    maintenance_work_mem: `${Math.max(16, Math.floor(memory / 16))}MB`,
    max_wal_size: "'256MB'",
    min_wal_size: "'64MB'",
    wal_compression: "'lz4'",
    checkpoint_completion_target: 0.9,
    jit: 'off',
    idle_in_transaction_session_timeout: "'60s'",
    tcp_keepalives_idle: 60,
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    log_destination: "'stderr'",
    logging_collector: 'off',
    log_line_prefix: "'%m [%p] %u@%d '",
    log_checkpoints: 'off',
    log_lock_waits: 'on',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

/** Who may come in: the server's own user through the socket, everyone else over TCP with a password, SCRAM only. */
export const pgHbaConf = `# type  database  user      address  method
local   all       postgres           peer
host    all       postgres  all      reject
host    all       all       all      scram-sha-256
`;

/**
 * Makes the data folder where there is none, and sets the roles' passwords. The folder is made beside its place and
 * then moved there, so that an init that was cut short starts afresh. Single-user mode never opens a port.
 */
export function initScript(programs: string): string {
  return `set -eu
data=${paths.data}
single() {
  ${programs}/postgres --single -j -D "$1" -c config_file=${paths.configuration}/postgresql.conf \\
    -c exit_on_error=true -c log_min_messages=warning postgres < "$2" > /dev/null
}
if [ ! -s "$data/PG_VERSION" ]; then
  rm -rf "$data.new"
  ${programs}/initdb --pgdata="$data.new" --username=postgres --pwfile=${paths.credentials}/superuser-password \\
    --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --data-checksums \\
    --auth-local=peer --auth-host=scram-sha-256 --no-instructions
  single "$data.new" ${paths.credentials}/create.sql
  mv "$data.new" "$data"
fi
single "$data" ${paths.credentials}/roles.sql
`;
}
