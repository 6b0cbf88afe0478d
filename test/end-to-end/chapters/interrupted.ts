import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { withEdit } from '../../support/edit.ts';
import { type JsonLine, startPtp } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import { ofKilling } from './surviving.ts';

/** When an `up` is killed: words for the test's name, and the event that tells it is there. */
export type Moment = readonly [string, (line: JsonLine) => boolean];

/** An `up` that is killed, and two at once. */
export function interrupted(system: System): void {
  const page = join(system.place.folder, 'system/frontend/src/app.tsx');
  const line = 'Each click makes one, gives it an id, and keeps it.';
  beforeAll(async () => {
    await system.must('up');
    await system.rows.make(await system.door());
  });
  afterEach(async () => {
    await system.must('up');
    await system.mustBeWellBut(ofKilling);
    expect(await system.rows.lost(await system.door())).toEqual([]);
  });

  const moments: readonly Moment[] = [
    ['it builds', ({ kind, text }) => kind === 'progress' && text === 'running npm run build'],
    ['it publishes', ({ kind, step }) => kind === 'step-started' && step === 'registry'],
    [
      'it rolls out',
      ({ kind, step, change }) => kind === 'object-applied' && step === 'deploy' && change === 'configured',
    ],
  ];

  test.each(moments)('killed while %s, the next one goes on', async (what, such) => {
    // Another word each time, so that each time there is something to build.
    await withEdit(page, [line, `${line} (Killed while ${what}.)`], async () => {
      const run = startPtp(system.place, ['up', '--json']);
      await run.saw(such);
      run.child.kill('SIGKILL');
      expect((await run.ended).signal).toBe('SIGKILL');
      const door = await system.door();
      expect((await door.send('GET', '/')).status).toBe(200);
    });
  });

  test('stopped with Ctrl-C it ends with 130, and the next one goes on', async () => {
    await withEdit(page, [line, `${line} (Stopped.)`], async () => {
      const run = startPtp(system.place, ['up', '--json']);
      await run.saw(moments[0]?.[1] ?? (() => false));
      run.child.kill('SIGINT');
      expect((await run.ended).code).toBe(130);
    });
  });

  test('two at once break nothing', async () => {
    await withEdit(page, [line, `${line} (Twice.)`], async () => {
      const both = await Promise.all([system.ptp('up', '--json'), system.ptp('up', '--json')]);
      expect(both.map(({ code }) => code)).toContain(0);
      for (const { stdout, stderr } of both) expect(stdout + stderr).not.toMatch(/"kind":"bug"/);
    });
  });
}
