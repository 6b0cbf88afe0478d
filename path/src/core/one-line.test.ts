import fc from 'fast-check';
import { expect, test } from 'vitest';
import { oneLine } from './one-line.ts';

test('whatever the text, it becomes one line that moves no cursor and is not long', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      const line = oneLine(text);
      expect([...line].length).toBeLessThanOrEqual(300);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(line.isWellFormed()).toBe(true);
    }),
  );
});

test('ordinary text stays as it is, and what was cut says so', () => {
  expect(oneLine('`größe` is no key')).toBe('`größe` is no key');
  expect(oneLine('a\r\nb\u001b[2Jc')).toBe('a b [2Jc');
  expect(oneLine('x'.repeat(1_000_000))).toBe(`${'x'.repeat(299)}…`);
});
