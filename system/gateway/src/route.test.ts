import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Route, routeTarget } from './route.ts';

const backend: Route = { prefix: '/api', upstream: 'http://backend', stripPrefix: true };
const frontend: Route = { prefix: '/', upstream: 'http://frontend', stripPrefix: false };
const table = [backend, frontend];

describe('routeTarget', () => {
  it.each([
    ['/api', '/'],
    ['/api/', '/'],
    ['/api/7', '/7'],
    ['/api/7/', '/7/'],
    ['/api?x=1', '/?x=1'],
    ['/api/?x=/../%2f//', '/?x=/../%2f//'],
    ['/api/api/7', '/api/7'],
    ['/api/a%20b', '/a%20b'],
  ])('sends %s to the backend as %s', (target, sent) => {
    expect(routeTarget(target, table)).toEqual({ kind: 'routed', route: backend, target: sent });
  });

  it.each([
    '/',
    '/apix',
    '/API/7',
    '/ap',
    '/x/api/7',
    '/.well-known/a',
    '/...',
    '/a;b=c',
    '/%C3%A4',
    '/100%25',
    '/?/api/7',
  ])('sends %s to the frontend unchanged', (target) => {
    expect(routeTarget(target, table)).toEqual({ kind: 'routed', route: frontend, target });
  });

  it.each([
    '//api/1',
    '/api//1',
    '//evil.example',
    '/./api/1',
    '/x/../api/1',
    '/api/../x',
    '/api/..',
    '/api/.',
    '/..;/api/1',
    '/api/..;a=b/x',
    '/%2e%2e/api',
    '/api/%2E%2e/x',
    '/api%2F1',
    '/api%2f..%2f',
    '/api%5c1',
    '/api\\1',
    '/\\evil',
    '/api/%00',
    '/api/%0d%0a',
    '/api/%7f',
    '/a\0',
    '/a b',
    '/\u00e4',
    '/api#x',
    '/x?y#z',
    '/api/%252e%252e/x',
    '/api/%25252f',
    '/%61pi/7',
    '/api;x/7',
    '/ap%69',
    '/%2561pi/7',
    '/;x/api',
    '/%3b/api',
    '/%zz',
    '/%',
    '/%c0%af',
    '/%ff',
    'http://backend/7',
    'http://public/api/7',
    'backend:8080',
    '*',
    '',
    '?x',
    'api/7',
  ])('refuses %j', (target) => {
    expect(routeTarget(target, table).kind).toBe('refused');
  });

  it('takes the first route that matches', () => {
    const deeper: Route = { prefix: '/api/v2', upstream: 'http://two', stripPrefix: true };
    expect(routeTarget('/api/v2/7', [deeper, backend])).toEqual({
      kind: 'routed',
      route: deeper,
      target: '/7',
    });
    expect(routeTarget('/api/v2x', [deeper, backend])).toMatchObject({ route: backend, target: '/v2x' });
    expect(routeTarget('/other', [deeper, backend])).toEqual({ kind: 'unrouted' });
  });

  it('never routes what a lenient reader would take for another upstream', () => {
    const piece = fc.constantFrom(
      '/',
      '/',
      'api',
      'API',
      '.',
      '..',
      '%2e',
      '%2E',
      '%2f',
      '%5C',
      '%5c',
      '%25',
      '25',
      '61',
      '2e',
      '2f',
      '\\',
      ';',
      ';x=1',
      '%61',
      'pi',
      'x',
      '7',
      '%00',
      '%3b',
      '%3f',
      '?',
      '#',
      'http:',
      '%c3%a4',
      '%c0%ae',
    );
    let routed = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        const routing = routeTarget(target, table);
        if (routing.kind !== 'routed') return;
        routed++;
        for (const reading of lenientReadings(target)) {
          expect(/^\/+api(?:\/|$)/.test(reading), `${target} read as ${reading}`).toBe(
            routing.route === backend,
          );
        }
      }),
      { numRuns: 20_000 },
    );
    expect(routed).toBeGreaterThan(500);
  });

  it('keeps everything below the prefix, byte for byte', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}$/);
    fc.assert(
      fc.property(fc.array(segment), fc.stringMatching(/^[A-Za-z0-9=&/.%;?\\]{0,12}$/), (segments, query) => {
        const rest = `/${segments.join('/')}?${query}`;
        expect(routeTarget(`/api${rest}`, table)).toMatchObject({ route: backend, target: rest });
        expect(routeTarget(`/x${rest}`, table)).toMatchObject({ route: frontend, target: `/x${rest}` });
      }),
    );
  });
});

/** The path as servers and proxies of other makes would understand it. */
function lenientReadings(target: string): string[] {
  const path = target.split('?', 1)[0] ?? '';
  const readings: string[] = [path];
  let decoded = path;
  for (let round = 0; round < 3; round++) {
    decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    readings.push(decoded);
  }
  return readings
    .flatMap((reading) => [reading, reading.replace(/;[^/]*/g, '')])
    .map((reading) => resolve(reading.replaceAll('\\', '/')));
}

function resolve(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}
