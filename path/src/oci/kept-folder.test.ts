import { chmod, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileIdentity } from './file-identity.ts';
import { folderState, keepDigests } from './kept-folder.ts';
import { readSealed, writeSealed } from './sealed.ts';

test('a folder is hashed again after a start of the machine, and where its files are others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin/one'), 'program', { mode: 0o755 });
  await keepDigests(folder);
  const looks = join(folder, 'hashed.sealed');
  expect(await folderState(folder)).toBe('whole');
  const look = (await readSealed(looks, () => {})) as Record<string, unknown>;
  // As a disk loses bytes: the file looks as it did.
  await writeFile(join(folder, 'bin/one'), 'progrem');
  const identities = { 'bin/one': await fileIdentity(join(folder, 'bin/one')) };
  await writeSealed(looks, { ...look, identities });
  expect(await folderState(folder)).toBe('whole');
  await writeSealed(looks, { ...look, boot: 'of yesterday', identities });
  expect(await folderState(folder)).toBe('damaged');
  // A copy has other times, and is the same.
  await writeFile(join(folder, 'bin/one'), 'program');
  expect(await folderState(folder)).toBe('whole');
  await writeFile(looks, 'nonsense');
  expect(await folderState(folder)).toBe('whole');
});

test('whatever is not as it was kept is damage; what came beside it is none', async () => {
  const make = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kept-'));
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin/one'), 'program', { mode: 0o755 });
    await symlink('one', join(folder, 'bin/two'));
    await keepDigests(folder);
    return folder;
  };
  const ways: readonly ((at: (name: string) => string) => Promise<unknown>)[] = [
    (at) => truncate(at('bin/one'), 0),
    (at) => writeFile(at('bin/one'), 'progrem'),
    (at) => rm(at('bin/one')),
    (at) => chmod(at('bin/one'), 0o644),
    (at) => rm(at('bin/two')),
    (at) => rm(at('bin/two')).then(() => symlink('three', at('bin/two'))),
    (at) => truncate(at('DIGESTS.json'), 20),
    (at) => truncate(at('DIGESTS.json'), 0),
    async (at) => {
      const text = await readFile(at('DIGESTS.json'), 'utf8');
      await writeFile(at('DIGESTS.json'), text.replace('"sha256":"', '"sha256":"x'));
    },
    (at) => writeFile(at('DIGESTS.json'), '{}'),
    (at) => writeFile(at('DIGESTS.json'), 'null'),
  ];
  for (const damage of ways) {
    for (const before of ['just kept', 'looked at after a start']) {
      const folder = await make();
      if (before !== 'just kept') await rm(join(folder, 'hashed.sealed'));
      if (before !== 'just kept') expect(await folderState(folder)).toBe('whole');
      await damage((name) => join(folder, name));
      expect(await folderState(folder), `${damage}, ${before}`).toBe('damaged');
    }
  }
  const folder = await make();
  await writeFile(join(folder, 'bin/three'), '');
  expect(await folderState(folder)).toBe('whole');
  expect(await folderState(join(folder, 'elsewhere'))).toBe('absent');
});
