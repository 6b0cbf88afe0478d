import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { withEdit } from '../../support/edit.ts';
import { isBoundary, wordsOf } from '../../support/killing.ts';
import { type JsonLine, jsonLines, jsonResult } from '../../support/ptp.ts';
import type { PodState, System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

interface Span {
  readonly step: string;
  readonly task: string;
  readonly seconds: number;
}

/** What a change goes through on its way to users, as `--timings` shows it. */
const parts = [
  'image',
  'inspect',
  'inspect: look for known vulnerabilities',
  'inspect: look for credentials',
  'registry',
  'deploy: plan',
  'admission',
  'evidence',
  'evidence: sign',
  'evidence: attach',
  'deploy',
  'route',
  'prove',
  'traffic',
];

const boundaries = [
  'image step-done',
  'inspect step-started',
  'inspect vulnerabilities-looked-up',
  'inspect credentials-looked-for',
  'inspect step-done',
  'registry step-done',
  'deploy task-done one at a time',
  'deploy planned',
  'admission step-done',
  'deploy task-done record',
  'evidence step-started',
  'evidence step-done',
  'prove step-done',
  'traffic step-done',
];

/** What a second `up` does: only what differs. */
export function changing(system: System): void {
  const page = join(system.place.folder, 'system/frontend/src/app.tsx');
  const line = 'Each click makes one, gives it an id, and keeps it.';
  beforeAll(() => system.must('up'));

  test('with nothing changed it changes nothing', async () => {
    const before = await system.pods();
    const again = await system.must('up', '--json');
    console.info(`up with nothing changed: ${again.seconds.toFixed(2)} s`);
    const events = jsonLines(again);
    expect(events.filter(({ kind, change }) => kind === 'object-applied' && change !== 'unchanged')).toEqual(
      [],
    );
    expect(events.filter(({ kind, why }) => kind === 'image-ready' && why !== 'unchanged')).toEqual([]);
    expect(events.filter(({ kind, bytes }) => kind === 'image-published' && bytes !== 0)).toEqual([]);
    expect(events.filter(({ kind }) => kind === 'object-applied').length).toBeGreaterThan(20);
    expect(jsonResult(again)).toMatchObject({ kind: 'up', rolled: [] });
    expect(jsonResult(again)).not.toHaveProperty('traffic');
    expect(await system.pods()).toEqual(before);
  });

  test('a word changed in the frontend replaces the frontend alone', async () => {
    const before = await system.pods();
    // A word that was never built: what was signed before is not signed again.
    const word = `press ${Date.now()}`;
    await withEdit(page, [line, line.replace('click', word)], async () => {
      const up = await system.must('up', '--timings', '--json');
      console.info(`up with a word of the frontend changed: ${up.seconds.toFixed(2)} s`);
      const built = jsonLines(up).filter(({ kind, why }) => kind === 'image-ready' && why !== 'unchanged');
      expect(built).toMatchObject([{ image: 'frontend', why: 'source changed: src/app.tsx' }]);
      const { rolled, traffic } = jsonResult(up);
      expect(rolled).toEqual(['frontend']);
      console.info(`requests meanwhile: ${JSON.stringify(traffic)}`);
      expect(traffic).toMatchObject({ drained: true, writes: { missing: 0 } });
      await isServed(system, `Each ${word} makes one`);
      const { timings } = jsonResult(up) as JsonLine & { readonly timings: readonly Span[] };
      const spans = timings.map(({ step, task }) => (task === '' ? step : `${step}: ${task}`));
      expect(spans).toEqual(expect.arrayContaining([...parts]));
      expect(timings.filter(({ seconds }) => !(seconds >= 0))).toEqual([]);
      // Where the kill test kills: each step, and what is between them.
      const steps = jsonLines(up).filter(isBoundary).map(wordsOf);
      expect(steps).toEqual(expect.arrayContaining([...boundaries]));
    });
    const after = await system.pods();
    expect(others(after)).toEqual(others(before));
    const kept = new Set(before.map(({ uid }) => uid));
    expect(after.filter(({ part, uid }) => part === 'frontend' && kept.has(uid))).toEqual([]);
  });

  test('the word changed back brings the earlier image back, without building it', async () => {
    const up = await system.must('up', '--json');
    expect(
      jsonLines(up).filter(({ kind, text }) => kind === 'progress' && /npm run/.test(String(text))),
    ).toEqual([]);
    expect(jsonResult(up).rolled).toEqual(['frontend']);
    await isServed(system, line);
  });
}

function others(pods: readonly PodState[]): readonly PodState[] {
  return pods.filter(({ part }) => part !== 'frontend');
}

/** Waits until the page's program has the words: pods of the version before may serve while they end. */
async function isServed(system: System, words: string): Promise<void> {
  const door = await system.door();
  await until(
    `the page says ${words}`,
    async () => {
      const { body } = await door.send('GET', '/');
      return (await door.send('GET', /src="([^"]+\.js)"/.exec(body)?.[1] ?? '')).body.includes(words);
    },
    Boolean,
    30,
  );
}
