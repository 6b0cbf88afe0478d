// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApi, parseId } from './api.ts';
import { type FakeBackend, held, json, startBackend } from './backend.fake.ts';

let backend: FakeBackend;
const never = new AbortController().signal;

beforeEach(async () => {
  backend = await startBackend(['one']);
  const { happyDOM } = window as unknown as { readonly happyDOM: { setURL(url: string): void } };
  happyDOM.setURL(backend.url);
});
afterEach(async () => await backend.stop());

test('rows are made, read and counted', async () => {
  const api = createApi();
  expect(await api.count(never)).toEqual({ ok: true, value: 1 });
  expect(await api.make(never)).toEqual({ ok: true, value: 2 });
  expect(await api.row(2, never)).toEqual({
    ok: true,
    value: { id: 2, data: 'made-2', createdAt: '2026-11-23T05:27:00.123456Z' },
  });
  expect(await api.row(3, never)).toEqual({ ok: false, failure: { kind: 'missing' } });
  expect(backend.requests).toEqual(['GET /api/', 'POST /api/', 'GET /api/2', 'GET /api/3']);
});

const row = { id: 1, data: 'one', createdAt: '2026-11-23T05:27:00Z' };
test.each([
  null,
  [],
  'one',
  {},
  { ...row, id: 2 },
  { ...row, id: '1' },
  { ...row, data: null },
  { ...row, createdAt: 'yesterday' },
  { ...row, createdAt: 7 },
])('a row %j is malformed', async (body) => {
  backend.next('GET /api/1', (response) => json(response, 200, body));
  expect(await createApi().row(1, never)).toEqual({
    ok: false,
    failure: { kind: 'malformed', what: 'the data' },
  });
});

test.each([null, 3, {}, { count: '3' }, { count: -1 }, { count: 1.5 }, { count: 1e300 }])(
  'a count %j is malformed',
  async (body) => {
    backend.next('GET /api/', (response) => json(response, 200, body));
    expect(await createApi().count(never)).toMatchObject({ ok: false, failure: { kind: 'malformed' } });
  },
);

test('an answer that is no JSON is malformed, one that breaks off is unreachable', async () => {
  backend.next('GET /api/', (response) => response.end('<!doctype html>'));
  expect(await createApi().count(never)).toMatchObject({ failure: { kind: 'malformed' } });
  backend.next('GET /api/', (response) => {
    response.writeHead(200, { 'content-length': '20' });
    response.write('{"count"');
    setImmediate(() => response.destroy());
  });
  expect(await createApi().count(never)).toMatchObject({ failure: { kind: 'unreachable' } });
});

test.each([
  undefined,
  '',
  '7',
  '/7',
  'http://a/',
  'http://a/x',
  'http://a/7/8',
  'http://a/0x7',
  'http://a//evil/7',
  'http://a/api/7',
])('a Location %j names no row', async (location) => {
  backend.next('POST /api/', (response) => {
    response.writeHead(201, location === undefined ? {} : { location }).end();
  });
  expect(await createApi().make(never)).toMatchObject({ ok: false, failure: { kind: 'malformed' } });
});

test('only 201 says that a row was made', async () => {
  backend.next('POST /api/', (response) => response.writeHead(200, { location: 'http://a/7' }).end());
  expect(await createApi().make(never)).toMatchObject({ failure: { kind: 'malformed' } });
  backend.next('POST /api/', (response) => response.writeHead(500, { location: 'http://a/7' }).end());
  expect(await createApi().make(never)).toEqual({ ok: false, failure: { kind: 'status', status: 500 } });
});

test('a call ends at its time, also when the answer stops in the middle', async () => {
  const failure = { kind: 'timeout', seconds: 0.2 };
  backend.next('GET /api/', () => undefined);
  expect(await createApi(200).count(never)).toEqual({ ok: false, failure });
  backend.next('GET /api/1', (response) => response.writeHead(200).write('{"id"'));
  expect(await createApi(200).row(1, never)).toEqual({ ok: false, failure });
});

test('a call that the page gives up is told apart from one that failed', async () => {
  const asked = held(() => undefined);
  backend.next('GET /api/', asked.reply);
  const page = new AbortController();
  const result = createApi().count(page.signal);
  await asked.arrived;
  page.abort();
  expect(await result).toEqual({ ok: false, failure: { kind: 'aborted' } });
});

test('ids are whole numbers from 1 that JSON can hold', () => {
  expect(['1', '42', '9007199254740991'].map(parseId)).toEqual([1, 42, 9007199254740991]);
  for (const text of [
    '',
    '0',
    '-1',
    '+1',
    '01',
    '0x1',
    '1.0',
    '1e3',
    ' 1',
    '٣',
    '1;x=1',
    '9007199254740992',
  ]) {
    expect(parseId(text), text).toBeUndefined();
  }
});
