import { expect, test } from 'vitest';
import { refusalOf } from './guard.ts';

const token = 'abc';
const good = { host: '127.0.0.1:7000', authorization: `Bearer ${token}` };
const ask = (path: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
  refusalOf({ method, path, headers }, 7000, token)?.status;

test('the page itself needs no token, its data does', () => {
  expect(ask('/', { host: 'localhost:7000' })).toBeUndefined();
  expect(ask('/api/page', { host: 'localhost:7000' })).toBe(401);
  expect(ask('/api/page', { ...good, authorization: 'Bearer abd' })).toBe(401);
  expect(ask('/api/page', { ...good, authorization: 'Bearer abcd' })).toBe(401);
  expect(ask('/api/page', good)).toBeUndefined();
});

test('another name for this machine is refused, so that no foreign DNS leads here', () => {
  for (const host of ['evil.example:7000', '127.0.0.1:7001', '127.0.0.1', ''])
    expect(ask('/', { host })).toBe(403);
  expect(ask('/', {})).toBe(403);
});

test('what comes from another site is refused, with the token as well', () => {
  expect(ask('/api/page', { ...good, origin: 'https://evil.example' })).toBe(403);
  expect(ask('/api/page', { ...good, origin: 'null' })).toBe(403);
  expect(ask('/api/page', { ...good, 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(ask('/api/page', { ...good, 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(
    ask('/api/page', { ...good, origin: 'http://127.0.0.1:7000', 'sec-fetch-site': 'same-origin' }),
  ).toBeUndefined();
});

test('what changes something has to be JSON, from the page, by POST', () => {
  const json = { ...good, 'content-type': 'application/json', origin: 'http://127.0.0.1:7000' };
  expect(ask('/api/rollback', json, 'POST')).toBeUndefined();
  expect(ask('/api/rollback', json)).toBe(405);
  expect(ask('/api/rollback', { ...json, 'content-type': 'text/plain' }, 'POST')).toBe(415);
  expect(ask('/api/rollback', { ...good, 'content-type': 'application/json' }, 'POST')).toBe(403);
  expect(ask('/api/page', json, 'POST')).toBe(405);
  expect(ask('/api/page', json, 'OPTIONS')).toBe(405);
});
