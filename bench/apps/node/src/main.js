import { createApp } from './app.js';
import { loadSettings } from './settings.js';

const settings = loadSettings(process.env);
const server = createApp(settings).listen(settings.port, () => {
  console.log(JSON.stringify({ level: 'info', message: 'listening', port: settings.port }));
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => server.close(() => process.exit(0)));
}
