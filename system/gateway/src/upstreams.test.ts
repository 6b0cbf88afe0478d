import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { readConfig } from './config.ts';
import { closeUpstreams, openUpstreams } from './upstreams.ts';

test('a connection that is kept busy is given up after a second all the same', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end('x')).on(
    'connection',
    () => connections++,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstreams = openUpstreams(
    readConfig({ BACKEND_URL: origin, FRONTEND_URL: origin, UPSTREAM_CONNECTIONS: '1' }),
  );
  let now = Date.now();
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now);
  try {
    const ask = async () => {
      const answer = await upstreams.get(origin)?.reused.request({ method: 'GET', path: '/' });
      await answer?.body.dump();
    };
    for (let asked = 0; asked < 5; asked++) {
      await ask();
      now += 150;
    }
    expect(connections).toBe(1);
    now += 1_000;
    await ask();
    expect(connections).toBe(2);
  } finally {
    clock.mockRestore();
    await closeUpstreams(upstreams);
    server.close();
  }
});
