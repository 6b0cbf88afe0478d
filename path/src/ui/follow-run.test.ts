import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunLine } from '../operate/runs.ts';
import { followRun } from './follow-run.ts';

const begun = (command: string, pid: number) =>
  ({ kind: 'begun', at: '2026-11-26T10:00:00Z', command, pid }) as const;
const note = (text: string) =>
  ({ kind: 'event', at: '2026-11-26T10:00:01Z', event: { kind: 'note', step: 'deploy', text } }) as const;
const text = (...lines: readonly RunLine[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

test('what was written is told, then what is written, line by line, and that another run has begun', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ptp-follow-')), 'run.jsonl');
  const told: { anew: boolean; lines: readonly RunLine[] }[] = [];
  const ended = new AbortController();
  writeFileSync(file, text(begun('up', 1), note('a')));
  await followRun(file, ended.signal, (run) => told.push(run));
  expect(told).toEqual([{ anew: true, lines: [begun('up', 1), note('a')] }]);

  const half = text(note('b'));
  appendFileSync(file, half.slice(0, 20));
  appendFileSync(file, half.slice(20));
  await expect.poll(() => told.at(-1)).toEqual({ anew: false, lines: [note('b')] });

  writeFileSync(file, text(begun('rollback', 2)));
  await expect.poll(() => told.at(-1)).toEqual({ anew: true, lines: [begun('rollback', 2)] });
  ended.abort();
});

test('a journal that is not there yet is told when it is', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'ptp-follow-')), 'run.jsonl');
  const told: unknown[] = [];
  const ended = new AbortController();
  await followRun(file, ended.signal, (run) => told.push(run));
  expect(told).toEqual([]);
  writeFileSync(file, text(begun('up', 1)));
  await expect.poll(() => told).toEqual([{ anew: true, lines: [begun('up', 1)] }]);
  ended.abort();
});
