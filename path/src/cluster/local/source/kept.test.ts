import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileIdentity } from '../../../oci/file-identity.ts';
import { readSealed, writeSealed } from '../../../oci/sealed.ts';
import { keepDigests, stateOf } from './kept.ts';

test('a folder is hashed again after a start of the machine, and where its files are others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin/one'), 'program', { mode: 0o755 });
  await keepDigests(folder);
  const expected = { programs: ['one'] };
  const looks = join(folder, 'hashed.sealed');
  expect(await stateOf(folder, expected)).toBe('whole');
  const look = (await readSealed(looks, () => {})) as Record<string, unknown>;
  // As a disk loses bytes: the file looks as it did.
  await writeFile(join(folder, 'bin/one'), 'progrem');
  const identities = { 'bin/one': await fileIdentity(join(folder, 'bin/one')) };
  await writeSealed(looks, { ...look, identities });
  expect(await stateOf(folder, expected)).toBe('whole');
  await writeSealed(looks, { boot: 'of yesterday', identities });
  expect(await stateOf(folder, expected)).toBe('damaged');
  // A copy has other times, and is the same.
  await writeFile(join(folder, 'bin/one'), 'program');
  expect(await stateOf(folder, expected)).toBe('whole');
  await writeFile(looks, 'nonsense');
  expect(await stateOf(folder, expected)).toBe('whole');
});
