import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

test('a secret shows its value in none of the ways things are printed', () => {
  const secret = new Secret('hunter2');
  const shown = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    Object.values(secret).join(),
    new Error(`failed with ${secret}`).stack ?? '',
  ].join('\n');
  expect(shown).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});
