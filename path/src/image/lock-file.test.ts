import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { DebianLock } from './debian/lock.ts';
import { keptChoices, lockText, parseLock, readLockFile, writeLockFile } from './lock-file.ts';
import { newFolder } from './step.fixture.ts';

const choice = (names: readonly string[], architecture = 'amd64'): DebianLock => ({
  version: 1,
  request: { packages: names, without: [], closed: false, suite: 'trixie', architecture },
  resolved: names.map((name) => ({
    name,
    version: '1:2.3-4',
    architecture,
    archive: 'main',
    path: `pool/main/${name}_2.3-4_${architecture}.deb`,
    size: 10,
    sha256: 'a'.repeat(64),
    depends: [],
  })),
});
const one = choice(['hello']);
const two = choice(['libc6', 'tzdata']);
const foreign = choice(['hello'], 'arm64');

test('a lock says what it is, is the same in any order, and is read back', async () => {
  const text = lockText([two, one]);
  expect(text).toMatch(/^# The Debian packages .* Made by ptp: commit it/u);
  expect(lockText([one, two])).toBe(text);
  const folder = newFolder();
  const file = join(folder, 'ptp.lock');
  expect(await readLockFile(file)).toEqual([]);
  await writeLockFile(file, [two, one]);
  expect(await readLockFile(file)).toEqual([one, two]);
  expect(readdirSync(folder)).toEqual(['ptp.lock']);
  expect(parse(text)).toMatchObject({ version: 1, choices: [{ packages: ['hello'] }, {}] });
});

test('a new version of a package changes the lines that tell it and no other', () => {
  const before = lockText([one, two]).split('\n');
  const [first = one.resolved[0], ...rest] = two.resolved;
  const newer = { ...two, resolved: [{ ...first, version: '1:2.3-5' }, ...rest] } as DebianLock;
  const after = lockText([one, newer]).split('\n');
  expect(after.filter((line, index) => line !== before[index])).toEqual(['          "version": "1:2.3-5",']);
});

test("other architectures' choices stay, those that nothing uses go", () => {
  expect(keptChoices([one, two, foreign], [two], 'amd64')).toEqual([foreign, two]);
});

test.each([
  ['half of it', lockText([one]).slice(0, 200), /it is no lock: /],
  ['a conflict', `<<<<<<< mine\n${lockText([one])}=======\n>>>>>>> theirs\n`, /conflict is still in it/],
  ['another document', '{"version":1}', /it is no lock: choices\.0\.packages: /],
  ['a list', '[]', /it is no lock/],
  ['null', 'null', /it is no lock/],
  ['the version of a later ptp', lockText([one]).replace('"version": 1', '"version": 2'), /version 2/],
  [
    'a path that leaves the archive',
    lockText([one]).replace('pool/main/', '../'),
    /choices\.0\.resolved\.0\.path/,
  ],
])('%s is a mistake that names the file and the next step', async (_name, text, what) => {
  const file = join(newFolder(), 'ptp.lock');
  writeFileSync(file, text);
  await expect(readLockFile(file)).rejects.toMatchObject({
    name: 'UserMistake',
    problems: [{ what: expect.stringMatching(what), where: { file }, next: expect.stringMatching(/./) }],
  });
  expect(() => parseLock(text, file)).toThrow(what);
});
