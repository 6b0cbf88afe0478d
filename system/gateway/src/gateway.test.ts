import { afterEach, describe, expect, it } from 'vitest';
import {
  type FakeUpstream,
  type RunningGateway,
  send,
  startGateway,
  startUpstream,
  stopAll,
} from './testing.ts';

afterEach(stopAll);

async function start(env: Record<string, string> = {}): Promise<{
  backend: FakeUpstream;
  frontend: FakeUpstream;
  gateway: RunningGateway;
}> {
  const [backend, frontend] = await Promise.all([startUpstream(), startUpstream()]);
  const gateway = await startGateway({ BACKEND_URL: backend.origin, FRONTEND_URL: frontend.origin, ...env });
  return { backend, frontend, gateway };
}

describe('routes', () => {
  it('sends /api to the backend without the prefix and everything else to the frontend', async () => {
    const { backend, frontend, gateway } = await start();
    for (const path of ['/api', '/api/', '/api/7?a=b', '/apix', '/', '/x/api/7'])
      await send(gateway.port, { path });
    expect(backend.requests.map((r) => r.url)).toEqual(['/', '/', '/7?a=b']);
    expect(frontend.requests.map((r) => r.url)).toEqual(['/apix', '/', '/x/api/7']);
  });

  it('passes methods and bodies on', async () => {
    const backend = await startUpstream((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => res.end(`${req.method} ${req.headers['content-length']} ${Buffer.concat(chunks)}`));
    });
    const gateway = await startGateway({ BACKEND_URL: backend.origin });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']) {
      const { body } = await send(gateway.port, {
        method,
        path: '/api/',
        body: 'hello',
        headers: { 'content-length': '5' },
      });
      expect(body).toBe(`${method} 5 hello`);
    }
    const chunked = await send(gateway.port, {
      method: 'POST',
      path: '/api/',
      body: 'hi',
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect(chunked.body).toBe('POST undefined hi');
    expect((await send(gateway.port, { method: 'POST', path: '/api/' })).body).toBe('POST 0 ');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { gateway } = await start();
    const head = await send(gateway.port, { method: 'HEAD', path: '/api/7' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-type']).toBe('application/json');
  });

  it('refuses TRACE and upgrades, and passes over an offer of HTTP/2', async () => {
    const { backend, frontend, gateway } = await start();
    const trace = await send(gateway.port, { method: 'TRACE', headers: { cookie: 'secret' } });
    expect(trace.status).toBe(405);
    expect(trace.headers.allow).toContain('GET');
    expect(trace.body).not.toContain('secret');
    expect((await send(gateway.port, { method: 'PROPFIND' })).status).toBe(501);
    const upgrade = { connection: 'upgrade', upgrade: 'websocket' };
    expect((await send(gateway.port, { headers: upgrade })).status).toBe(501);
    expect(backend.requests.length + frontend.requests.length).toBe(0);
    const offer = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'x' };
    expect((await send(gateway.port, { headers: offer })).status).toBe(200);
    expect(frontend.requests[0]?.headers).not.toHaveProperty('upgrade');
  });

  it('takes its routes from a file when told so, and has nothing elsewhere', async () => {
    const { gateway, backend } = await start();
    const { mkdtemp, writeFile, rm } = await import('node:fs/promises');
    const folder = await mkdtemp(`${(await import('node:os')).tmpdir()}/gateway-`);
    await writeFile(
      `${folder}/routes.json`,
      JSON.stringify([{ prefix: '/only', upstream: backend.origin, stripPrefix: true }]),
    );
    const other = await startGateway({ ROUTES_FILE: `${folder}/routes.json` });
    await rm(folder, { recursive: true });
    expect((await send(other.port, { path: '/only/here' })).body).toContain('"/here"');
    expect((await send(other.port, { path: '/' })).status).toBe(404);
    expect((await send(gateway.port, { path: '/only/here' })).status).toBe(200);
  });

  it('does not go round in circles when a route leads back to it', async () => {
    const { port } = await startUpstream();
    const { stop } = await startGateway({ PORT: '0' });
    await stop();
    const looping = await startGateway({ FRONTEND_URL: `http://127.0.0.1:${port}`, PORT: '0' });
    const outer = await startGateway({ FRONTEND_URL: `http://127.0.0.1:${looping.port}` });
    expect((await send(outer.port, { path: '/apix' })).status).toBe(508);
  });
});

describe('headers', () => {
  it('tells the upstream who asked, and keeps Host', async () => {
    const { backend, gateway } = await start({ TRUSTED_PROXIES: '127.0.0.0/8' });
    await send(gateway.port, {
      path: '/api/',
      headers: { host: 'hello.example', 'x-forwarded-for': '198.51.100.1', 'x-forwarded-proto': 'https' },
    });
    expect(backend.requests[0]?.headers).toMatchObject({
      host: 'hello.example',
      'x-forwarded-for': '198.51.100.1, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'hello.example',
    });
  });

  it('does not believe strangers', async () => {
    const { backend, gateway } = await start();
    await send(gateway.port, {
      path: '/api/',
      headers: { 'x-forwarded-for': '1.1.1.1', 'x-forwarded-host': 'evil' },
    });
    expect(backend.requests[0]?.headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': `127.0.0.1:${gateway.port}`,
    });
  });

  it('continues the trace and the request id on both sides', async () => {
    const { backend, gateway } = await start();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { 'x-request-id': 'abc', traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const { headers: answered } = await send(gateway.port, { path: '/api/', headers });
    expect(answered['x-request-id']).toBe('abc');
    expect(backend.requests[0]?.headers['x-request-id']).toBe('abc');
    expect(backend.requests[0]?.headers.traceparent).toContain(traceId);
    expect(await gateway.logged((line) => line.requestId === 'abc')).toMatchObject({ traceId });
  });

  it('passes on what the upstream answers, but not what software it is, nor its hop-by-hop fields', async () => {
    const backend = await startUpstream((_req, res) => {
      res.writeHead(200, [
        'Server',
        'x',
        'X-Powered-By',
        'y',
        'Connection',
        'close, X-Hop',
        'X-Hop',
        '1',
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'ETag',
        '"1"',
        'Content-Disposition',
        'filename="\xfc"',
        'X-Request-Id',
        'its-own',
      ]);
      res.end('x');
    });
    const gateway = await startGateway({ BACKEND_URL: backend.origin });
    const { headers } = await send(gateway.port, { path: '/api/', headers: { 'x-request-id': 'mine' } });
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(headers).toMatchObject({
      etag: '"1"',
      'content-disposition': 'filename="\xfc"',
      'x-request-id': 'mine',
    });
    for (const name of ['server', 'x-powered-by', 'x-hop']) expect(headers).not.toHaveProperty(name);
  });

  it('gives Location the public origin and keeps its path, as the browser client needs it', async () => {
    const backend = await startUpstream((req, res) => {
      res
        .writeHead(201, {
          location: `http://${req.headers['x-inner'] ? req.headers.host : `127.0.0.1:${backend.port}`}/7`,
        })
        .end();
    });
    const gateway = await startGateway({ BACKEND_URL: backend.origin, TRUSTED_PROXIES: '127.0.0.1' });
    const outside = { host: 'hello.example', 'x-forwarded-proto': 'https' };
    for (const headers of [outside, { ...outside, 'x-inner': '1' }]) {
      const { headers: answered } = await send(gateway.port, {
        method: 'POST',
        path: '/api/?secret=1',
        headers,
      });
      expect(answered.location).toBe('https://hello.example/7');
      expect(`/api${new URL(answered.location ?? '').pathname}`).toBe('/api/7');
    }
  });
});

describe('health', () => {
  it('answers plainly and never asks an upstream', async () => {
    const { backend, frontend, gateway } = await start();
    for (const path of ['/livez', '/readyz', '/actuator/health', '/readyz?verbose']) {
      expect(await send(gateway.port, { path })).toMatchObject({ status: 200, body: '{"status":"UP"}' });
    }
    const post = await send(gateway.port, { method: 'POST', path: '/readyz' });
    expect(post).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(backend.requests.length + frontend.requests.length).toBe(0);
  });

  it('shows nothing else of its management on the public port', async () => {
    const { frontend, gateway } = await start();
    for (const path of ['/metrics', '/actuator', '/actuator/env', '/livez/x'])
      await send(gateway.port, { path });
    expect(frontend.requests.map((r) => r.url)).toEqual([
      '/metrics',
      '/actuator',
      '/actuator/env',
      '/livez/x',
    ]);
  });

  it('has its own port for health and metrics', async () => {
    const { gateway } = await start();
    await send(gateway.port, { path: '/api/7' });
    await gateway.logged((line) => line.route === '/api');
    expect((await send(gateway.managementPort, { path: '/livez' })).status).toBe(200);
    expect((await send(gateway.managementPort, { path: '/readyz' })).status).toBe(200);
    expect((await send(gateway.managementPort, { path: '/api/7' })).status).toBe(404);
    expect((await send(gateway.managementPort, { method: 'POST', path: '/metrics' })).status).toBe(405);
    const metrics = await gateway.metrics();
    expect(metrics).toContain('http_requests_total{route="/api",method="GET",status="2xx"} 1');
    expect(metrics).toContain(
      'http_request_duration_seconds_count{route="/api",method="GET",status="2xx"} 1',
    );
    expect(metrics).toContain('http_requests_in_flight 0');
    expect(metrics).toMatch(/event_loop_lag_seconds\{quantile="0.99"\} [0-9.e-]+/);
  });
});

describe('log', () => {
  it('has one line for each request, without its path, query or headers', async () => {
    const { gateway } = await start();
    const headers = { authorization: 'Bearer s3cret', 'x-request-id': 'one' };
    await send(gateway.port, { method: 'POST', path: '/api/?token=s3cret', headers });
    await send(gateway.port, { path: '/../s3cret', headers: { 'x-request-id': 'two' } });
    const first = await gateway.logged((line) => line.requestId === 'one');
    await gateway.logged((line) => line.requestId === 'two');
    expect(first).toMatchObject({
      level: 'info',
      method: 'POST',
      route: '/api',
      status: 200,
      bytes: expect.any(Number),
      durationMs: expect.any(Number),
      traceId: expect.any(String),
    });
    expect(gateway.lines).toHaveLength(2);
    expect(JSON.stringify(gateway.lines)).not.toContain('s3cret');
  });
});
