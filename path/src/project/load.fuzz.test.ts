import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { UserMistake } from '../core/failure.ts';
import { fuzzed, fuzzTime } from '../core/fuzz.test-support.ts';
import { loadProject } from './load.ts';
import { base, keysOf, set, spots, styles, written } from './testing/mistakes.ts';
import { loadsOrTells, outcome, problemsOf, projectFolder, told } from './testing/outcome.ts';

const file = projectFolder();

test('the document that is mutated below loads, in every way of writing it', {
  timeout: fuzzTime,
}, async () => {
  await fc.assert(
    fc.asyncProperty(styles, async (style) => {
      expect(await outcome(written(base, style))).toMatchObject({ name: 'shop', target: { name: 'local' } });
    }),
    fuzzed(20),
  );
});

test('of k mistakes at k keys, k are told, each at its key, and none that was not made', {
  timeout: fuzzTime,
}, async () => {
  const mistakes = fc.uniqueArray(
    fc
      .constantFrom(...spots)
      .chain(([path, wrong]) => fc.tuple(fc.constant(path), fc.constantFrom(...wrong))),
    { selector: ([path]) => path, minLength: 1, maxLength: spots.length },
  );
  await fc.assert(
    fc.asyncProperty(mistakes, styles, async (made, style) => {
      const document = structuredClone(base) as unknown;
      for (const [path, value] of made) set(document, keysOf(path), value);
      const text = written(document, style);
      const problems = await problemsOf(text);
      told(problems, text);
      expect(new Set(problems.map(({ where }) => where?.key))).toEqual(new Set(made.map(([path]) => path)));
    }),
    fuzzed(150),
  );
});

test('any value at any key loads or is told', { timeout: fuzzTime }, async () => {
  const paths = fc.constantFrom(
    ...spots.map(([path]) => path),
    'components',
    'services',
    'targets',
    'components.web',
  );
  const anything = fc.oneof(
    { weight: 3, arbitrary: fc.jsonValue({ depthSize: 'medium', stringUnit: 'binary' }) },
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'x'.repeat(100_000),
      'a://'.repeat(20_000),
      '~',
      'null',
      '0x1F',
      '1e400',
      '2001-01-01',
      '*a',
      '!!x',
    ),
  );
  const changes = fc.array(fc.tuple(paths, anything), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(changes, styles, async (made, style) => {
      const document = structuredClone(base) as unknown;
      for (const [path, value] of made) {
        try {
          set(document, keysOf(path), value);
        } catch {
          // An earlier change put no map above this key.
        }
      }
      await loadsOrTells(written(document, style));
    }),
    fuzzed(80),
  );
});

/** Pieces of YAML that mean something, in no order. */
const soup = fc
  .array(
    fc.constantFrom(
      ...[
        'name',
        'components',
        'web',
        'source',
        'src',
        'services',
        'targets',
        '__proto__',
        'constructor',
        '<<',
        'x',
      ],
      ...[
        ': ',
        ':',
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        '? ',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '"',
        "'",
        '|',
        '>',
        '|2-',
        '#',
        '\t',
      ],
      ...[
        '&a ',
        '*a',
        '*b',
        '!',
        '!!str ',
        '!!binary ',
        '!!set ',
        '!<x> ',
        '%YAML 1.1\n',
        '---\n',
        '...\n',
        '~',
        '\\',
        '\r',
      ],
      ...[
        '1',
        '.inf',
        '.nan',
        '-0',
        '1e999',
        '0o17',
        'true',
        '\0',
        '\u0085',
        '\u2028',
        '\ufeff',
        '\ud800',
        '😀',
        '"\\u0000"',
      ],
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(''));

test('any text loads or is told', { timeout: fuzzTime }, async () => {
  await fc.assert(fc.asyncProperty(fc.oneof(soup, fc.string({ unit: 'binary' })), loadsOrTells), fuzzed(300));
});

test('any bytes load or are told', { timeout: fuzzTime }, async () => {
  const whole = Buffer.from(stringify(base));
  const damaged = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  const cut = fc.nat(whole.length).map((end) => whole.subarray(0, end));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, cut, fc.uint8Array({ maxLength: 200 })), loadsOrTells),
    fuzzed(200),
  );
});

test('a file without end or beyond all measure is refused unread', async () => {
  await writeFile(file(), `name: shop\n#${'x'.repeat(1 << 20)}`);
  await expect(loadProject(file())).rejects.toThrow(/no ptp.yaml has more than/);
  await expect(loadProject('/dev/zero')).rejects.toThrow(UserMistake);
});

test('the environment is taken or told', { timeout: fuzzTime }, async () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('', '0', '65536', '1e3', '0x50', '٣', ' 80'),
  );
  const names = fc.constantFrom('PTP_INSTANCE', 'PTP_HTTP_PORT', 'PTP_HTTPS_PORT', 'PTP_DOMAIN');
  await writeFile(file(), stringify(base));
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(names, value),
      fc.option(fc.string(), { nil: undefined }),
      async (env, target) => {
        try {
          const { ports } = (await loadProject(file(), target, { env })).target;
          expect(ports.http).not.toBe(ports.https);
        } catch (error) {
          if (!(error instanceof UserMistake)) throw error;
          for (const { what, where, next } of error.problems) {
            expect(what).not.toMatch(/[\p{Cc}\p{Cs}]/u);
            expect([where?.key ?? '', next ?? '']).not.toContain('');
          }
        }
      },
    ),
    fuzzed(100),
  );
});
