import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DebianImage } from '../core/image-spec.ts';
import { TestMirror, today } from './debian/test-mirror.ts';
import { readLockFile } from './lock-file.ts';
import { newContext, newFolder, whys } from './step.fixture.ts';
import { buildImages } from './step.ts';

let mirror: TestMirror;
let project: string;
let lockFile: string;

beforeEach(async () => {
  mirror = await TestMirror.start(newFolder());
  for (const [name, value] of Object.entries(mirror.environment)) vi.stubEnv(name, value);
  await publish('1.0');
  project = newFolder();
  lockFile = join(project, 'ptp.lock');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await mirror.stop();
});

const publish = (version: string) =>
  mirror.publish(
    'trixie',
    ['hello', 'other'].map((name) => ({ name, version, entries: { [`./usr/bin/${name}`]: version } })),
  );

const spec = (name: string): DebianImage => ({
  builder: 'debian',
  name,
  packages: [name],
  user: { uid: 70, gid: 70, name: 'app', home: '/' },
  entrypoint: [`/usr/bin/${name}`],
});

/** A build on a machine of its own, whose cache is empty unless it is given. */
async function build(
  names: readonly string[],
  options: { cache?: string; renew?: boolean; lock?: boolean; partial?: boolean } = {},
) {
  const clock = { monotonic: () => 0, now: () => today, sleep: async () => {} };
  const context = { ...newContext(options.cache), clock };
  const images = await buildImages(context, names.map(spec), {
    projectFolder: project,
    ...(options.lock === false ? {} : { lockFile }),
    ...(options.renew === undefined ? {} : { renew: options.renew }),
    ...(options.partial === undefined ? {} : { partial: options.partial }),
  });
  const notes = context.events
    .filter(({ kind }) => kind === 'note')
    .map((event) => 'text' in event && event.text);
  return { digests: images.map(({ manifest }) => manifest.descriptor.digest), notes, context };
}

const versions = async () =>
  (await readLockFile(lockFile)).map(({ resolved }) =>
    resolved.map(({ name, version }) => `${name} ${version}`),
  );

test('another machine on another day builds the same images', async () => {
  const first = await build(['hello', 'other']);
  expect(first.notes).toEqual([expect.stringMatching(/^ptp.lock was made: commit it/)]);
  const text = readFileSync(lockFile, 'utf8');
  await publish('2.0');
  const second = await build(['hello', 'other']);
  expect(second.digests).toEqual(first.digests);
  expect(second.notes).toEqual([]);
  expect(readFileSync(lockFile, 'utf8')).toBe(text);
  rmSync(lockFile);
  expect((await build(['hello', 'other'])).digests).not.toEqual(first.digests);
});

test('what is asked for newly is chosen, what nobody uses any more goes', async () => {
  await build(['hello']);
  await publish('2.0');
  await build(['hello', 'other']);
  expect(await versions()).toEqual([['hello 1.0'], ['other 2.0']]);
  await build(['other']);
  expect(await versions()).toEqual([['other 2.0']]);
});

test('a build of some images keeps what the others stand on', async () => {
  await build(['hello', 'other']);
  const text = readFileSync(lockFile, 'utf8');
  expect((await build(['other'], { partial: true })).notes).toEqual([]);
  expect(readFileSync(lockFile, 'utf8')).toBe(text);
  await publish('2.0');
  await build(['other'], { partial: true, renew: true });
  expect(await versions()).toEqual([['hello 1.0'], ['other 2.0']]);
});

test('what is locked together is of one hour, though the cache remembers an earlier choice', async () => {
  const { context } = await build(['hello'], { lock: false });
  await publish('2.0');
  await build(['hello', 'other'], { cache: context.cache });
  expect(await versions()).toEqual([['hello 2.0'], ['other 2.0']]);
});

test('without a network the choice that the cache remembers is locked', async () => {
  const { context } = await build(['hello'], { lock: false });
  await mirror.stop();
  const { notes } = await build(['hello'], { cache: context.cache });
  expect(await versions()).toEqual([['hello 1.0']]);
  expect(notes).toContainEqual(expect.stringMatching(/the Debian packages chosen at .* are used/));
});

test('renewed, the newest packages are taken and locked, though a choice of today is remembered', async () => {
  const { context } = await build(['hello', 'other']);
  await publish('2.0');
  const renewed = await build(['hello', 'other'], { cache: context.cache, renew: true });
  expect(await versions()).toEqual([['hello 2.0'], ['other 2.0']]);
  expect(renewed.notes).toEqual([expect.stringMatching(/^ptp.lock changed: commit it/)]);
  expect(whys(renewed.context.events)).toContain('hello: dependencies changed: hello 1.0 → 2.0');
});

test('a locked package that can be had no longer is chosen anew, told of, and locked', async () => {
  await build(['hello', 'other']);
  await publish('2.0');
  mirror.alter(/hello_1\.0/u, () => undefined);
  const second = await build(['hello', 'other']);
  expect(await versions()).toEqual([['hello 2.0'], ['other 1.0']]);
  expect(second.notes).toEqual([
    expect.stringMatching(/hello 1\.0 no longer.*newer packages are chosen/),
    expect.stringMatching(/^ptp.lock changed/),
  ]);
});

test('a build that fails leaves the lock as it was', async () => {
  await build(['hello']);
  const text = readFileSync(lockFile, 'utf8');
  await expect(build(['other', 'absent'])).rejects.toThrow(/no package absent/);
  expect(readFileSync(lockFile, 'utf8')).toBe(text);
});

test('a lock that cannot be read stops the build before anything is asked for', async () => {
  writeFileSync(lockFile, 'nonsense');
  await expect(build(['hello'])).rejects.toMatchObject({ name: 'UserMistake' });
  expect(mirror.requests).toEqual([]);
});

test("without a lock's path none is made: the choice stays in the cache", async () => {
  const first = await build(['hello'], { lock: false });
  expect(() => readFileSync(lockFile)).toThrow(/ENOENT/);
  await publish('2.0');
  const again = await build(['hello'], { lock: false, cache: first.context.cache });
  expect(again.digests).toEqual(first.digests);
});

test('a lock that cannot be written is told of, and the images are there', async () => {
  const clock = { monotonic: () => 0, now: () => today, sleep: async () => {} };
  const context = { ...newContext(), clock };
  const images = await buildImages(context, [spec('hello')], {
    projectFolder: project,
    lockFile: '/proc/self/ptp.lock', // where not even root can make a file
  });
  expect(images).toHaveLength(1);
  expect(context.events).toContainEqual(
    expect.objectContaining({
      kind: 'warning',
      problem: expect.objectContaining({ what: expect.stringMatching(/^ptp.lock can't be written/) }),
    }),
  );
});
