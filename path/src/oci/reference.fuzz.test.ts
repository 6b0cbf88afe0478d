import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UserMistake } from '../core/failure.ts';
import { fuzzed, fuzzTime } from '../core/fuzz.test-support.ts';
import { parseReference, type Reference, referenceText } from './reference.ts';

const timeout = fuzzTime;

// The grammar of distribution's `reference` package, written down a second time and otherwise.
const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const separator = fc.constantFrom('.', '_', '__', '-', '--', '-----');
const component = fc
  .tuple(alphanumeric, fc.array(fc.tuple(separator, alphanumeric), { maxLength: 3 }))
  .map(([first, more]) => first + more.flat().join(''));
const repository = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const name = fc.oneof(fc.domain(), fc.ipV4(), fc.constantFrom('localhost', 'A.Example', 'a-b.c--d.e'));
// The grammar has no IPv4 within IPv6.
const six = fc
  .ipV6()
  .filter((address) => !address.includes('.'))
  .map((address) => `[${address}]`);
const port = fc.integer({ min: 1, max: 65_535 });
const registry = fc.oneof(
  name,
  fc.tuple(fc.oneof(name, six, fc.constant('registry')), port).map(([host, at]) => `${host}:${at}`),
  six,
);
const tag = fc.stringMatching(/^[\w][\w.-]{0,127}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}` as const);
const valid: fc.Arbitrary<Reference> = fc
  .record({ registry, repository }, { requiredKeys: ['registry', 'repository'] })
  .chain((both) =>
    fc.record({ tag, digest }, { requiredKeys: [] }).map((rest): Reference => ({ ...both, ...rest })),
  );

test('what is written is read as it was, and written again as it was read', { timeout }, () => {
  fc.assert(
    fc.property(valid, (reference) => {
      const text = referenceText(reference);
      expect(parseReference(text)).toEqual(reference);
      expect(referenceText(parseReference(text))).toBe(text);
    }),
    fuzzed(500),
  );
});

function refused(text: string): string {
  try {
    throw new Error(`it was read as ${JSON.stringify(parseReference(text))}`);
  } catch (error) {
    if (!(error instanceof UserMistake)) throw error;
    const [{ what = '', next = '' } = {}] = error.problems;
    expect(next).not.toBe('');
    expect(`${what} ${next}`).not.toMatch(/[\p{Cc}\p{Cs}]/u);
    expect(what.length).toBeLessThanOrEqual(600);
    return what;
  }
}

/** What can be wrong with a valid reference, and what is said of it. */
const breaks: readonly (readonly [string, (reference: Reference) => string, RegExp])[] = [
  ['no host', ({ repository }) => repository.replaceAll('.', 'x'), /names no registry/],
  ['an empty host', ({ repository }) => `/${repository}`, /names no registry/],
  ['a scheme', (all) => `https://${referenceText(all)}`, /no host|names no registry/],
  ['a user', (all) => `me:secret@${referenceText(all)}`, /two "@"|names no registry|no host|no whole digest/],
  ['two dots', (all) => `a..b/${all.repository}`, /no host/],
  ['a hyphen at the end of a label', (all) => `a-.b/${all.repository}`, /no host/],
  ['a port that is none', (all) => `a.b:65536/${all.repository}`, /no host/],
  ['a port of no digits', (all) => `a.b:x/${all.repository}`, /no host/],
  ['half an address', (all) => `[:::1]:5000/${all.repository}`, /no host/],
  ['a capital letter', (all) => `${all.registry}/${all.repository}/X`, /capital letters/],
  ['an empty part', (all) => `${all.registry}/${all.repository}//a`, /no registry accepts/],
  ['a part of dots', (all) => `${all.registry}/../${all.repository}`, /no registry accepts/],
  ['a separator at the end', (all) => `${all.registry}/${all.repository}-`, /no registry accepts/],
  ['three underscores', (all) => `${all.registry}/a___b/${all.repository}`, /no registry accepts/],
  ['a query', (all) => `${all.registry}/${all.repository}?a=b`, /no registry accepts/],
  ['a percent sign', (all) => `${all.registry}/%2e%2e/${all.repository}`, /no registry accepts/],
  ['a space', (all) => `${all.registry}/${all.repository} `, /no registry accepts/],
  ['a line end', (all) => `${all.registry}/${all.repository}:v1\n`, /tag that no registry accepts/],
  ['an empty tag', (all) => `${all.registry}/${all.repository}:`, /tag that no registry accepts/],
  [
    'a tag of 129',
    (all) => `${all.registry}/${all.repository}:${'x'.repeat(129)}`,
    /tag that no registry accepts/,
  ],
  [
    'a hyphen first in the tag',
    (all) => `${all.registry}/${all.repository}:-x`,
    /tag that no registry accepts/,
  ],
  ['an empty digest', (all) => `${all.registry}/${all.repository}@`, /no whole digest/],
  [
    'a short digest',
    (all) => `${all.registry}/${all.repository}@sha256:${'0'.repeat(63)}`,
    /no whole digest/,
  ],
  [
    'a digest in capitals',
    (all) => `${all.registry}/${all.repository}@sha256:${'A'.repeat(64)}`,
    /no whole digest/,
  ],
  [
    'another algorithm',
    (all) => `${all.registry}/${all.repository}@sha512:${'0'.repeat(128)}`,
    /no whole digest/,
  ],
  ['a long path', (all) => `${all.registry}/${'a'.repeat(256)}`, /no registry accepts/],
  ['a megabyte', (all) => `${all.registry}/${'a/'.repeat(500_000)}a`, /has \d+ characters/],
];

test.each(breaks)('%s is refused and named', { timeout }, (_, broken, message) => {
  fc.assert(
    fc.property(valid, (reference) => {
      expect(refused(broken(reference))).toMatch(message);
    }),
    fuzzed(10),
  );
});

test('any text is refused, or is written again as it was read', { timeout }, () => {
  const pieces = fc
    .array(
      fc.constantFrom(
        'a',
        'A',
        '0',
        '.',
        '..',
        '-',
        '_',
        '__',
        '/',
        ':',
        '@',
        '[',
        ']',
        '::',
        'sha256:',
        '\n',
        '%',
        'é',
        '\0',
      ),
      { maxLength: 14 },
    )
    .map((all) => all.join(''));
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string({ unit: 'binary' })), (text) => {
      try {
        expect(referenceText(parseReference(text))).toBe(text);
      } catch (error) {
        if (!(error instanceof UserMistake)) throw error;
      }
    }),
    fuzzed(300),
  );
});
