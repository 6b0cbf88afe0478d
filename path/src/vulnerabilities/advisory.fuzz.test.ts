import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StepFailed } from '../core/failure.ts';
import { fuzzed, fuzzTime } from '../core/fuzz.test-support.ts';
import type { PackageEcosystem } from '../core/package.ts';
import { usualPolicy } from '../project/policy.ts';
import { readEntry } from './advisory.ts';
import { openDatabase } from './database.ts';
import { findingsOf } from './findings.ts';
import { judge } from './judge.ts';
import { allEntries } from './testing/entries.ts';
import { entryZip, goNet, lodash, newContext, newFolder, openssl } from './testing/world.ts';

const ecosystems = new Set(['npm', 'Go', 'Debian:13']);
const packages = [lodash, goNet, openssl];

/** Entries of OSV with parts of them replaced by anything. */
const nearly = fc.oneof(
  fc.json().map((text): unknown => JSON.parse(text)),
  fc
    .tuple(fc.constantFrom(...allEntries), fc.array(fc.tuple(fc.nat(), fc.jsonValue()), { maxLength: 4 }))
    .map(([entry, changes]) => changes.reduce<unknown>((value, [at, by]) => replaced(value, at, by), entry)),
);

/** The value with its part number `at`, counted through all of it, replaced. */
function replaced(value: unknown, at: number, by: unknown): unknown {
  let left = at % 40;
  const visit = (inner: unknown): unknown => {
    left -= 1;
    if (left < 0) {
      left = Number.MAX_SAFE_INTEGER;
      return by;
    }
    if (Array.isArray(inner)) return inner.map(visit);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, member]) => [key, visit(member)]));
  };
  return visit(value);
}

test(
  'an entry of whatever shape is read or left out, and what was read can be judged',
  () => {
    fc.assert(
      fc.property(fc.array(nearly, { maxLength: 4 }), (values) => {
        const entries = values.flatMap((value) => readEntry(value, ecosystems) ?? []);
        const advisories = entries.flatMap(({ affected }) => [...affected.values()]);
        const findings = packages
          .flatMap((one) => findingsOf(one, advisories))
          .map((one) => ({ ...one, images: ['a'] }));
        const policy = { ...usualPolicy, block: 'low', unfixed: 'block' } as const;
        const { blocking, warnings } = judge({
          findings,
          pending: [],
          policy,
          now: new Date(0),
          file: '/ptp.yaml',
        });
        for (const { what, next = '', details = [] } of [...blocking, ...warnings]) {
          for (const line of [what, next, ...details]) {
            expect(line).not.toMatch(/\p{Cc}/u);
            expect(line.length).toBeLessThan(700);
          }
        }
      }),
      fuzzed(400),
    );
  },
  fuzzTime,
);

test(
  'a version is affected from where a range begins to before its fix, in every ecosystem',
  () => {
    const version = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20));
    const cases: readonly [PackageEcosystem, string][] = [
      ['npm', 'npm'],
      ['golang', 'Go'],
      ['debian', 'Debian:13'],
    ];
    fc.assert(
      fc.property(version, version, version, fc.constantFrom(...cases), (a, b, c, [ecosystem, called]) => {
        const order = (one: readonly number[], other: readonly number[]) =>
          one.map((part, index) => part - (other[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
        const events = [{ introduced: a.join('.') }, { fixed: b.join('.') }];
        const affected = [
          { package: { ecosystem: called, name: 'x' }, ranges: [{ type: 'ECOSYSTEM', events }] },
        ];
        const entry = readEntry({ id: 'X-1', affected }, ecosystems);
        const found = { ecosystem, name: 'x', version: c.join('.'), purl: '' };
        const expected = order(a, b) < 0 && order(c, a) >= 0 && order(c, b) < 0;
        if (order(a, b) === 0) return;
        const is = findingsOf(found, [...(entry?.affected.values() ?? [])]).length > 0;
        // A range that ends before it begins has nothing before its end, and all that follows its beginning.
        expect(is).toBe(order(a, b) < 0 ? expected : order(c, a) >= 0);
      }),
      fuzzed(300),
    );
  },
  fuzzTime,
);

test(
  'an archive with any bytes changed or cut off is read or refused, and never believed to be empty',
  async () => {
    const whole = entryZip(allEntries);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 }),
        fc.option(fc.nat(whole.length - 1)),
        async (changes, end) => {
          const bytes = Buffer.from(whole.subarray(0, end ?? whole.length));
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          const file = join(newFolder(), 'all.zip');
          writeFileSync(file, bytes);
          const place = { kind: 'local', path: file, files: [file], identity: ['x'] } as const;
          const opened = await openDatabase(newContext(), place, ['npm', 'Go', 'Debian:13']).catch(
            (error: unknown) => {
              if (error instanceof StepFailed) return undefined;
              throw error;
            },
          );
          if (opened === undefined) return;
          // What was damaged is counted, or what is there is found.
          expect(opened.date !== undefined || opened.notRead > 0).toBe(true);
        },
      ),
      fuzzed(120),
    );
  },
  fuzzTime,
);
