import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryName } from '../../effects/temporary.ts';
import { layoutOf } from './layout.ts';
import { alone } from './lock.ts';
import { testContext } from './testing/context.ts';

let folder: string;
let layout: ReturnType<typeof layoutOf>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-lock-'));
  layout = layoutOf('hello', join(folder, 'state'), join(folder, 'run'));
  await mkdir(join(folder, 'run'));
});
afterEach(() => rm(folder, { recursive: true }));

test('work on one instance never overlaps, and leaves no lock', async () => {
  const context = testContext(folder);
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise(setImmediate);
    inside--;
  };
  await alone(context, layout, work);
  await alone(context, layout, work);
  const first = alone(context, layout, async () => {
    await work();
    return 'first';
  });
  expect(await first).toBe('first');
  expect(most).toBe(1);
  expect(await readdir(folder)).not.toContain('run');
});

test('a lock of a process that is gone, or of another with its pid, holds nothing back and goes', async () => {
  const context = testContext(folder);
  const own = temporaryName(`${layout.run}.lock`);
  for (const held of [own.replace(/~\d+-/, '~4000000-'), own.replace(/-\d+-/, '-1-')]) {
    await mkdir(join(folder, 'run'), { recursive: true });
    await writeFile(held, '');
    expect(await alone(context, layout, async () => 'done')).toBe('done');
    expect(await readdir(folder)).not.toContain('run');
  }
});

test('of many at once, after one that was killed, each is alone', async () => {
  const context = testContext(folder);
  await writeFile(temporaryName(`${layout.run}.lock`).replace(/~\d+-/, '~4000000-'), '');
  let inside = 0;
  const done = await Promise.all(
    Array.from({ length: 6 }, () =>
      alone(context, layout, async () => {
        inside += 1;
        await new Promise(setImmediate);
        const seen = inside;
        inside -= 1;
        return seen;
      }),
    ),
  );
  expect(done).toEqual([1, 1, 1, 1, 1, 1]);
});

test('work that fails gives the lock back', async () => {
  const context = testContext(folder);
  const fail = () => Promise.reject(new Error('no'));
  await expect(alone(context, layout, fail)).rejects.toThrow('no');
  expect(await alone(context, layout, async () => 'done')).toBe('done');
});

test('who waits for a living holder says for whom, and can be stopped', async () => {
  const stop = new AbortController();
  const context = { ...testContext(folder), signal: stop.signal };
  const { promise: hold, resolve: letGo } = Promise.withResolvers<void>();
  const events: string[] = [];
  const first = alone(testContext(folder), layout, () => hold);
  await expect
    .poll(() => readdir(join(folder, 'run')))
    .toContainEqual(expect.stringMatching(/^hello\.lock~/));
  const second = alone(
    { ...context, emit: (event) => events.push('text' in event ? event.text : '') },
    layout,
    async () => 'never',
  );
  await expect.poll(() => events.join()).toContain(`process ${process.pid} works`);
  stop.abort(new Error('stopped'));
  await expect(second).rejects.toThrow(/stopped|aborted/);
  letGo();
  await first;
});
