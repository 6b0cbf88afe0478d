import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Resolve, rememberingLookup } from './addresses.ts';

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

function asked(answers: (string | Error)[]): { resolve: Resolve; count: () => number } {
  let count = 0;
  return {
    resolve: (_hostname, _family, callback) => {
      const answer = answers[count++] ?? failure('ENOTFOUND');
      if (typeof answer === 'string') callback(null, [{ address: answer, family: 4 }]);
      else callback(answer, []);
    },
    count: () => count,
  };
}

describe('rememberingLookup', () => {
  it('asks once while an answer counts', async () => {
    const source = asked(['10.0.0.1']);
    const lookup = promisify(rememberingLookup(60_000, source.resolve));
    expect([await lookup('backend', {}), await lookup('backend', {})]).toEqual(['10.0.0.1', '10.0.0.1']);
    expect(await lookup('backend', { all: true })).toEqual([{ address: '10.0.0.1', family: 4 }]);
    expect(source.count()).toBe(1);
  });

  it('asks again when the time is over', async () => {
    const source = asked(['10.0.0.1', '10.0.0.2']);
    const lookup = promisify(rememberingLookup(0, source.resolve));
    expect([await lookup('backend', {}), await lookup('backend', {})]).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('serves the last answer while the name server is silent, but not when it says that there is none', async () => {
    const source = asked(['10.0.0.1', failure('EAI_AGAIN'), failure('ENOTFOUND'), failure('EAI_AGAIN')]);
    const lookup = promisify(rememberingLookup(0, source.resolve));
    await lookup('backend', {});
    expect(await lookup('backend', {})).toBe('10.0.0.1');
    await expect(lookup('backend', {})).rejects.toThrow('ENOTFOUND');
    await expect(lookup('backend', {})).rejects.toThrow('EAI_AGAIN');
  });
});
