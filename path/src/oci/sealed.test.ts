import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSealed, writeSealed } from './sealed.ts';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'sealed-')), 'one.sealed');

async function read(file: string) {
  const damaged: string[] = [];
  return { value: await readSealed(file, (path) => damaged.push(path)), damaged };
}

test('any JSON value comes back as it was', async () => {
  const file = newFile();
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await writeSealed(file, value);
      const expected: unknown = JSON.parse(JSON.stringify(value));
      expect(await read(file)).toEqual({ value: expected, damaged: [] });
    }),
    { numRuns: 30 },
  );
});

test('a file that is not there is no damage', async () => {
  expect(await read(newFile())).toEqual({ value: undefined, damaged: [] });
});

test('one changed bit anywhere, and every cut, is damage', async () => {
  const file = newFile();
  await writeSealed(file, { size: 12, text: 'ä' });
  const whole = readFileSync(file);
  for (let at = 0; at < whole.length; at += 1) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    for (const poison of [flipped, whole.subarray(0, at)]) {
      writeFileSync(file, poison);
      expect(await read(file), `byte ${at}`).toEqual({ value: undefined, damaged: [file] });
    }
  }
});

test('a record that lies under another name is not taken for that one', async () => {
  const file = newFile();
  await writeSealed(file, 1);
  const other = file.replace('one', 'two');
  renameSync(file, other);
  expect(await read(other)).toEqual({ value: undefined, damaged: [other] });
});
