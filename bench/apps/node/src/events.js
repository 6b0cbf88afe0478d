import { json } from 'node:stream/consumers';
import Router from '@koa/router';
import { stringify } from 'yaml';
import { z } from 'zod';

const event = z.object({
  title: z.string().min(1).max(200),
  at: z.iso.datetime({ offset: true }),
  tags: z.array(z.string()).max(20).default([]),
});

export function eventsRouter(store) {
  const router = new Router({ prefix: '/events' });
  router.get('/', (context) => {
    const events = store.list(context.query.tag);
    if (context.query.format === 'yaml') {
      context.type = 'application/yaml';
      context.body = stringify(events);
    } else {
      context.body = events;
    }
  });
  router.post('/', async (context) => {
    context.status = 201;
    context.body = store.add(event.parse(await json(context.req)));
  });
  router.get('/:id', (context) => {
    context.body = store.find(Number(context.params.id)) ?? context.throw(404, 'No such event');
  });
  return router;
}
