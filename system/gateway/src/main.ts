import { startApp } from './app.ts';
import { type Config, ConfigMistake, readConfig } from './config.ts';
import { openLog } from './log.ts';

let config: Config;
try {
  config = readConfig(process.env);
} catch (error) {
  if (!(error instanceof ConfigMistake)) throw error;
  process.stderr.write(
    `The configuration is wrong:\n${error.problems.map((line) => `  ${line}\n`).join('')}`,
  );
  process.exit(2);
}

const log = openLog(config.logLevel);
process.on('uncaughtException', (error) => {
  log.logger.fatal({ err: error }, 'unexpected failure');
  log.flush();
  process.exit(1);
});

const app = await startApp(config, log).catch((error: unknown) => {
  log.logger.fatal(`cannot start: ${error instanceof Error ? error.message : String(error)}`);
  log.flush();
  process.exit(1);
});
log.logger.info({ port: app.port, managementPort: app.managementPort, routes: config.routes }, 'listening');

let stopping = false;
const stop = (signal: NodeJS.Signals): void => {
  if (stopping) {
    log.flush();
    process.exit(1);
  }
  stopping = true;
  log.logger.info({ signal }, 'stopping');
  void app.stop().then((finished) => {
    if (!finished) log.logger.warn('requests were cut off at the end of the time to stop');
    log.flush();
    process.exit(0);
  });
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
