import { expect, test } from 'vitest';
import { publicOrigin } from './origin.ts';

test.each([
  [{ host: 'backend:8080' }, 'http://backend:8080'],
  [{ host: 'hello.example.com:80' }, 'http://hello.example.com'],
  [
    { host: 'backend:8080', 'x-forwarded-host': 'Hello.Example.com', 'x-forwarded-proto': 'https' },
    'https://hello.example.com',
  ],
  [
    { host: 'b', 'x-forwarded-host': 'hello.localhost:8443', 'x-forwarded-proto': 'HTTPS' },
    'https://hello.localhost:8443',
  ],
  [
    { host: 'b', 'x-forwarded-host': 'public.example.com, inner:80', 'x-forwarded-proto': 'https, http' },
    'https://public.example.com',
  ],
  [{ host: '[::1]:8080' }, 'http://[::1]:8080'],
  [{ host: '127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
])('%j gives %s', (headers, origin) => {
  expect(publicOrigin(headers)).toBe(origin);
});

test.each([
  '',
  'a/b',
  'user@host',
  'a b',
  'a?b',
  'a#b',
  'host:',
  'host:65536',
  'host:x',
  '<script>',
  '[::1',
  'a..b',
  '-a',
  'ä.de',
  'a\\b',
  '%61',
  `${'a'.repeat(64)}.de`,
  '256.1.1.1',
  '[:::]',
])('the host %j is refused, forwarded or not', (host) => {
  expect(publicOrigin({ host })).toBeUndefined();
  expect(publicOrigin({ host: 'backend', 'x-forwarded-host': host })).toBeUndefined();
});

test('a scheme that is not of the web is refused', () => {
  expect(publicOrigin({ host: 'a', 'x-forwarded-proto': 'javascript' })).toBeUndefined();
  expect(publicOrigin({})).toBeUndefined();
});
