import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseId } from './id.ts';

test.each([
  '0x1',
  '+1',
  '01',
  '00',
  '1;x=1',
  '١',
  '１',
  '1.0',
  '1e3',
  ' 1',
  '1 ',
  '1\n',
  '-',
  '-0',
  '-01',
  '',
  '1_000',
  'livez',
  '∞',
])('%j is no number', (text) => {
  expect(parseId(text)).toBe('malformed');
});

test.each(['0', '-1', '9223372036854775808', '10000000000000000000', `1${'0'.repeat(5000)}`])(
  '%s is a number that no row has',
  (text) => {
    expect(parseId(text)).toBe('none');
  },
);

test('every 64-bit id is itself, exactly', () => {
  expect(parseId('9007199254740993')).toBe(9007199254740993n);
  expect(parseId('9223372036854775807')).toBe(9223372036854775807n);
  fc.assert(fc.property(fc.bigInt(1n, 2n ** 63n - 1n), (id) => parseId(id.toString()) === id));
});

test('no text but its decimal form leads to an id', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const id = parseId(text);
      return typeof id === 'string' || id.toString() === text;
    }),
  );
});
