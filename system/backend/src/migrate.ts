import { ConfigError, loadConfig } from './config.ts';
import { createLog } from './log.ts';
import { migrate } from './migrations.ts';

// Exit status: 0 up to date, 1 failed, 2 the configuration is wrong.
try {
  const config = loadConfig(process.env);
  const log = createLog(config.logLevel);
  try {
    await migrate({ source: config.database, wait: config.migrateWait, log });
  } catch (error) {
    log.error({ err: error }, 'migration failed');
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  createLog('info').fatal({ problems: error.problems }, 'the configuration is wrong');
  process.exitCode = 2;
}
