import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { fuzzed } from '../core/fuzz.test-support.ts';
import { lockText, parseLock } from './lock-file.ts';

const lock = {
  version: 1,
  request: { packages: ['a'], without: [], closed: false, suite: 'trixie', architecture: 'amd64' },
  resolved: [
    {
      name: 'a',
      version: '1.0',
      architecture: 'amd64',
      archive: 'main',
      path: 'pool/a_1.0_amd64.deb',
      size: 12,
      sha256: 'ab'.repeat(32),
      depends: [],
    },
  ],
} as const;
const whole = lockText([lock]);

function takenOrTold(text: string): void {
  try {
    for (const { resolved } of parseLock(text, '/x/ptp.lock')) {
      for (const { path, size, sha256 } of resolved) {
        expect(path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|[\s?#]/);
        expect(size).toBeGreaterThan(0);
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    for (const { what, where, next } of error.problems) {
      expect(where?.file).toBe('/x/ptp.lock');
      expect(next).toBeDefined();
      expect(what).not.toMatch(
        /[\p{Cc}\p{Cs}]|Invalid|Unexpected|Too (big|small)|\bundefined\b|\[object|call stack/u,
      );
      expect(what.length).toBeLessThan(500);
    }
  }
}

test('any text in the place of a lock is a lock, or told', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom(
      '../',
      '-1',
      '1e99',
      'null',
      '[]',
      '{}',
      '"',
      ',',
      '<<<<<<< HEAD\n',
      '#',
      '\ufeff',
      '"version": 9,',
      '['.repeat(50_000),
    ),
  );
  const changes = fc.array(fc.tuple(fc.nat(whole.length), fc.nat(6), piece), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(changes, (all) => {
      let text = whole;
      for (const [at, cut, put] of all) text = text.slice(0, at) + put + text.slice(at + cut);
      takenOrTold(text);
    }),
    fuzzed(200),
  );
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), takenOrTold), fuzzed(100));
});
