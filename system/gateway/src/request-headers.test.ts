import { describe, expect, it } from 'vitest';
import { readRequestHeaders } from './request-headers.ts';

const stranger = { address: '203.0.113.9', trusted: false };
const proxy = { address: '10.0.0.5', trusted: true };

describe('readRequestHeaders', () => {
  it('removes hop-by-hop fields, also those that Connection names', () => {
    const sent = fields(
      readRequestHeaders(
        [
          'Host',
          'a.example',
          'Connection',
          'close, X-Secret',
          'X-Secret',
          '1',
          'Keep-Alive',
          '5',
          'TE',
          'trailers',
          'Trailer',
          'X',
          'Proxy-Authorization',
          'p',
          'Proxy-Connection',
          'close',
          'Upgrade',
          'h2c',
          'HTTP2-Settings',
          's',
          'Accept',
          '*/*',
          'Cookie',
          'a=b',
        ],
        stranger,
      ).forward,
    );
    expect(Object.keys(sent).sort()).toEqual([
      'accept',
      'cookie',
      'host',
      'traceparent',
      'via',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-request-id',
    ]);
  });

  it('cannot be told by Connection to leave out its own fields', () => {
    const sent = fields(
      readRequestHeaders(['Host', 'a', 'Connection', 'x-forwarded-for, host, x-request-id'], stranger)
        .forward,
    );
    expect(sent).toMatchObject({ host: 'a', 'x-forwarded-for': '203.0.113.9' });
    expect(sent['x-request-id']).toBeDefined();
  });

  const forged = [
    'Host',
    'a.example',
    'X-Forwarded-For',
    '198.51.100.1',
    'X-Forwarded-Proto',
    'https',
    'X-Forwarded-Host',
    'b.example',
    'X-Forwarded-Port',
    '1',
    'X-Forwarded-Prefix',
    '/evil',
    'Forwarded',
    'for=1',
    'X-Real-IP',
    '1.1.1.1',
  ];

  it('drops what a stranger says about earlier hops', () => {
    const { forward, publicOrigin } = readRequestHeaders(forged, stranger);
    expect(publicOrigin).toBe('http://a.example');
    const sent = fields(forward);
    expect(sent).toMatchObject({
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'a.example',
    });
    for (const name of ['x-forwarded-port', 'x-forwarded-prefix', 'forwarded', 'x-real-ip'])
      expect(sent).not.toHaveProperty(name);
  });

  it('believes a trusted proxy and adds itself', () => {
    const { forward, publicOrigin } = readRequestHeaders(forged, proxy);
    expect(publicOrigin).toBe('https://b.example');
    expect(fields(forward)).toMatchObject({
      host: 'a.example',
      'x-forwarded-for': '198.51.100.1, 10.0.0.5',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'b.example',
    });
  });

  it('does not pass on nonsense, even from a trusted proxy', () => {
    const { publicOrigin } = readRequestHeaders(
      ['Host', 'a', 'X-Forwarded-Proto', 'javascript', 'X-Forwarded-Host', 'b/c'],
      proxy,
    );
    expect(publicOrigin).toBe('http://a');
  });

  it.each([
    [[]],
    [['Host', '']],
    [['Host', 'a', 'Host', 'b']],
    [['Host', 'a/b']],
    [['Host', 'a@b']],
    [['Host', 'a b']],
    [['Host', 'a:port']],
  ])('refuses the Host in %j', (raw) => {
    expect(readRequestHeaders(raw, stranger).refusal?.status).toBe(400);
  });

  it.each(['a', 'a.example:8080', '127.0.0.1', '[::1]:80', 'a_b'])('accepts the Host %s', (host) => {
    expect(readRequestHeaders(['Host', host], stranger).refusal).toBeUndefined();
  });

  it('knows a request that it sent itself', () => {
    const via = fields(readRequestHeaders(['Host', 'a', 'Via', '1.1 cache'], stranger).forward).via ?? '';
    expect(via).toBe('1.1 cache, 1.1 hello-gateway');
    expect(readRequestHeaders(['Host', 'a', 'Via', via], stranger).refusal?.status).toBe(508);
  });

  it('refuses codings it does not know, and two lengths', () => {
    expect(
      readRequestHeaders(['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'], stranger).refusal?.status,
    ).toBe(501);
    expect(
      readRequestHeaders(['Host', 'a', 'Transfer-Encoding', 'chunked', 'Content-Length', '3'], stranger)
        .refusal?.status,
    ).toBe(400);
  });

  it('keeps a well-formed request id and makes up another for the rest', () => {
    expect(readRequestHeaders(['Host', 'a', 'X-Request-Id', 'abc-123'], stranger).requestId).toBe('abc-123');
    for (const bad of ['', 'a b', 'a"b', 'ü', 'x'.repeat(129)]) {
      expect(readRequestHeaders(['Host', 'a', 'X-Request-Id', bad], stranger).requestId).toMatch(
        /^[0-9a-f-]{36}$/,
      );
    }
  });

  it('sends tracestate on only along with its trace', () => {
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(
      fields(readRequestHeaders(['Host', 'a', 'traceparent', parent, 'tracestate', 'x=1'], stranger).forward)
        .tracestate,
    ).toBe('x=1');
    expect(
      fields(readRequestHeaders(['Host', 'a', 'tracestate', 'x=1'], stranger).forward),
    ).not.toHaveProperty('tracestate');
    const twice = readRequestHeaders(['Host', 'a', 'traceparent', parent, 'traceparent', parent], stranger);
    expect(twice.traceId).not.toBe('0af7651916cd43dd8448eb211c80319c');
  });
});

function fields(raw: readonly string[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (let i = 0; i < raw.length; i += 2) result[(raw[i] ?? '').toLowerCase()] = raw[i + 1] ?? '';
  return result;
}
