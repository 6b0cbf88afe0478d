import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BuiltImage } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import { contentsOf } from './contents.ts';
import { lockText } from './lock-file.ts';
import { writeRecord } from './record.ts';
import { newContext, newFolder, write } from './step.fixture.ts';

const digest = `sha256:${'a'.repeat(64)}` as const;
const descriptor = { mediaType: '', digest, size: 1 };
const image = (name: string): BuiltImage => {
  const blob = { descriptor, path: '' };
  return { name, manifest: blob, config: blob, layers: [], entrypoint: [] };
};
const locked = (name: string, version: string, path: string) => ({
  ...{ name, version, path, architecture: 'amd64', archive: 'main' as const },
  ...{ size: 1, sha256: 'b'.repeat(64), depends: [] },
});
const lock = lockText([
  {
    version: 1,
    request: { packages: ['libssl3t64'], without: [], closed: false, suite: 'trixie', architecture: 'amd64' },
    resolved: [
      locked('libssl3t64', '3.5.1-1+deb13u1', 'pool/main/o/openssl/libssl3t64_3.5.1-1+deb13u1_amd64.deb'),
      locked('unused', '1.0', 'pool/main/u/unused/unused_1.0_amd64.deb'),
    ],
  },
]);

async function contents(spec: ImageSpec, folder: string, record: Parameters<typeof writeRecord>[3]) {
  const context = newContext();
  write(folder, { 'ptp.lock': lock });
  await writeRecord(context.cache, folder, spec.name, record);
  const options = { projectFolder: folder, lockFile: join(folder, 'ptp.lock') };
  const look = async () => (await contentsOf(context, [image(spec.name)], [spec], options)).images[0];
  return { found: await look(), look };
}

test('an image for Node.js has its Debian packages by their sources, and what it needs to run by its names in the registry', async () => {
  const folder = newFolder();
  const manifest = {
    name: 'web',
    version: '1.0.0',
    dependencies: { '@x/a': '1.0.0', alias: 'npm:real@2.0.0' },
    devDependencies: { tool: '9.0.0' },
  };
  write(folder, {
    'web/package.json': manifest,
    'web/package-lock.json': {
      lockfileVersion: 3,
      packages: {
        '': manifest,
        'node_modules/@x/a': { version: '1.0.0', dependencies: { deep: '^1.0.0' } },
        'node_modules/@x/a/node_modules/deep': { version: '1.5.0' },
        'node_modules/alias': { name: 'real', version: '2.0.0' },
        'node_modules/tool': { version: '9.0.0', dev: true },
      },
    },
  });
  const source = join(folder, 'web');
  const record = {
    digest,
    source: { 'main.js': 'c'.repeat(64) },
    dependencies: {},
    base: { libssl3t64: '3.5.1-1+deb13u1', node: '26.0.0' },
  };
  const { found, look } = await contents({ name: 'web', builder: 'node', source }, folder, record);
  expect(found).toEqual({
    image: 'web',
    digest,
    sources: { folder: source, files: record.source },
    packages: [
      {
        ecosystem: 'debian',
        name: 'libssl3t64',
        version: '3.5.1-1+deb13u1',
        source: 'openssl',
        architecture: 'amd64',
        release: '13',
        purl: 'pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=amd64&distro=trixie',
      },
      ...[
        { name: 'real', version: '2.0.0', purl: 'pkg:npm/real@2.0.0' },
        { name: '@x/a', version: '1.0.0', purl: 'pkg:npm/%40x/a@1.0.0' },
        { name: 'deep', version: '1.5.0', purl: 'pkg:npm/deep@1.5.0' },
      ].map((one) => ({ ecosystem: 'npm', ...one })),
    ],
  });
  // The same record: no lockfile is read again.
  write(folder, { 'web/package-lock.json': '{' });
  expect(await look()).toEqual(found);
});

test('a program in Go has its modules, and the library of the Go that compiled it', async () => {
  const folder = newFolder();
  const dependencies = { 'golang.org/x/net': 'v0.37.0', Go: '1.26.8' };
  const record = { digest, source: {}, dependencies, base: {} };
  const { found } = await contents({ name: 'app', builder: 'go', source: folder }, folder, record);
  expect(found?.packages).toEqual([
    {
      ecosystem: 'golang',
      name: 'golang.org/x/net',
      version: 'v0.37.0',
      purl: 'pkg:golang/golang.org/x/net@v0.37.0',
    },
    { ecosystem: 'golang', name: 'stdlib', version: '1.26.8', purl: 'pkg:golang/stdlib@1.26.8' },
  ]);
});

test('an image of Debian packages has those that the lock knows', async () => {
  const folder = newFolder();
  const spec: ImageSpec = {
    ...{ name: 'database', builder: 'debian', packages: ['libssl3t64'], entrypoint: ['/x'] },
    user: { uid: 1, gid: 1, name: 'a', home: '/' },
  };
  const dependencies = { libssl3t64: '3.5.1-1+deb13u1', foreign: '1' };
  const { found } = await contents(spec, folder, { digest, source: {}, dependencies, base: {} });
  expect(found?.packages.map(({ name }) => name)).toEqual(['libssl3t64']);
  expect(found).not.toHaveProperty('sources');
});
