import { afterEach, beforeEach, expect, test } from 'vitest';
import { generalChecks } from './doctor.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

test('looks at this machine, also where the cache is not there yet', async () => {
  const checks = await generalChecks({ ...world.context, cache: `${world.folder}/not/there/yet` });
  expect(checks.map(({ name }) => name)).toEqual(['Node.js', 'memory', 'room for the cache', 'npm']);
  expect(checks[0]).toEqual({ name: 'Node.js', ok: true, found: process.versions.node });
  expect(Number(/^([\d.]+) GiB free/.exec(checks[2]?.found ?? '')?.[1])).toBeGreaterThan(0);
});

test('what is not well comes with what to do', async () => {
  const processes = { ...world.context.processes, find: async () => undefined };
  const npm = (await generalChecks({ ...world.context, processes })).find(({ name }) => name === 'npm');
  expect(npm).toEqual({ name: 'npm', ok: false, found: 'not on PATH', next: expect.stringContaining('npm') });
});
