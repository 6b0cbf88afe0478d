import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzed, fuzzTime, processorSeconds } from '../core/fuzz.test-support.ts';
import { ownMatches } from './own-rules.ts';
import { plantedCredentials } from './planted.test-support.ts';
import { scanText } from './scan-text.ts';

const pieces = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'password',
      'token: ',
      'SECRET=',
      '"',
      "'",
      '`',
      ' = ',
      '-----BEGIN ',
      'PRIVATE KEY-----',
      '://a:',
      '@',
      '\n',
      '\r\n',
      'eyJ',
      '.',
      '\\n',
    ),
    fc.constantFrom(...plantedCredentials.map(({ text }) => text)),
  ),
  { maxLength: 30 },
);
const path = fc.constantFrom('a.ts', '.env', 'a.yaml', '.npmrc', 'a/b.json');

test(
  'any text is searched, and what is told has lines of it and nothing else of it',
  async () => {
    await fc.assert(
      fc.asyncProperty(pieces, path, async (parts, file) => {
        const text = parts.join('');
        const lines = text.split('\n').length;
        for (const { line, rule } of await scanText(text, file)) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines);
          expect(rule).toMatch(/^[a-z0-9-]{2,40}$/);
        }
      }),
      fuzzed(150),
    );
  },
  fuzzTime,
);

test(
  'a credential is found whatever stands in the lines around it',
  async () => {
    const around = fc.array(fc.constantFrom('const a = 1;', '// a comment', '', "import b from 'b';", '}'), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...plantedCredentials),
        around,
        around,
        async ({ text, rule, file }, above, below) => {
          const hits = await scanText([...above, text, ...below].join('\n'), file);
          expect(hits).toContainEqual({ rule, line: above.length + 1 });
        },
      ),
      fuzzed(150),
    );
  },
  fuzzTime,
);

const repeated = [
  'password',
  'password = "',
  'token"',
  'a:b@',
  '://a:',
  'eyJ',
  'eyJaaaaaaaaaaaaa.',
  '-----BEGIN PRIVATE KEY-----\\n',
  '-----BEGIN ',
  'A: b\n',
  'x',
  '"',
  'AKIA',
  '_auth=',
  'abc8Q~',
  ' ',
  '/',
  '.',
];
test.each(repeated)('a text of nothing but %j takes time by its length, not by its square', async (piece) => {
  const text = (size: number) => piece.repeat(Math.ceil(size / piece.length));
  const [short, long] = [text(1 << 17), text(1 << 20)];
  await scanText(short, '.env');
  const one = await processorSeconds(() => ownMatches(short, '.env'));
  const other = await processorSeconds(() => ownMatches(long, '.env'));
  // Eight times the text; the square would be sixty-four times.
  expect(other).toBeLessThan(30 * Math.max(one, 0.02));
  await scanText(long, '.env');
});
