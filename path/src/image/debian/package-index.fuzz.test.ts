import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseControl } from '../../core/control.ts';
import { compareVersions, type Operator, satisfies } from '../../core/debian-version.ts';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import { fuzzed, fuzzTime, processorSeconds } from '../../core/fuzz.test-support.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { lockSchema } from './lock.ts';
import { readIndex } from './package-index.ts';
import { accepts, parseRelations, relationText } from './relation.ts';
import { readRelease } from './release.ts';
import { resolve } from './resolve.ts';

const timeout = fuzzTime;

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'libc6', 'g++');
const version = fc.oneof(
  fc.stringMatching(/^(?:[0-9]:)?[0-9][0-9a-z.+~]{0,6}(?:-[0-9a-z.+~]{1,4})?$/),
  fc.constantFrom(
    '1',
    '1.0',
    '1~',
    '1.0-1',
    '0:1',
    '1:0',
    '1.0~~',
    '1.0~rc1',
    '1.00',
    '1.0a',
    '1.0+',
    '00001',
  ),
);
const operator = fc.constantFrom<Operator>('<<', '<=', '=', '>=', '>>');
const relation = fc
  .tuple(name, fc.option(fc.tuple(operator, version)))
  .map(([of, constraint]) => (constraint === null ? of : `${of} (${constraint.join(' ')})`));
const relations = fc
  .array(
    fc.array(relation, { minLength: 1, maxLength: 2 }).map((some) => some.join(' | ')),
    { maxLength: 3 },
  )
  .map((all) => all.join(', '));
const provided = fc
  .array(fc.tuple(name, fc.option(version)), { maxLength: 2 })
  .map((all) => all.map(([of, as]) => (as === null ? of : `${of} (= ${as})`)).join(', '));
const paragraph = fc
  .record({
    name,
    version,
    depends: relations,
    provides: provided,
    size: fc.integer({ min: 1, max: 9_999_999 }),
  })
  .map((one) => ({ ...one, path: `pool/${one.name}_${one.version}.deb`, sha256: 'ab'.repeat(32) }));
type Paragraph = typeof paragraph extends fc.Arbitrary<infer T> ? T : never;

function written(all: readonly Paragraph[]): string {
  return all
    .map((one) =>
      [
        `Package: ${one.name}`,
        `Version: ${one.version}`,
        'Architecture: amd64',
        ...(one.depends === '' ? [] : [`Depends: ${one.depends}`]),
        ...(one.provides === '' ? [] : [`Provides: ${one.provides}`]),
        'Description: a package',
        ' that goes on',
        ' .',
        `Filename: ${one.path}`,
        `Size: ${one.size}`,
        `SHA256: ${one.sha256}\n`,
      ].join('\n'),
    )
    .join('\n');
}

/** The result, or undefined where it was refused in words for a person. */
function told<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof UserMistake)) throw error;
    for (const { what, next = '' } of error.problems) {
      expect(what).not.toMatch(/[\p{Cc}\p{Cs}]|undefined|\[object/u);
      expect(what.length).toBeLessThan(600);
      expect(next).not.toBe('');
    }
    return undefined;
  }
}

const names = ['a', 'b', 'c', 'd', 'e', 'libc6', 'g++', '__proto__', 'constructor', ''];

/** Asks for everything that an index has. */
function readAll(text: string) {
  const index = readIndex([{ archive: 'main', text }], 'amd64');
  return names.flatMap((one) => [
    ...(told(() => index.versions(one)) ?? []),
    ...(told(() => index.providers(one)) ?? []),
  ]);
}

test('what an index says of a package is found', { timeout }, () => {
  fc.assert(
    fc.property(fc.array(paragraph, { maxLength: 6 }), (all) => {
      const index = readIndex([{ archive: 'security', text: written(all) }], 'amd64');
      for (const one of all) {
        const { path, size, sha256 } = one;
        expect(index.versions(one.name)).toContainEqual(
          expect.objectContaining({ path, size, sha256, archive: 'security' }),
        );
        for (const part of one.provides.split(', ').filter(Boolean))
          expect(index.providers(part.split(' ')[0] ?? '')).toContainEqual(expect.objectContaining({ path }));
      }
      for (const of of names) {
        const versions = index.versions(of).map((found) => found.version);
        for (const [at, newer] of versions.entries())
          expect(compareVersions(newer, versions[at + 1] ?? '~~')).toBeGreaterThanOrEqual(0);
      }
    }),
    fuzzed(100),
  );
});

const pieces = fc.constantFrom(
  ...[
    '\n',
    '\n\n',
    ' ',
    '\n ',
    ':',
    ': ',
    ',',
    '|',
    '(',
    ')',
    '>=',
    '[',
    ']',
    '<',
    '>',
    '#',
    '\t',
    '\r',
    '\0',
    '\u0085',
  ],
  ...[
    'Package: ',
    '\nPackage: ',
    '\nProvides: ',
    '\nDepends: ',
    '\nVersion: ',
    '\nFilename: ',
    '\nSize: ',
    '\nSHA256: ',
    'amd64',
  ],
  ...['a', '../../etc/x', '/x', '-1', '1e3', '0x10', '9'.repeat(20), 'ab'.repeat(32), '__proto__', 'é'],
);

test('a damaged index gives records that are whole, or is told', { timeout }, () => {
  const damage = fc.array(fc.tuple(fc.nat(), pieces, fc.nat(40)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(paragraph, { maxLength: 4 }),
      damage,
      fc.array(pieces, { maxLength: 30 }),
      (all, made, noise) => {
        let text = written(all);
        for (const [at, piece, cut] of made) {
          const place = text.length === 0 ? 0 : at % text.length;
          text = text.slice(0, place) + piece + text.slice(place + cut);
        }
        for (const record of [...readAll(text), ...readAll(noise.join(''))]) {
          expect(record.size).toBeGreaterThan(0);
          expect(record.path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|[\s?#]/);
          expect(record.sha256).toMatch(/^[0-9a-f]{64}$/);
          expect(record.version).toMatch(/^\S+$/);
        }
      },
    ),
    fuzzed(150),
  );
});

test('a control file is read as it was written, and any text is read or refused', { timeout }, () => {
  const key = fc.stringMatching(/^[A-Z][A-Za-z-]{0,8}$/);
  const value = fc.stringMatching(/^[!-~]{1,9}( [!-~]{1,9})*$/);
  const fields = fc.uniqueArray(fc.tuple(key, value), {
    selector: ([of]) => of.toLowerCase(),
    minLength: 1,
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.array(fields, { maxLength: 4 }), (all) => {
      const text = all.map((one) => one.map(([of, is]) => `${of}: ${is}\n`).join('')).join('\n');
      expect(parseControl(text).map((one) => [...one])).toEqual(
        all.map((one) => one.map(([of, is]) => [of.toLowerCase(), is])),
      );
    }),
    fuzzed(100),
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (all) => {
      try {
        parseControl(all.join(''));
        parseRelations(all.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        expect((error as Error).message.length).toBeLessThan(200);
      }
    }),
    fuzzed(200),
  );
});

test('relations are read as they are written, and a constraint means what its version says', {
  timeout,
}, () => {
  fc.assert(
    fc.property(relations, version, (text, other) => {
      const read = parseRelations(text);
      expect(read.map((group) => group.map(relationText).join(' | ')).join(', ')).toBe(text);
      for (const one of read.flat()) {
        const { constraint } = one;
        expect(accepts(one, other)).toBe(
          constraint === undefined || satisfies(other, constraint.operator, constraint.version),
        );
      }
    }),
    fuzzed(200),
  );
});

test('versions have an order: none is before itself, and what is between is between', { timeout }, () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(compareVersions(a, a)).toBe(0);
      expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
    fuzzed(500),
  );
});

const dpkg = await nodeProcesses.find('dpkg');

test.skipIf(dpkg === undefined)('versions have the order that dpkg gives them', { timeout }, async () => {
  await fc.assert(
    fc.asyncProperty(version, version, async (a, b) => {
      const is = async (operation: string) => {
        const args = ['--compare-versions', a, operation, b];
        return (await nodeProcesses.run({ program: dpkg ?? '', args })).code === 0;
      };
      const order = (await is('lt')) ? -1 : (await is('eq')) ? 0 : 1;
      expect(Math.sign(compareVersions(a, b))).toBe(order);
    }),
    fuzzed(15),
  );
});

test('what is chosen holds together, whatever the index says, and is the same again', { timeout }, () => {
  const wanted = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(paragraph, { maxLength: 12 }),
      wanted,
      wanted,
      fc.boolean(),
      (all, packages, left, closed) => {
        const without = left.filter((one) => !packages.includes(one));
        const request = { packages, without, closed, suite: 'trixie', architecture: 'amd64' };
        const index = () => readIndex([{ archive: 'main', text: written(all) }], 'amd64');
        const lock = told(() => resolve(request, index()));
        if (lock === undefined) return;
        expect(resolve(request, index())).toEqual(lock);
        expect(lockSchema.safeParse(lock).error).toBeUndefined();
        const chosen = new Map(lock.resolved.map((one) => [one.name, one]));
        expect(chosen.size).toBe(lock.resolved.length);
        for (const one of packages) expect(chosen.has(one)).toBe(true);
        for (const { depends } of lock.resolved)
          for (const one of depends) expect(chosen.has(one)).toBe(true);
        if (closed) expect([...chosen.keys()].sort()).toEqual([...packages].sort());
      },
    ),
    fuzzed(150),
  );
});

test('a release is read or refused, and the sizes in it are numbers', { timeout }, () => {
  const line = fc
    .tuple(
      fc.constantFrom('ab'.repeat(32), 'AB'.repeat(32), 'x'),
      fc.constantFrom('12', '-1', '1e9', 'NaN', '9'.repeat(30), ''),
      pieces,
    )
    .map((words) => ` ${words.join(' ')}`);
  const field = fc.oneof(
    fc.constantFrom(
      'Suite: trixie',
      'Codename: trixie',
      'Architectures: all amd64',
      'Date: Sat, 06 Jun 2026 00:00:00 UTC',
    ),
    fc.constantFrom(
      'Valid-Until: never',
      'Acquire-By-Hash: yes',
      'Date: soon',
      'SHA256:',
      'Suite: sid',
      'Architectures:',
    ),
    line,
    pieces,
  );
  const usual = ['Suite: trixie', 'Architectures: amd64', 'Date: Sat, 06 Jun 2026 00:00:00 UTC', 'SHA256:'];
  const expectation = {
    suite: 'trixie',
    architecture: 'amd64',
    now: new Date('2026-06-15'),
    checkValidUntil: true,
    url: 'http://m/x',
  };
  fc.assert(
    fc.property(fc.boolean(), fc.array(field, { maxLength: 8 }), (well, lines) => {
      const release = told(() => readRelease([...(well ? usual : []), ...lines].join('\n'), expectation));
      for (const [path, { size, sha256 }] of release?.files ?? []) {
        expect(path).not.toBe('');
        expect(Number.isSafeInteger(size) && size >= 0).toBe(true);
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }),
    fuzzed(200),
  );
});

test.each([
  ['one long field', (size: number) => `Package: a\nDescription: ${'x'.repeat(size)}\n`],
  ['many continuation lines', (size: number) => `Package: a\nDescription: x\n${' y\n'.repeat(size / 3)}`],
  ['many empty lines', (size: number) => `Package: a\n${'\n'.repeat(size)}`],
  ['many paragraphs of one name', (size: number) => 'Package: a\n\n'.repeat(size / 12)],
  ['what provides much', (size: number) => `Package: a\nProvides: ${'a,'.repeat(size / 2)}\n`],
  [
    'a relation that goes on',
    (size: number) =>
      `Package: a\nVersion: 1\nFilename: a\nArchitecture: amd64\nSize: 1\nSHA256: ${'ab'.repeat(32)}\nDepends: a ${'<x> '.repeat(size / 4)}!\n`,
  ],
  [
    'brackets that stay open',
    (size: number) =>
      `Package: a\nVersion: 1\nFilename: a\nArchitecture: amd64\nSize: 1\nSHA256: ${'ab'.repeat(32)}\nDepends: ${'a ['.repeat(size / 3)}\n`,
  ],
  [
    'a version of digits and letters',
    (size: number) =>
      `Package: a\nVersion: ${'1a'.repeat(size / 4)}\nFilename: a\nArchitecture: amd64\nSize: 1\nSHA256: ${'ab'.repeat(32)}\n\n`.repeat(
        2,
      ),
  ],
])('%s takes no long time', async (_, make) => {
  expect(await processorSeconds(() => readAll(make(900_000)))).toBeLessThan(6);
});
