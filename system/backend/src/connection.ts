import pg from 'pg';
import type { DatabaseSettings } from './settings.ts';

type Connected = ((error: Error) => void) | ((error: null, client: pg.Client) => void);

/**
 * Makes a class of clients that ask for the settings at each new connection, so that rotated credentials take
 * effect without a restart. Settings that can't be read fail the connection, never the process.
 *
 * @param settings where to connect to now; may throw
 */
export function connectionClass(
  settings: () => DatabaseSettings,
): new (
  config?: pg.ClientConfig,
) => pg.Client {
  return class Connection extends pg.Client {
    readonly #failure: unknown;

    constructor(config?: pg.ClientConfig) {
      let current: pg.ClientConfig = {};
      let failure: unknown;
      try {
        current = clientConfig(settings());
      } catch (error) {
        failure = error;
      }
      super({ ...config, ...current });
      this.#failure = failure;
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<pg.Client> | undefined {
      if (this.#failure === undefined) {
        if (callback === undefined) return super.connect();
        super.connect(callback);
        return undefined;
      }
      const error = new Error('no settings to connect with', { cause: this.#failure });
      if (callback === undefined) return Promise.reject(error);
      process.nextTick(callback, error);
      return undefined;
    }
  };
}

/** The settings in the words of `pg`. */
export function clientConfig(settings: DatabaseSettings): pg.ClientConfig {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.username,
    password: settings.password(),
    ssl: tls(settings),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'backend',
  };
}

/** `require` without an authority encrypts and trusts anybody; with one it is `verify-ca`, as in libpq. */
function tls(settings: DatabaseSettings): NonNullable<pg.ClientConfig['ssl']> {
  const { sslMode, certificateAuthority: ca } = settings;
  if (sslMode === 'disable') return false;
  return {
    rejectUnauthorized: sslMode !== 'require' || ca !== undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}
