import Router from '@koa/router';

export function healthRouter() {
  const router = new Router();
  router.get('/livez', (context) => {
    context.body = 'ok\n';
  });
  return router;
}
