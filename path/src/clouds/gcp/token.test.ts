import { expect, test } from 'vitest';
import { tokensOf } from './token.ts';

test('callers at the same time share one renewal, and later ones ask again', async () => {
  let asked = 0;
  const tokens = tokensOf({
    getAccessToken: async () => {
      asked += 1;
      return { token: `token ${asked}` };
    },
  });
  const [one, other] = await Promise.all([tokens(), tokens()]);
  expect(one).toBe(other);
  expect(String(one)).toBe('[redacted]');
  expect((await tokens()).reveal()).toBe('token 2');
});

test('none is an error, and is asked for again', async () => {
  const answers = [{ token: null }, { token: 'good' }];
  const tokens = tokensOf({ getAccessToken: async () => answers.shift() ?? {} });
  await expect(tokens()).rejects.toThrow('no access token');
  expect((await tokens()).reveal()).toBe('good');
});
