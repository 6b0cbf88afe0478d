import { once } from 'node:events';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { send, startGateway, startUpstream, stopAll } from './testing.ts';

afterEach(stopAll);

describe('stopping', () => {
  it('is not ready at once, serves on, closes each connection with its answer, then refuses to connect', async () => {
    const upstream = await startUpstream();
    const gateway = await startGateway({
      BACKEND_URL: upstream.origin,
      LAME_DUCK_SECONDS: '1',
      DRAIN_SECONDS: '10',
    });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const before = request({ host: '127.0.0.1', port: gateway.port, path: '/api/', agent }).end();
    const [first] = (await once(before, 'response')) as [IncomingMessage];
    first.resume();
    expect(first.headers.connection).toBe('keep-alive');
    const stopped = gateway.stop();
    for (const port of [gateway.port, gateway.managementPort]) {
      expect(await send(port, { path: '/readyz' })).toMatchObject({
        status: 503,
        body: '{"status":"OUT_OF_SERVICE"}',
      });
      expect((await send(port, { path: '/livez' })).status).toBe(200);
    }
    const during = request({ host: '127.0.0.1', port: gateway.port, path: '/api/', agent }).end();
    const [second] = (await once(during, 'response')) as [IncomingMessage];
    second.resume();
    expect(second).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
    expect(await stopped).toBe(true);
    await expect(send(gateway.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('finishes what is under way and turns away what comes after on the same connection', async () => {
    const waiting: ServerResponse[] = [];
    let arrived: () => void = () => {};
    const reached = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const upstream = await startUpstream((_req, res) => {
      res.write('half,');
      waiting.push(res);
      arrived();
    });
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, DRAIN_SECONDS: '10' });
    const socket = connect(gateway.port, '127.0.0.1');
    let text = '';
    const closed = once(socket, 'close');
    const half = new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.includes('half,')) resolve();
      });
    });
    socket.write('GET /api/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await Promise.all([reached, half]);
    const stopped = gateway.stop();
    // The door is closed once nobody can connect any more.
    while (
      await send(gateway.port, { path: '/livez' }).then(
        () => true,
        () => false,
      )
    );
    socket.write('POST /api/ HTTP/1.1\r\nHost: a\r\n\r\n');
    while (!(await gateway.metrics()).includes('http_requests_in_flight 2'));
    waiting[0]?.end('whole');
    await closed;
    expect(text).toContain('whole');
    expect(text).toContain('HTTP/1.1 503 ');
    expect(upstream.requests).toHaveLength(1);
    expect(await stopped).toBe(true);
  });

  it('cuts off at the end of the time what does not finish, and says so', async () => {
    const upstream = await startUpstream(() => {});
    const gateway = await startGateway({ BACKEND_URL: upstream.origin, DRAIN_SECONDS: '0' });
    const sent = request({ host: '127.0.0.1', port: gateway.port, path: '/api/', agent: false }).end();
    const failed = once(sent, 'response').then(
      () => 'answered',
      () => 'cut',
    );
    await once(upstream.server, 'request');
    expect(await gateway.stop()).toBe(false);
    expect(await failed).toBe('cut');
  });
});
