import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from './log.ts';
import { precompress } from './precompress.ts';
import { type Running, startServer } from './server.ts';

const html = `<!doctype html><title>hello</title>${'<p>hello</p>'.repeat(100)}`;
const script = 'console.log("hello");\n'.repeat(100);
const big = randomBytes(300_000);
const hashed = '/assets/index-B3xYa9kQ.js';

let root: string;
let running: Running;

beforeAll(async () => {
  const above = await mkdtemp(join(tmpdir(), 'site-'));
  root = join(above, 'site');
  await mkdir(join(root, 'assets'), { recursive: true });
  await mkdir(join(root, '.well-known'));
  await mkdir(join(root, '.git'));
  await mkdir(join(root, 'docs'));
  await writeFile(join(above, 'secret.txt'), 'secret');
  await writeFile(join(root, 'index.html'), html);
  await writeFile(join(root, 'docs/index.html'), '<h1>docs</h1>');
  await writeFile(join(root, hashed), script);
  await writeFile(join(root, 'assets/photo.png'), 'png');
  await writeFile(join(root, 'empty.txt'), '');
  await writeFile(join(root, 'café.txt'), 'crème');
  await writeFile(join(root, 'big.bin'), big);
  await writeFile(join(root, 'alone.gz'), 'an archive of its own');
  await writeFile(join(root, '.env'), 'secret');
  await writeFile(join(root, '.git/config'), 'secret');
  await writeFile(join(root, '.well-known/security.txt'), 'Contact: mailto:a@example.com');
  await symlink(join(above, 'secret.txt'), join(root, 'link.txt'));
  await precompress(root);
  // 100 kB a file: big.bin is streamed.
  running = await start({}, { file: 100_000, total: 1_000_000 });
});
afterAll(async () => {
  await running.stop();
  await rm(join(root, '..'), { recursive: true });
});

async function start(
  more: { fallback?: string },
  limits = { file: 1e6, total: 1e6 },
  lines: string[] = [],
): Promise<Running> {
  const log = createLog((chunk) => lines.push(...chunk.trimEnd().split('\n')));
  return await startServer({ root, port: 0, managementPort: 0, drainSeconds: 0, ...more }, log, limits);
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
interface Asked {
  readonly method?: string;
  readonly port?: number;
  readonly body?: string;
}

/** Sends the path as it is: `fetch` would tidy it first. */
async function get(path: string, headers: Record<string, string> = {}, asked: Asked = {}): Promise<Got> {
  return await new Promise((done, failed) => {
    const { method = 'GET', port = running.port } = asked;
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () =>
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', failed);
    sent.end(asked.body);
  });
}

async function raw(bytes: string): Promise<string> {
  const socket = connect(running.port, '127.0.0.1');
  socket.end(bytes);
  return await text(socket);
}

describe('files', () => {
  test('the page answers at / and by its name, to be asked for again each time', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.body.toString()).toBe(html);
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(html.length),
      'cache-control': 'no-cache',
      'accept-ranges': 'bytes',
      vary: 'Accept-Encoding',
    });
    expect((await get('/index.html?v=1')).headers.etag).toBe(page.headers.etag);
    expect((await get('/docs/')).body.toString()).toBe('<h1>docs</h1>');
  });

  test('a hashed name may be kept for ever, another may not', async () => {
    expect((await get(hashed)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const photo = await get('/assets/photo.png');
    expect(photo.headers['cache-control']).toBe('no-cache');
    expect(photo.headers['content-type']).toBe('image/png');
    expect(photo.headers.vary).toBeUndefined();
  });

  test('an empty file, a name beyond ASCII, a lone archive and /.well-known are served', async () => {
    expect(await get('/empty.txt')).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect((await get('/caf%C3%A9.txt')).body.toString()).toBe('crème');
    expect((await get('/alone.gz')).headers['content-type']).toBe('application/gzip');
    expect((await get('/.well-known/security.txt')).status).toBe(200);
  });

  test('a file beyond the limit is streamed with the same headers', async () => {
    const answer = await get('/big.bin');
    expect(answer.body.equals(big)).toBe(true);
    expect(answer.headers['content-length']).toBe('300000');
    const part = await get('/big.bin', { range: 'bytes=299990-' });
    expect(part.status).toBe(206);
    expect(part.body.equals(big.subarray(299_990))).toBe(true);
    expect((await get('/big.bin', { 'if-none-match': answer.headers.etag ?? '' })).status).toBe(304);
  });

  test('whether a file is kept or streamed does not show in its validator', async () => {
    const other = await start({});
    const kept = await get('/big.bin', {}, { port: other.port });
    expect(kept.headers.etag).toBe((await get('/big.bin')).headers.etag);
    await other.stop();
  });

  test('HEAD has the headers of GET and no body', async () => {
    for (const path of ['/', hashed, '/big.bin', '/missing']) {
      const { date: _, ...of } = (await get(path)).headers;
      const head = await get(path, { range: 'bytes=0-1' }, { method: 'HEAD' });
      expect(head.headers).toMatchObject(of);
      expect(head.body.length).toBe(0);
    }
  });
});

describe('what is not served', () => {
  test.each([
    '/missing',
    '/assets',
    '/assets/',
    '/docs',
    '//',
    '/index.html/',
    '/.env',
    '/.git/config',
    '/link.txt',
  ])('%s is 404 with a plain page', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.body.toString()).toContain('<h1>Not found</h1>');
    expect(answer.body.length).toBe((await get('/another')).body.length);
  });

  test.each(['/index.html.br', '/index.html.gz', `${hashed}.zst`])(
    '%s has no path of its own',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..\\..\\secret.txt',
    '/index.html%00.js',
    '/%',
  ])('%s is 400', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).not.toContain('secret');
  });

  test('a NUL in the request line is refused', async () => {
    expect(await raw('GET /index.html\0 HTTP/1.1\r\nHost: a\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])(
    '%s is 405 with Allow',
    async (method) => {
      const answer = await get(
        '/',
        { 'x-private': 'do-not-echo' },
        { method, ...(method === 'POST' ? { body: 'x' } : {}) },
      );
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
      expect(answer.body.toString()).not.toContain('do-not-echo');
    },
  );

  test('a large body that nobody wants does not cost its sender the connection', async () => {
    const body = 'x'.repeat(2_000_000);
    const answers = await raw(
      `POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        'GET /empty.txt HTTP/1.1\r\nHost: a.example\r\n\r\n',
    );
    expect(answers.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 405', 'HTTP/1.1 200']);
  });

  test('a sender that leaves in the middle of a body leaves nothing behind', async () => {
    const socket = connect(running.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000\r\n\r\nhalf');
    await once(socket, 'connect');
    socket.destroy();
    expect((await get('/')).status).toBe(200);
  });

  test('the absolute form of a request leads to the same file', async () => {
    expect(await raw('GET http://a.example/empty.txt HTTP/1.1\r\nHost: a.example\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 /,
    );
  });
});

describe('compression', () => {
  test.each([
    ['br', brotliDecompressSync],
    ['zstd', zstdDecompressSync],
    ['gzip', gunzipSync],
  ])('%s has its own length and validator, and holds the same page', async (coding, unpack) => {
    const [plain, coded] = [await get('/'), await get('/', { 'accept-encoding': coding })];
    expect(coded.headers['content-encoding']).toBe(coding);
    expect(coded.headers['content-length']).toBe(String(coded.body.length));
    expect(coded.headers['content-type']).toBe(plain.headers['content-type']);
    expect(coded.headers.vary).toBe('Accept-Encoding');
    expect(coded.headers.etag).not.toBe(plain.headers.etag);
    expect(coded.body.length).toBeLessThan(plain.body.length);
    expect(unpack(coded.body).toString()).toBe(html);
  });

  test('weights are honoured', async () => {
    const answer = await get('/', { 'accept-encoding': 'br;q=0, zstd;q=0.1, gzip;q=0.2' });
    expect(answer.headers['content-encoding']).toBe('gzip');
    const refused = await get('/', { 'accept-encoding': 'identity;q=0, deflate' });
    expect(refused.status).toBe(406);
    expect(refused.headers.vary).toBe('Accept-Encoding');
  });
});

describe('conditions', () => {
  test('a known validator is answered 304 with the headers of the answer and no body', async () => {
    const page = await get('/', { 'accept-encoding': 'br' });
    const { etag = '' } = page.headers;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await get('/', { 'accept-encoding': 'br', 'if-none-match': known });
      expect(answer.status, known).toBe(304);
      expect(answer.headers).toMatchObject({ etag, 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
      expect(answer.body.length).toBe(0);
    }
    expect((await get('/', { 'accept-encoding': 'br', 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get('/', { 'accept-encoding': 'gzip', 'if-none-match': etag })).status).toBe(200);
  });

  test('If-Match holds or is answered 412', async () => {
    const { etag = '' } = (await get('/')).headers;
    expect((await get('/', { 'if-match': etag })).status).toBe(200);
    expect((await get('/', { 'if-match': '"other"' })).status).toBe(412);
  });
});

describe('ranges', () => {
  test('are of the file as it is', async () => {
    const answer = await get(hashed, { range: 'bytes=2-5', 'accept-encoding': 'br' });
    expect(answer.status).toBe(206);
    expect(answer.body.toString()).toBe(script.slice(2, 6));
    expect(answer.headers['content-range']).toBe(`bytes 2-5/${script.length}`);
    expect(answer.headers['content-length']).toBe('4');
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  test('beyond the end are 416 with the length', async () => {
    const answer = await get(hashed, { range: `bytes=${script.length}-` });
    expect(answer.status).toBe(416);
    expect(answer.headers['content-range']).toBe(`bytes */${script.length}`);
  });

  test('several, malformed or for another version give the whole', async () => {
    const { etag = '' } = (await get(hashed)).headers;
    expect((await get(hashed, { range: 'bytes=0-1,3-4' })).status).toBe(200);
    expect((await get(hashed, { range: 'bytes=x' })).status).toBe(200);
    expect((await get(hashed, { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
    expect((await get(hashed, { range: 'bytes=0-1', 'if-range': `W/${etag}` })).status).toBe(200);
    expect((await get(hashed, { range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
  });
});

describe('headers of every answer', () => {
  test.each([
    ['/', {}, 'GET'],
    ['/missing', {}, 'GET'],
    ['/%', {}, 'GET'],
    ['/', {}, 'POST'],
    ['/', { 'if-none-match': '*' }, 'GET'],
    ['/', { range: 'bytes=0-1' }, 'GET'],
  ])('%s %j %s', async (path, headers, method) => {
    const answer = await get(path, { origin: 'https://elsewhere.example', ...headers }, { method });
    expect(answer.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['referrer-policy']).toBe('strict-origin-when-cross-origin');
    expect(answer.headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(answer.headers['permissions-policy']).toContain('camera=()');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers['strict-transport-security']).toBeUndefined();
    expect(answer.headers.server).toBeUndefined();
    expect(answer.headers['x-powered-by']).toBeUndefined();
  });

  test('HSTS is sent where the user came by https, and there only', async () => {
    const over = async (proto: string) =>
      (await get('/', { 'x-forwarded-proto': proto })).headers['strict-transport-security'];
    expect(await over('https')).toBe('max-age=31536000');
    expect(await over('https, http')).toBe('max-age=31536000');
    expect(await over('http')).toBeUndefined();
  });
});

describe('a single page application', () => {
  test('gets its page for navigation to unknown paths, not for missing files', async () => {
    const app = await start({ fallback: '/index.html' });
    const html = { accept: 'text/html,*/*;q=0.8' };
    expect((await get('/users/7', html, { port: app.port })).status).toBe(200);
    expect((await get('/users/7', { accept: '*/*' }, { port: app.port })).status).toBe(404);
    expect((await get('/assets/old-B3xYa9kQ.js', html, { port: app.port })).status).toBe(404);
    expect((await get('/users/7', html)).status).toBe(404);
    await app.stop();
  });

  test('does not start with a page that is not there', async () => {
    await expect(start({ fallback: '/app.html' })).rejects.toThrow('/app.html');
  });
});

describe('management', () => {
  const manage = (path: string, method = 'GET') => get(path, {}, { method, port: running.managementPort });

  test("tells of life and readiness, and the page's port does not", async () => {
    expect((await manage('/livez')).status).toBe(200);
    expect((await manage('/readyz?verbose')).status).toBe(200);
    expect((await manage('/')).status).toBe(404);
    expect((await manage('/livez', 'POST')).headers.allow).toBe('GET, HEAD');
    for (const path of ['/livez', '/readyz', '/metrics']) expect((await get(path)).status).toBe(404);
  });

  test('counts requests by method and status, and how long they took', async () => {
    const own = await start({});
    await get('/', {}, { port: own.port });
    await get('/', {}, { port: own.port });
    await get('/missing', {}, { port: own.port });
    await get('/', {}, { port: own.port, method: 'PROPFIND' });
    await expect
      .poll(async () => (await get('/metrics', {}, { port: own.managementPort })).body.toString(), {
        timeout: 15_000,
      })
      .toContain('http_requests_in_flight 0');
    const answer = await get('/metrics', {}, { port: own.managementPort });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const metrics = answer.body.toString();
    expect(metrics).toContain('http_requests_total{method="GET",status="200"} 2\n');
    expect(metrics).toContain('http_requests_total{method="GET",status="404"} 1\n');
    expect(metrics).toContain('http_requests_total{method="other",status="405"} 1\n');
    expect(metrics).toContain(
      'http_request_duration_seconds_bucket{method="GET",status="200",le="+Inf"} 2\n',
    );
    expect(metrics).toContain('http_request_duration_seconds_count{method="GET",status="200"} 2\n');
    expect(metrics).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
    for (const line of metrics.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$/);
    }
    await own.stop();
  });

  test('one line of JSON for each request, without its query, and none for health', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const lines: string[] = [];
    const own = await start({}, undefined, lines);
    const { port } = own;
    const { etag = '' } = (await get('/docs/', {}, { port })).headers;
    await get('/livez', {}, { port: own.managementPort });
    await get('/readyz', {}, { port: own.managementPort });
    await get('/docs/', { 'if-none-match': etag }, { port });
    await get('/docs/', {}, { method: 'HEAD', port });
    await get(
      '/docs/?token=secret',
      { traceparent: `00-${trace}-00f067aa0ba902b7-01`, range: 'bytes=0-1' },
      { port },
    );
    await own.stop();
    await expect.poll(() => lines.at(-1), { timeout: 15_000 }).toContain('stopped');
    const mine: unknown[] = lines.filter((line) => line.includes('"method"')).map((line) => JSON.parse(line));
    const common = {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'info',
      path: '/docs/',
      seconds: expect.any(Number),
    };
    expect(mine).toEqual([
      { ...common, method: 'GET', status: 200, bytes: 13 },
      { ...common, method: 'GET', status: 304, bytes: 0 },
      { ...common, method: 'HEAD', status: 200, bytes: 0 },
      { ...common, method: 'GET', status: 206, bytes: 2, trace },
    ]);
  });

  test('a client that leaves early is told of as that, and nothing stays counted', async () => {
    await writeFile(join(root, 'huge.bin'), Buffer.alloc(30_000_000));
    const lines: string[] = [];
    const own = await start({}, { file: 0, total: 0 }, lines);
    const sent = request({ host: '127.0.0.1', port: own.port, path: '/huge.bin', agent: false }, () =>
      sent.destroy(),
    );
    sent.on('error', () => undefined);
    sent.end();
    await expect.poll(() => lines.join('\n'), { timeout: 15_000 }).toContain('"aborted":true');
    expect(lines.join('\n')).not.toContain('"level":"error"');
    const metrics = await get('/metrics', {}, { port: own.managementPort });
    expect(metrics.body.toString()).toContain('http_requests_in_flight 0');
    await own.stop();
  });
});

test('it does not start without a page or a folder', async () => {
  const log = () => undefined;
  const settings = { port: 0, managementPort: 0, drainSeconds: 0 };
  await expect(startServer({ ...settings, root: join(root, 'assets') }, log)).rejects.toThrow(
    'no index.html',
  );
  await expect(startServer({ ...settings, root: join(root, 'nowhere') }, log)).rejects.toThrow('ENOENT');
});
