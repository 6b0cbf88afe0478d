import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import type { DatabaseSource } from '../../src/settings.ts';

/** A PostgreSQL inside this process that is reached over a socket. All connections share one session. */
export interface EmbeddedDatabase {
  readonly source: DatabaseSource;
  /** Runs statements directly. */
  readonly db: PGlite;
  /** Closes all connections and the port; the data stays. */
  stop(): Promise<void>;
  /** Opens the same port again. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an empty database on a free port. */
export async function startEmbedded(): Promise<EmbeddedDatabase> {
  const db = await PGlite.create();
  let { server, port } = await serve(db, 0);
  return {
    source: {
      kind: 'environment',
      env: { PGHOST: '127.0.0.1', PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'postgres' },
    },
    db,
    stop: () => server.stop(),
    start: async () => {
      ({ server, port } = await serve(db, port));
    },
    close: async () => {
      await server.stop();
      await db.close();
    },
  };
}

async function serve(db: PGlite, wanted: number): Promise<{ server: PGLiteSocketServer; port: number }> {
  const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: wanted, maxConnections: 20 });
  const port = new Promise<number>((resolve) => {
    server.addEventListener('listening', (event) => {
      resolve((event as CustomEvent<{ port: number }>).detail.port);
    });
  });
  await server.start();
  return { server, port: await port };
}
