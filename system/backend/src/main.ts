import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApp } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { openDatabase } from './database.ts';
import { createLog } from './log.ts';
import { createManagement } from './management.ts';
import { createMetrics } from './metrics.ts';
import { migrate, newestMigration } from './migrations.ts';
import { createReadinessCheck } from './readiness.ts';

/** Kubernetes gives a probe one second by default; the answer must be there before. */
const readinessTimeout = 800;
/** How often changed credentials are looked for, in milliseconds. */
const refreshEvery = 2000;

async function run(config: Config, log: Logger): Promise<void> {
  const stop = new AbortController();
  const { promise: stopped, resolve: onStop } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop.abort();
      onStop(signal);
    });
  }
  const draining = (): boolean => stop.signal.aborted;

  const { pool, database: source } = config;
  const metrics = createMetrics(() => database.use(), pool.max);
  const database = openDatabase({
    source,
    ...pool,
    measure: metrics.statement,
    notice: (message, error) => log.warn({ ...(error === undefined ? {} : { err: error }) }, message),
  });
  const readiness = createReadinessCheck({
    source,
    migration: await newestMigration(),
    timeout: readinessTimeout,
    prepare: pool.prepare,
  });
  const refresh = setInterval(() => {
    database.refresh();
    readiness.refresh();
  }, refreshEvery);
  const { check } = readiness;
  const management = createManagement({ check, draining, metrics, log });
  const { observe, began } = metrics;
  const { keepAlive, bodyLimit } = config;
  const app = createApp({ database, log, observe, began, draining, keepAlive, bodyLimit });

  management.listen(config.managementPort, config.host);
  await once(management, 'listening');
  await app.listen({ port: config.port, host: config.host, listenTextResolver: () => '' });
  log.info({ port: portOf(app.server), managementPort: portOf(management) }, 'listening');

  if (config.migrateOnStart) {
    await migrate({ source, wait: config.migrateWait, log, signal: stop.signal }).catch((error: unknown) => {
      if (!draining()) throw error;
    });
  }

  const signal = await stopped;
  log.info({ signal, drainMs: config.drain }, 'draining');
  setTimeout(() => {
    log.error('the shutdown took too long');
    process.exit(1);
  }, config.shutdown).unref();
  // Load balancers take a moment to notice; until then requests still come, and are served.
  // Someone at a keyboard need not wait.
  if (signal === 'SIGTERM') await sleep(config.drain);
  clearInterval(refresh);
  await app.close();
  await Promise.all([database.close(), readiness.close()]);
  management.close();
  management.closeAllConnections();
  log.info('stopped');
}

function portOf(server: { address(): AddressInfo | string | null }): number | undefined {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

// Exit status: 0 stopped by a signal, 1 failed, 2 the configuration is wrong.
try {
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught');
    process.exit(1);
  });
  await run(config, log);
} catch (error) {
  if (error instanceof ConfigError) {
    createLog('info').fatal({ problems: error.problems }, 'the configuration is wrong');
    process.exit(2);
  }
  createLog('info').fatal({ err: error }, 'failed');
  process.exit(1);
}
