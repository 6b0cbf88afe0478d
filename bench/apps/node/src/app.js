import Koa from 'koa';
import { eventsRouter } from './events.js';
import { healthRouter } from './health.js';
import { problems } from './problems.js';
import { createStore } from './store.js';

export function createApp(settings) {
  const app = new Koa();
  const store = createStore(settings);
  app.use(problems);
  for (const router of [healthRouter(), eventsRouter(store)]) {
    app.use(router.routes());
    app.use(router.allowedMethods());
  }
  return app;
}
