import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fuzzed, fuzzTime } from '../../core/fuzz.test-support.ts';
import { evil } from '../tar/evil-entries.test-support.ts';
import { gnuLong, paxEntry, rawEntry, tarEnd } from '../tar/raw-tar.test-support.ts';
import { type PackageFile, packageFiles } from './package-archive.ts';

const timeout = fuzzTime;

const part = fc.constantFrom(
  'a',
  'lib',
  'index.js',
  '..',
  '.',
  '',
  '.wh.a',
  '.gitignore',
  '.npmignore',
  'größe',
  'b\\c',
  'x'.repeat(120),
);
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => ['package', ...parts].join('/'));
const field = fc
  .constantFrom('00000000000\0', '00000000005\0', '77777777777\0', '-0000000005\0', 'x', '')
  .map((size) => Buffer.from(size));
const entry = fc
  .record(
    {
      name: fc.oneof(name, fc.constantFrom('index.js', '/etc/x', '')),
      type: fc.constantFrom(
        '0',
        '0',
        '0',
        '\0',
        '1',
        '2',
        '3',
        '5',
        '5',
        '6',
        '7',
        'L',
        'K',
        'x',
        'g',
        'S',
        'V',
        '?',
      ),
      body: fc.constantFrom(0, 1, 511, 512, 513, 2000).map((size) => Buffer.alloc(size, 'y')),
      size: field,
      target: fc.constantFrom('', '../../etc/passwd', 'index.js'),
      mode: fc.constantFrom(0o644, 0o755, 0, 0o7777),
    },
    { requiredKeys: ['name', 'type'] },
  )
  .map(rawEntry);
const extra = fc.oneof(
  fc.record({ path: name }).map((records) => paxEntry(records)),
  fc.constantFrom('-1', '5', '1e3', '').map((size) => paxEntry({ size })),
  name.map((long) => gnuLong('L', long)),
  fc.constantFrom(...evil.map(([, bytes]) => bytes).filter((bytes) => bytes.byteLength < 10_000)),
  fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
);
const archives = fc
  .tuple(fc.array(fc.oneof({ weight: 3, arbitrary: entry }, extra), { maxLength: 8 }), fc.boolean())
  .map(([entries, ends]) => Buffer.concat([...entries, ...(ends ? [tarEnd] : [])]));

function sound(files: readonly PackageFile[] | undefined): void {
  const paths = (files ?? []).map((file) => file.path);
  expect(new Set(paths).size).toBe(paths.length);
  for (const path of paths) {
    expect(path).not.toMatch(/^\/|\/$|\/\/|\\|\0|\n|(^|\/)(\.\.?|\.wh\.[^/]*)(\/|$)/);
    expect(paths.some((other) => other.startsWith(`${path}/`))).toBe(false);
  }
}

test('of any archive the files stay in the package, or npm is asked; it is never waited for', {
  timeout,
}, async () => {
  await fc.assert(
    fc.asyncProperty(archives, async (archive) => sound(await packageFiles(archive, new Set(['lib/a'])))),
    { ...fuzzed(400), timeout: 5_000 },
  );
});

test('an archive that is cut off anywhere has no files', { timeout }, async () => {
  const whole = Buffer.concat([
    rawEntry({ name: 'package/index.js', body: Buffer.alloc(700, 'a') }),
    rawEntry({ name: 'package/lib/b.js', body: Buffer.alloc(700, 'b') }),
    tarEnd,
  ]);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.byteLength - 1025), async (end) => {
      expect(await packageFiles(whole.subarray(0, end), new Set())).toBeUndefined();
    }),
    fuzzed(100),
  );
});
