import { expect, test } from 'vitest';
import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { meetRequirements, requirements } from './requirements.ts';
import { testContext } from './testing/context.ts';

/** A machine on which no program can be found, and so nothing installed either. */
const bare: Context = {
  ...testContext('/nowhere'),
  processes: {
    find: async () => undefined,
    run: async () => ({ code: 127, stdout: '', stderr: '' }),
    start: async () => 0,
  },
};

test('every program that is missing is named at once, with what to install', async () => {
  const missing = (await requirements(bare)).filter((one) => !one.ok);
  expect(missing.map((one) => one.name)).toEqual(
    expect.arrayContaining(['nft', 'iptables', 'catatonit', 'ip']),
  );
  for (const one of missing) expect(one.next).toBeDefined();
  const failure = await meetRequirements(bare).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UserMistake);
  expect((failure as UserMistake).problems.length).toBe(missing.length);
});
