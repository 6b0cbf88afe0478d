import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { withEdit } from '../../support/edit.ts';
import { jsonLines, jsonResult } from '../../support/ptp.ts';
import type { PodState, System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

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
    await withEdit(page, [line, line.replace('click', 'press')], async () => {
      const up = await system.must('up', '--json');
      console.info(`up with a word of the frontend changed: ${up.seconds.toFixed(2)} s`);
      const built = jsonLines(up).filter(({ kind, why }) => kind === 'image-ready' && why !== 'unchanged');
      expect(built).toMatchObject([{ image: 'frontend', why: 'source changed: src/app.tsx' }]);
      const { rolled, traffic } = jsonResult(up);
      expect(rolled).toEqual(['frontend']);
      console.info(`requests meanwhile: ${JSON.stringify(traffic)}`);
      expect(traffic).toMatchObject({ drained: true, writes: { missing: 0 } });
      await isServed(system, 'Each press makes one');
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
