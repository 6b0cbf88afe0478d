import { expect, test } from 'vitest';
import { tokenSource } from './token.ts';

function credential(lifetime: number, clock: { now: number }) {
  const asked: string[] = [];
  const getToken = async (scope: string | string[]) => {
    asked.push(String(scope));
    return { token: `token ${asked.length}`, expiresOnTimestamp: clock.now + lifetime };
  };
  return { asked, credential: { getToken } };
}

test('many who ask at once are given the token of one request', async () => {
  const clock = { now: 0 };
  const { asked, credential: given } = credential(3_600_000, clock);
  const token = tokenSource(given, 'scope', () => clock.now);
  const all = await Promise.all([token(), token(), token()]);
  expect(all.map((one) => one.reveal())).toEqual(['token 1', 'token 1', 'token 1']);
  expect(asked).toEqual(['scope']);
});

test('a token is renewed before it ends, and not sooner', async () => {
  const clock = { now: 0 };
  const { asked, credential: given } = credential(3_600_000, clock);
  const token = tokenSource(given, 'scope', () => clock.now);
  await token();
  clock.now = 3_200_000;
  expect((await token()).reveal()).toBe('token 1');
  clock.now = 3_400_000;
  expect((await token()).reveal()).toBe('token 2');
  expect(asked).toHaveLength(2);
});

test('a request that failed is no answer for those who come after', async () => {
  let fails = true;
  const getToken = async () => {
    if (fails) throw new Error('no network');
    return { token: 'token', expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
  };
  const token = tokenSource({ getToken }, 'scope');
  await expect(token()).rejects.toThrow('no network');
  fails = false;
  expect((await token()).reveal()).toBe('token');
});
