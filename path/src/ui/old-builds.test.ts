import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeOldBuilds } from './old-builds.ts';

const folder = mkdtempSync(join(tmpdir(), 'ptp-builds-'));
afterAll(() => rmSync(folder, { recursive: true }));
const day = 24 * 3_600_000;
const now = Date.parse('2026-11-26T12:00:00Z');

function build(name: string, daysAgo: number): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'index.html'), name);
  utimesSync(join(folder, name), new Date(now - daysAgo * day), new Date(now - daysAgo * day));
}

test('the builds of the page that were used last are kept, and any that may still be served', async () => {
  for (const [name, daysAgo] of [
    ['used-now', 9],
    ['a', 3],
    ['b', 2],
    ['c', 0.5],
    ['d', 0.2],
    ['e', 0.1],
    ['killed.123', 2],
    ['running.456', 0],
  ] as const)
    build(name, daysAgo);
  await removeOldBuilds(join(folder, 'used-now'), now);
  expect(readdirSync(folder)).toEqual(['c', 'd', 'e', 'running.456', 'used-now']);
  // A week later nobody serves them any more: the last four are kept, the one that is used now among them.
  await removeOldBuilds(join(folder, 'c'), now + 7 * day);
  expect(readdirSync(folder)).toEqual(['c', 'd', 'e', 'used-now']);
});
