import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FakeUpstream,
  type RunningGateway,
  sendRaw,
  startGateway,
  startUpstream,
  stopAll,
} from './testing.ts';

let backend: FakeUpstream;
let frontend: FakeUpstream;
let gateway: RunningGateway;
beforeEach(async () => {
  [backend, frontend] = await Promise.all([startUpstream(), startUpstream()]);
  gateway = await startGateway({
    BACKEND_URL: backend.origin,
    FRONTEND_URL: frontend.origin,
    MAX_HEADER_BYTES: '4096',
    MAX_BODY_BYTES: '100',
  });
});
afterEach(stopAll);

const head = 'Host: a\r\nConnection: close\r\n';

/** The one response to these bytes, which must be a problem document. */
async function problem(bytes: string): Promise<{ status: number; text: string }> {
  const text = await sendRaw(gateway.port, bytes);
  const [top = '', body = ''] = text.split('\r\n\r\n');
  expect(top).toMatch(/^HTTP\/1\.1 \d{3} /);
  expect(top.toLowerCase()).toContain('content-type: application/problem+json');
  expect(top.toLowerCase()).toContain('connection: close');
  const status = Number(top.slice(9, 12));
  expect(JSON.parse(body)).toMatchObject({ status });
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  return { status, text };
}

describe('request targets that mean two things', () => {
  it.each([
    '//api/1',
    '/./api/1',
    '/x/../api/1',
    '/api/../1',
    '/%2e%2e/api/1',
    '/api%2F1',
    '/api%2f..',
    '/api\\1',
    '/api/%5c1',
    '/api/%00',
    '/api#x',
    'http://a/api/1',
    'http://backend:8080/1',
    'api/1',
    '/%61pi/1',
    '/api/%252e%252e/',
    '/api;x/1',
  ])('refuses %s', async (target) => {
    expect((await problem(`GET ${target} HTTP/1.1\r\n${head}\r\n`)).status).toBe(400);
    expect([...backend.requests, ...frontend.requests]).toEqual([]);
  });

  it.each(['/a\0b', '/a b', '/\xe4'])('refuses the bytes of %j', async (target) => {
    expect((await problem(`GET ${target} HTTP/1.1\r\n${head}\r\n`)).status).toBe(400);
    expect([...backend.requests, ...frontend.requests]).toEqual([]);
  });

  it('refuses CONNECT and the server-wide OPTIONS', async () => {
    const connect = await problem('CONNECT backend:8080 HTTP/1.1\r\nHost: backend:8080\r\n\r\n');
    expect(connect.status).toBe(405);
    expect(connect.text).toMatch(/allow: GET/i);
    expect(connect.text).not.toContain('backend:8080');
    expect((await problem(`OPTIONS * HTTP/1.1\r\n${head}\r\n`)).status).toBe(400);
  });

  it.each(['get', 'FOO', "A!#$%&'*+.^_`|~-9"])('knows %s for a method it does not know', async (method) => {
    expect((await problem(`${method} /api/ HTTP/1.1\r\n${head}\r\n`)).status).toBe(501);
  });
});

describe('smuggling', () => {
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
  it.each([
    [
      'both lengths',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'both lengths, other order',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'two different lengths',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n${smuggled}`,
    ],
    ['a list of lengths', `POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 40\r\n\r\n${smuggled}`],
    ['a signed length', `POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: +40\r\n\r\n${smuggled}`],
    [
      'an unknown coding',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'chunked twice',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'chunked, not last',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'a space before the colon',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'a folded line',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ['a bare line feed', `GET /api/ HTTP/1.1\r\nHost: a\nX: y\r\n\r\n${smuggled}`],
    ['a bare carriage return', `GET /api/ HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 5\r\n\r\n${smuggled}`],
    [
      'a bad chunk size',
      `POST /api/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n${smuggled}`,
    ],
    ['two hosts', `GET /api/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${smuggled}`],
    ['no host', `GET /api/ HTTP/1.1\r\n\r\n${smuggled}`],
    ['another protocol', `\x16\x03\x01\x02\x00${smuggled}`],
  ])('refuses %s', async (_what, bytes) => {
    expect([400, 501]).toContain((await problem(bytes)).status);
    await gateway.logged((line) => line.status === 400 || line.status === 501);
    expect(gateway.lines).toHaveLength(1);
    expect([...frontend.requests]).toEqual([]);
  });
});

describe('sizes', () => {
  it('answers 431 to headers that are too large', async () => {
    expect((await problem(`GET / HTTP/1.1\r\n${head}X: ${'x'.repeat(5000)}\r\n\r\n`)).status).toBe(431);
    expect((await problem(`GET /${'x'.repeat(5000)} HTTP/1.1\r\n${head}\r\n`)).status).toBe(431);
  });

  it('answers 413 to a body that is too large, before it comes or while it does', async () => {
    expect((await problem(`POST /api/ HTTP/1.1\r\n${head}Content-Length: 101\r\n\r\n`)).status).toBe(413);
    const chunk = `40\r\n${'x'.repeat(64)}\r\n`;
    const chunked = `POST /api/ HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n`;
    expect((await problem(`${chunked}${chunk}${chunk}0\r\n\r\n`)).status).toBe(413);
    expect(
      (await problem('POST /api/ HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n'))
        .status,
    ).toBe(413);
  });

  it('asks for a body only when the upstream takes it, and refuses other expectations', async () => {
    const answer = await sendRaw(
      gateway.port,
      `POST /api/ HTTP/1.1\r\n${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(backend.requests[0]?.headers).not.toHaveProperty('expect');
    expect((await problem(`POST /api/ HTTP/1.1\r\n${head}Expect: tea\r\n\r\n`)).status).toBe(417);
  });
});
