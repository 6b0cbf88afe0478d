import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { type PageServer, type PageSource, servePage } from './server.ts';

const client = mkdtempSync(join(tmpdir(), 'ptp-page-'));
mkdirSync(join(client, 'assets'));
writeFileSync(join(client, 'index.html'), '<!doctype html><title>page</title>');
writeFileSync(join(client, 'assets/index-1.js'), 'let a = 1;');
writeFileSync(join(client, 'secret.txt'), 'no');

let page: PageServer;
let origin: string;
let token: string;
let listening = 0;
const source: PageSource = {
  page: async () => ({ taken: 'now' }) as never,
  live: (tell, signal) =>
    new Promise((resolve) => {
      listening += 1;
      tell('trouble', 'first');
      signal.addEventListener('abort', () => {
        listening -= 1;
        resolve();
      });
    }),
  logs: async (part, line) => line({ pod: `${part}-1`, text: 'hello' }),
  diff: async (from, to) => ({ from, to, changes: [] }),
  rollback: async (to) => {
    if (to === 9) throw new UserMistake({ what: 'there is no release 9' });
    return { to };
  },
};

beforeAll(async () => {
  page = await servePage(source, client);
  const url = new URL(page.url);
  origin = url.origin;
  token = url.hash.replace('#token=', '');
});
afterAll(() => page.close());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${origin}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });

test('the page’s files are served under a strict policy, and nothing else of the folder is', async () => {
  const index = await fetch(origin);
  expect(await index.text()).toContain('<title>page</title>');
  expect(index.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  expect(index.headers.get('access-control-allow-origin')).toBeNull();
  const script = await fetch(`${origin}/assets/index-1.js`);
  expect([script.headers.get('content-type'), script.headers.get('content-encoding')]).toEqual([
    'text/javascript; charset=utf-8',
    'gzip',
  ]);
  for (const path of [
    '/secret.txt',
    '/assets/../secret.txt',
    '/assets/%2e%2e/secret.txt',
    '/assets/none.js',
    '/index.html',
  ])
    expect((await fetch(`${origin}${path}`)).status, path).toBe(404);
});

test('data is for those with the token', async () => {
  expect((await fetch(`${origin}/api/page`)).status).toBe(401);
  expect(await (await ask('/api/page')).json()).toEqual({ taken: 'now' });
  expect((await ask('/api/nothing')).status).toBe(404);
});

test('events come as they happen, and the work for them ends when nobody listens any more', async () => {
  const ended = new AbortController();
  const answer = await ask('/api/events', { signal: ended.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const { value } = (await answer.body?.getReader().read()) ?? {};
  expect(new TextDecoder().decode(value)).toBe('event: trouble\ndata: "first"\n\n');
  expect(listening).toBe(1);
  ended.abort();
  await expect.poll(() => listening).toBe(0);
});

test('a stream ends with what it tells of', async () => {
  expect(await (await ask('/api/logs?part=web')).text()).toBe(
    'event: line\ndata: {"pod":"web-1","text":"hello"}\n\n',
  );
});

test('going back is asked for by this page alone, and a mistake is told as one', async () => {
  const back = (to: unknown, headers: Readonly<Record<string, string>> = { origin }) =>
    ask('/api/rollback', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ to }),
    });
  expect(await (await back(3)).json()).toEqual({ to: 3 });
  expect((await back(3, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await back(3, {})).status).toBe(403);
  expect((await back('3')).status).toBe(400);
  const refused = await back(9);
  expect([refused.status, await refused.json()]).toEqual([
    409,
    { problems: [{ what: 'there is no release 9' }] },
  ]);
});

test('a comparison names two releases', async () => {
  expect(await (await ask('/api/diff?from=1&to=2')).json()).toEqual({ from: 1, to: 2, changes: [] });
  expect((await ask('/api/diff?from=1')).status).toBe(409);
});
