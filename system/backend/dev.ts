import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

// Runs the backend with a PostgreSQL inside this very process: nothing to install or start.
// The data stays in .dev/; delete the folder to begin anew.
const folder = fileURLToPath(new URL('.dev/database', import.meta.url));
await mkdir(folder, { recursive: true });
const db = await PGlite.create(folder);
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 8 });
const address = new Promise<{ port: number }>((resolve) => {
  server.addEventListener('listening', (event) => resolve((event as CustomEvent<{ port: number }>).detail));
});
await server.start();
const { port } = await address;
process.on('SIGTERM', () => server.stop().then(() => db.close()));
Object.assign(process.env, {
  PGHOST: '127.0.0.1',
  PGPORT: String(port),
  PGDATABASE: 'postgres',
  PGUSER: 'postgres',
  // All connections share PGlite's only session, where a prepared statement's name can be taken once.
  DB_PREPARE: 'false',
  MIGRATE_ON_START: 'true',
  DRAIN_SECONDS: '0',
});
await import('./src/main.ts');
