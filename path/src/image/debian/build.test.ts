import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { Store } from '../../oci/store.ts';
import { type DebianLayers, debianLayers } from './build.ts';
import type { DebianRequest } from './plan.ts';
import { day, makeKey, TestMirror, type TestPackage, today } from './test-mirror.ts';

let folder: string;
let mirror: TestMirror;
let now: Date;
let events: Event[];
/** A program that tells apt's configuration; this machine's own has no say in a test. */
let aptConfig: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-debian-'));
  mirror = await TestMirror.start(folder);
  now = today;
  events = [];
  aptConfig = undefined;
});
afterEach(async () => {
  await mirror.stop();
  // What a failed build has begun beside it may still write for a moment.
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

function context(): Context {
  return {
    emit: (event) => events.push(event),
    clock: { monotonic: () => 0, now: () => now, sleep: async () => {} },
    processes: {
      ...nodeProcesses,
      find: async (program) => (program === 'apt-config' ? aptConfig : nodeProcesses.find(program)),
    },
    cache: join(folder, 'cache'),
    signal: new AbortController().signal,
  };
}

function build(request: DebianRequest): Promise<DebianLayers> {
  const one = context();
  const store = new Store({ cache: one.cache, emit: one.emit });
  return debianLayers(one, request, store, { environment: mirror.environment, apt: join(folder, 'no-apt') });
}

const notes = () => events.filter((event) => event.kind === 'note').map(({ text }) => text);

/** What is in a layer: by path, a file's text or the entry's kind with its target. */
async function contents(layer: DebianLayers['layers'][number] | undefined): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  if (layer === undefined) return found;
  const archive = createReadStream(layer.blob.path)
    .pipe(createZstdDecompress())
    .pipe(extract() as never);
  for await (const entry of archive as ReturnType<typeof extract>) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry) chunks.push(chunk as Uint8Array);
    const { name, type, linkname, mode } = entry.header;
    found[name] =
      type === 'file'
        ? Buffer.concat(chunks).toString()
        : type === 'directory'
          ? mode.toString(8)
          : `→ ${linkname}`;
  }
  return found;
}

const hello = (version = '1.0', more: Partial<TestPackage> = {}): TestPackage => ({
  name: 'hello',
  version,
  entries: {
    './usr/': { type: 'directory' },
    './usr/bin/hello': `hello ${version}`,
    './usr/share/doc/hello/copyright': 'free',
    './usr/share/doc/hello/changelog.gz': 'long',
    './usr/share/man/man1/hello.1.gz': 'manual',
  },
  ...more,
});

test('packages become layers: dependencies in, manuals out, licences and what scanners read kept', async () => {
  await mirror.publish('trixie', [
    hello('1.0', { fields: { Depends: 'libhello (>= 1)' } }),
    {
      name: 'libhello',
      version: '1.5',
      entries: {
        './lib/libhello.so.1': 'code',
        './sbin/tool': { type: 'symlink', linkname: '../bin/hello' },
      },
    },
    { name: 'other' },
  ]);
  const built = await build({ packages: ['hello'] });
  expect(built.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'hello 1.0',
    'libhello 1.5',
  ]);
  const inside = await contents(built.layers[0]);
  expect(inside).toMatchObject({
    'usr/bin/hello': 'hello 1.0',
    'usr/share/doc/hello/copyright': 'free',
    'usr/lib/libhello.so.1': 'code',
    'usr/sbin/tool': '→ ../bin/hello',
    bin: '→ usr/bin',
    lib: '→ usr/lib',
    sbin: '→ usr/sbin',
    'var/lib/dpkg/status.d/': '755',
  });
  expect(Object.keys(inside).filter((path) => /man|changelog/u.test(path))).toEqual([]);
  expect(inside['var/lib/dpkg/status.d/hello']).toMatch(
    /^Package: hello\nStatus: install ok installed\nVersion: 1\.0\n/u,
  );
  expect(inside['var/lib/dpkg/status.d/hello.md5sums']?.split('\n').map((line) => line.slice(34))).toEqual([
    'usr/bin/hello',
    'usr/share/doc/hello/copyright',
    '',
  ]);
});

test('the second time nothing is fetched, read or unpacked', async () => {
  await mirror.publish('trixie', [hello()]);
  const first = await build({ packages: ['hello'] });
  mirror.requests.length = 0;
  await mirror.stop();
  const second = await build({ packages: ['hello'] });
  expect(second).toEqual(first);
  expect(mirror.requests).toEqual([]);
});

test('another cache gives the same bytes', async () => {
  await mirror.publish('trixie', [hello()]);
  const first = await build({ packages: ['hello'] });
  await rm(join(folder, 'cache'), { recursive: true });
  expect(await build({ packages: ['hello'] })).toEqual(first);
});

test('a damaged layer in the cache is made again from the verified package', async () => {
  await mirror.publish('trixie', [hello()]);
  const first = await build({ packages: ['hello'] });
  await rm(first.layers[0]?.blob.path ?? '');
  mirror.requests.length = 0;
  expect(await build({ packages: ['hello'] })).toEqual(first);
  expect(mirror.requests).toEqual([]);
});

test('the image’s user, folders and files are a layer of their own', async () => {
  await mirror.publish('trixie', [hello()]);
  const user = { uid: 70, gid: 70, name: 'app', home: '/srv/app' };
  const built = await build({
    packages: ['hello'],
    user,
    folders: [{ path: '/var/run/app', mode: 0o750, uid: 70, gid: 70 }],
    files: [{ path: '/bin/start', mode: 0o755, content: 'go' }],
  });
  expect(built.layers).toHaveLength(2);
  const own = await contents(built.layers[1]);
  expect(own['etc/passwd']).toContain('app:x:70:70:');
  expect(own).toMatchObject({ 'run/app/': '750', 'usr/bin/start': 'go', 'srv/app/': '700' });
  expect(own).not.toHaveProperty('bin/');
});

test('images share the base set’s layer; certificate authorities become one file', async () => {
  const base = ['libc6', 'netbase', 'tzdata'];
  await mirror.publish('trixie', [
    hello(),
    {
      name: 'base-files',
      fields: { 'Pre-Depends': 'awk' },
      entries: { './usr/lib/os-release': 'ID=debian\n', './bin': { type: 'symlink', linkname: 'usr/bin' } },
    },
    { name: 'libc6', fields: { Depends: 'libgcc-s1' }, entries: { './usr/lib/libc.so.6': 'c' } },
    { name: 'libgcc-s1', fields: { Depends: 'libc6' } },
    { name: 'netbase' },
    { name: 'tzdata', fields: { Depends: 'debconf (>= 0.5) | debconf-2.0' } },
    {
      name: 'ca-certificates',
      fields: { Depends: 'openssl' },
      entries: {
        './usr/share/ca-certificates/mozilla/b.crt': 'B\n',
        './usr/share/ca-certificates/mozilla/a.crt': 'A',
      },
    },
  ]);
  const one = await build({ packages: [...base, 'base-files', 'ca-certificates'] });
  const other = await build({ packages: ['hello', 'base-files', ...base] });
  expect(one.layers).toHaveLength(2);
  expect(other.layers).toHaveLength(2);
  expect(other.layers[0]).toEqual(one.layers[0]);
  expect(Object.keys(await contents(other.layers[1]))).toContain('usr/bin/hello');
  expect(await contents(one.layers[1])).toMatchObject({
    'etc/ssl/certs/ca-certificates.crt': 'A\nB\n',
    'usr/lib/ssl/cert.pem': '→ /etc/ssl/certs/ca-certificates.crt',
  });
  expect(await contents(one.layers[0])).toMatchObject({
    'etc/nsswitch.conf': expect.stringContaining('hosts: files dns'),
    'var/run': '→ /run',
    bin: '→ usr/bin',
  });
});

test.each<[string, () => Promise<void>, RegExp]>([
  [
    'signed by a key that is not trusted',
    async () => mirror.publish('trixie', [hello()], { key: (await makeKey()).privateKey }),
    /not signed by a key/u,
  ],
  [
    'altered after it was signed',
    async () =>
      mirror.alter(/trixie\/InRelease/u, (text) =>
        Buffer.from(text.toString().replace('Origin: Test', 'Origin: Evil')),
      ),
    /digest did not match/u,
  ],
  [
    'not signed at all',
    async () =>
      mirror.alter(/trixie\/InRelease/u, (text) =>
        Buffer.from(
          text
            .toString()
            .replace(/^.*?\n\n/su, '')
            .replace(/-----BEGIN.*/su, ''),
        ),
      ),
    /no clear-signed text/u,
  ],
  [
    'out of date',
    async () => mirror.publish('trixie', [hello()], { validUntil: new Date(today.getTime() - day) }),
    /was valid until/u,
  ],
  [
    'another suite’s',
    async () => mirror.publish('trixie', [hello()], { codename: 'bookworm' }),
    /the release of test-trixie, bookworm, not trixie/u,
  ],
  [
    'missing for security updates',
    async () => mirror.alter(/security\/InRelease/u, () => undefined),
    /the mirror has no trixie-security/u,
  ],
  [
    'fine, but the index was altered',
    async () =>
      mirror.alter(/trixie\/.*SHA256/u, (index) => Buffer.concat([index.subarray(0, -1), Buffer.from([7])])),
    /is not what Debian's signed index says/u,
  ],
  [
    'fine, but the index is longer than announced',
    async () => mirror.alter(/trixie\/.*SHA256/u, (index) => Buffer.concat([index, index])),
    /is not what Debian's signed index says/u,
  ],
  [
    'fine, but the package was altered',
    async () =>
      mirror.alter(/hello.*deb$/u, (deb) =>
        Buffer.from(deb.toString('latin1').replace('debian-binary', 'debian-binarx'), 'latin1'),
      ),
    /hello_1\.0.*is not what Debian's signed index says/u,
  ],
])('nothing is taken from a mirror whose release is %s', async (_what, tamper, message) => {
  await mirror.publish('trixie', [hello()]);
  await tamper();
  const attempt = build({ packages: ['hello'] });
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toBeInstanceOf(StepFailed);
});

test('an old release is taken where the machine’s owner switched the check off, and that is told', async () => {
  await mirror.publish('trixie', [hello()], { validUntil: new Date(today.getTime() - day) });
  aptConfig = join(folder, 'apt-config');
  await writeFile(aptConfig, '#!/bin/sh\necho \'Acquire::Check-Valid-Until "false";\'\n', { mode: 0o755 });
  expect((await build({ packages: ['hello'] })).packages).toHaveLength(1);
  expect(notes()).toContainEqual(expect.stringContaining('was valid until'));
});

test('once a newer release was seen, an older one is not taken', async () => {
  await mirror.publish('trixie', [hello('1.0')], { date: new Date(today.getTime() - 2 * day) });
  const older = new Map(mirror.files);
  await mirror.publish('trixie', [hello('1.1')]);
  await build({ packages: ['hello'] });
  for (const [path, content] of older) mirror.files.set(path, content);
  now = new Date(now.getTime() + 2 * day);
  const again = await build({ packages: ['hello'] });
  expect(again.packages[0]?.version).toBe('1.1');
  expect(notes()).toContainEqual(expect.stringContaining('the newer one is used'));
});

test('updates are looked for after a day, and a lock holds against them', async () => {
  await mirror.publish('trixie', [hello('1.0')]);
  const first = await build({ packages: ['hello'] });
  await mirror.publish('trixie-security', [hello('1.0+deb13u1')]);
  expect((await build({ packages: ['hello'] })).packages[0]?.version).toBe('1.0');
  now = new Date(now.getTime() + day);
  expect((await build({ packages: ['hello'] })).packages[0]?.version).toBe('1.0+deb13u1');
  expect(await build({ packages: ['hello'], lock: first.lock })).toEqual(first);
});

test('a lock that answers another request is not used, and that is told', async () => {
  await mirror.publish('trixie', [hello(), { name: 'more' }]);
  const { lock } = await build({ packages: ['hello'] });
  const built = await build({ packages: ['hello', 'more'], lock });
  expect(built.packages).toHaveLength(2);
  expect(notes()).toContainEqual(expect.stringContaining('answer another request'));
});

test('a locked package that the mirror has no longer is replaced by the newest, and that is told', async () => {
  await mirror.publish('trixie', [hello('1.0')]);
  const { lock } = await build({ packages: ['hello'] });
  await rm(join(folder, 'cache'), { recursive: true });
  mirror.alter(/hello_1\.0/u, () => undefined);
  await mirror.publish('trixie', [hello('1.1')]);
  const built = await build({ packages: ['hello'], lock });
  expect(built.packages[0]?.version).toBe('1.1');
  expect(built.lock).not.toEqual(lock);
  expect(notes()).toContainEqual(expect.stringMatching(/hello 1\.0 no longer.*newer packages are chosen/u));
});

test('without a network the packages chosen last stand; without these it fails with the next step', async () => {
  await mirror.publish('trixie', [hello()]);
  const first = await build({ packages: ['hello'] });
  await mirror.stop();
  now = new Date(now.getTime() + 2 * day);
  expect(await build({ packages: ['hello'] })).toEqual(first);
  expect(notes()).toContainEqual(
    expect.stringContaining('the Debian packages chosen at 2026-06-15T12:00:00.000Z are used'),
  );
  await expect(build({ packages: ['other'] })).rejects.toThrow(/can't be reached: .*ECONNREFUSED/u);
});

test('a mirror without the updates’ suite and without by-hash will do', async () => {
  await mirror.publish('trixie', [hello()], { byHash: false });
  mirror.alter(/updates\/InRelease/u, () => undefined);
  expect((await build({ packages: ['hello'] })).packages).toHaveLength(1);
  expect(notes()).toContainEqual(expect.stringContaining('the mirror has no trixie-updates'));
});

test('a package that does not exist is the request’s mistake', async () => {
  await mirror.publish('trixie', [hello()]);
  await expect(build({ packages: ['hallo'] })).rejects.toThrow(UserMistake);
});

test('two packages with the same file are refused by name', async () => {
  await mirror.publish('trixie', [hello(), { name: 'twin', entries: { './bin/hello': 'mine' } }]);
  await expect(build({ packages: ['hello', 'twin'] })).rejects.toThrow(
    'twin and hello both bring /usr/bin/hello',
  );
});

test('where no mirror is configured, what to set is said', async () => {
  const one = context();
  const attempt = debianLayers(
    one,
    { packages: ['hello'] },
    new Store({ cache: one.cache, emit: one.emit }),
    {
      environment: {},
      apt: join(folder, 'no-apt'),
    },
  );
  await expect(attempt).rejects.toThrow(
    expect.objectContaining({
      problems: [expect.objectContaining({ next: expect.stringContaining('PTP_DEBIAN_MIRROR') })],
    }),
  );
});

test('images that are built side by side share the work', async () => {
  await mirror.publish('trixie', [hello()]);
  const one = context();
  const store = new Store({ cache: one.cache, emit: one.emit });
  const options = { environment: mirror.environment, apt: join(folder, 'no-apt') };
  const both = await Promise.all([
    debianLayers(one, { packages: ['hello'] }, store, options),
    debianLayers(
      one,
      { packages: ['hello'], user: { uid: 7, gid: 7, name: 'a', home: '/a' } },
      store,
      options,
    ),
  ]);
  expect(both[1].layers[0]).toEqual(both[0].layers[0]);
  expect(mirror.requests.filter((path) => path.endsWith('.deb'))).toHaveLength(1);
  expect(mirror.requests.filter((path) => path.endsWith('trixie/InRelease'))).toHaveLength(1);
});
