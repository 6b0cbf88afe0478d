import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Event } from '../core/event.ts';
import { StepFailed } from '../core/failure.ts';
import type { Project } from '../project/project.ts';
import { journalled, journalOf, runLines } from './runs.ts';

const project = { name: 'shop', target: { name: 'local', instance: 'shop' } } as Project;
const clock = { monotonic: () => 0, now: () => new Date(0), sleep: async () => {} };
const note: Event = { kind: 'note', step: 'deploy', text: 'so' };

test('a run’s events are told and written; a new run begins a new journal', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'ptp-runs-'));
  const told: Event[] = [];
  const work = async (emit: (event: Event) => void) => emit(note);
  await journalled({ cache, clock }, project, 'up', (event) => told.push(event), work);
  await journalled({ cache, clock }, project, 'rollback', () => {}, work);
  expect(told).toEqual([note]);
  const lines = runLines(readFileSync(journalOf(cache, project), 'utf8'));
  expect(lines).toMatchObject([
    { kind: 'begun', command: 'rollback' },
    { kind: 'event', event: note },
    { kind: 'ended', ok: true },
  ]);
});

test('a failure is written with its problems, and thrown on', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'ptp-runs-'));
  const failing = journalled(
    { cache, clock },
    project,
    'up',
    () => {},
    async () => {
      throw new StepFailed({ what: 'no' });
    },
  );
  await expect(failing).rejects.toThrow('no');
  const lines = runLines(`${readFileSync(journalOf(cache, project), 'utf8')}{"kind":"ev`);
  expect(lines.at(-1)).toMatchObject({ kind: 'ended', ok: false, problems: [{ what: 'no' }] });
});

test('where no journal can be written the work is done all the same', async () => {
  const done = await journalled(
    { cache: '/dev/null', clock },
    project,
    'up',
    () => {},
    async () => 7,
  );
  expect(done).toBe(7);
});
