import {
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ImageSpec } from '../../core/image-spec.ts';
import {
  baseReference,
  configurationOf,
  list,
  newContext,
  newFolder,
  pullBase,
  textIn,
  verbose,
  whys,
  write,
} from '../step.fixture.ts';
import { buildImages } from '../step.ts';

const packageJson = {
  name: 'app',
  version: '1.0.0',
  type: 'module',
  scripts: { start: 'node src/main.js --port 8080' },
};
const lockfile = (packages: Readonly<Record<string, unknown>> = {}) => ({
  name: 'app',
  lockfileVersion: 3,
  packages: { '': { name: 'app', version: '1.0.0' }, ...packages },
});
const application = {
  'package.json': packageJson,
  'package-lock.json': lockfile(),
  'src/main.js': 'console.log(1)\n',
  'src/deep/other.js': 'export {};\n',
  'bin/tool': '#!/bin/sh\n',
};

async function buildApp(folder: string, context = newContext(), more: Partial<ImageSpec> = {}) {
  const spec = { name: 'app', builder: 'node', source: folder, base: baseReference(), ...more } as ImageSpec;
  const [image] = await buildImages(context, [spec], { projectFolder: folder, pull: pullBase(context) });
  if (image === undefined) throw new Error('no image');
  return image;
}

test('an application becomes a layer above its base, with what it needs to run', async () => {
  const folder = write(newFolder(), application);
  chmodSync(join(folder, 'bin/tool'), 0o700);
  const labels = { 'org.opencontainers.image.revision': 'abc' };
  const image = await buildApp(folder, newContext(), { labels });
  expect(image.layers).toHaveLength(2);
  expect(verbose(image.layers[1])).toEqual([
    'drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/',
    'drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/bin/',
    '-rwxr-xr-x 0/0              10 1970-01-01 00:00:00 app/bin/tool',
    expect.stringMatching(/^-rw-r--r-- 0\/0 +\d+ 1970-01-01 00:00:00 app\/package.json$/),
    'drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/src/',
    'drwxr-xr-x 0/0               0 1970-01-01 00:00:00 app/src/deep/',
    '-rw-r--r-- 0/0              11 1970-01-01 00:00:00 app/src/deep/other.js',
    '-rw-r--r-- 0/0              15 1970-01-01 00:00:00 app/src/main.js',
  ]);
  expect(image.entrypoint).toEqual(['/nodejs/bin/node', 'src/main.js', '--port', '8080']);
  const configuration = configurationOf(image);
  expect(configuration.created).toBe('1970-01-01T00:00:00.000Z');
  expect(configuration.config).toEqual({
    Entrypoint: ['/nodejs/bin/node', 'src/main.js', '--port', '8080'],
    Env: ['PATH=/nodejs/bin', 'NODE_ENV=production'],
    User: '65532:65532',
    WorkingDir: '/app',
    StopSignal: 'SIGTERM',
    Labels: {
      'org.opencontainers.image.base.name': 'registry.example/base',
      'org.opencontainers.image.base.digest': baseReference().split('@')[1],
      'org.opencontainers.image.revision': 'abc',
    },
  });
  const manifest = JSON.parse(readFileSync(image.manifest.path, 'utf8'));
  expect(manifest.layers).toEqual(image.layers.map((layer) => layer.descriptor));
  expect(manifest.config).toEqual(image.config.descriptor);
  expect(manifest.annotations).toEqual(configuration.config.Labels);
  expect(configuration.rootfs.diff_ids).toHaveLength(2);
});

test('equal sources give equal digests in another folder, at another time, in another order', async () => {
  const one = write(newFolder(), application);
  const reversed = Object.fromEntries(Object.entries(application).reverse());
  const previous = process.umask(0o077);
  const other = write(newFolder(), reversed);
  process.umask(previous);
  utimesSync(join(other, 'src/main.js'), 1, 1);
  expect((await buildApp(other)).manifest.descriptor).toEqual((await buildApp(one)).manifest.descriptor);
});

test('what tests, tools and people need stays out; .ptpignore takes out and puts back', async () => {
  const folder = write(newFolder(), {
    ...application,
    'README.md': '',
    Dockerfile: '',
    'ptp.yaml': '',
    'ptp.lock': '',
    '.env': 'SECRET=1',
    'src/main.test.js': '',
    'test/a.js': '',
    'dist/old.js': '',
    'coverage/x': '',
    'node_modules/left/index.js': '',
    'data/large.bin': '',
    'docs/keep.test.js': '',
    '.ptpignore': 'data/\n!docs/keep.test.js\n',
  });
  const layer = (await buildApp(folder)).layers[1];
  expect(list(layer).filter((path) => !path.endsWith('/'))).toEqual([
    'app/bin/tool',
    'app/docs/keep.test.js',
    'app/package.json',
    'app/src/deep/other.js',
    'app/src/main.js',
  ]);
});

test('dist is taken where the start script needs it', async () => {
  const folder = write(newFolder(), {
    ...application,
    'package.json': { ...packageJson, scripts: { start: 'node dist/main.js' } },
    'dist/main.js': 'made',
  });
  expect(list((await buildApp(folder)).layers[1])).toContain('app/dist/main.js');
});

test('a second build says unchanged and writes nothing', async () => {
  const folder = write(newFolder(), application);
  const context = newContext();
  const first = await buildApp(folder, context);
  const blobs = () => readdirSync(join(context.cache, 'blobs/sha256')).sort();
  const before = blobs().map((name) => statSync(join(context.cache, 'blobs/sha256', name)).mtimeMs);
  const second = await buildApp(folder, context);
  expect(second).toEqual(first);
  expect(blobs().map((name) => statSync(join(context.cache, 'blobs/sha256', name)).mtimeMs)).toEqual(before);
  expect(whys(context.events)).toEqual(['app: first build', 'app: unchanged']);
});

test('the reason names what changed', async () => {
  const folder = write(newFolder(), application);
  const context = newContext();
  await buildApp(folder, context);
  write(folder, { 'src/main.js': 'console.log(2)\n' });
  await buildApp(folder, context);
  rmSync(join(folder, 'src/deep'), { recursive: true });
  write(folder, { 'a.js': '', 'b.js': '', 'c.js': '' });
  await buildApp(folder, context);
  await buildApp(folder, context, { base: baseReference('b') });
  await buildApp(folder, context, { base: baseReference('b'), labels: { a: 'b' } });
  expect(whys(context.events)).toEqual([
    'app: first build',
    'app: source changed: src/main.js',
    'app: source changed: a.js, b.js, c.js and 1 more',
    `app: base changed: registry.example/base ${baseReference('a').split('@')[1]} → ${baseReference('b').split('@')[1]}`,
    'app: settings changed',
  ]);
});

test('a file of the same size written at the same moment is still seen as changed', async () => {
  const folder = write(newFolder(), application);
  const context = newContext();
  for (const content of ['console.log(1)\n', 'console.log(2)\n', 'console.log(3)\n']) {
    writeFileSync(join(folder, 'src/main.js'), content);
    const image = await buildApp(folder, context);
    expect(textIn(image.layers[1], 'app/src/main.js')).toBe(content);
  }
});

test('a damaged layer in the cache is made again', async () => {
  const folder = write(newFolder(), application);
  const context = newContext();
  const first = await buildApp(folder, context);
  const layer = first.layers[1];
  if (layer === undefined) throw new Error('no layer');
  const whole = readFileSync(layer.path);
  for (const poison of [whole.subarray(0, 20), Buffer.alloc(whole.length)]) {
    writeFileSync(layer.path, poison);
    expect(await buildApp(folder, context)).toEqual(first);
    expect(readFileSync(layer.path)).toEqual(whole);
  }
  expect(context.events.filter((event) => event.kind === 'warning')).toHaveLength(2);
});

test('damaged records in the cache are told of and no harm', async () => {
  const folder = write(newFolder(), application);
  const context = newContext();
  const first = await buildApp(folder, context);
  for (const kind of ['layers', 'images']) {
    for (const entry of readdirSync(join(context.cache, kind), { withFileTypes: true })) {
      if (entry.isFile()) writeFileSync(join(context.cache, kind, entry.name), '{"descr');
    }
  }
  expect(await buildApp(folder, context)).toEqual(first);
  const files = context.events.map((event) =>
    event.kind === 'warning' ? event.problem.where?.file : undefined,
  );
  for (const kind of ['layers', 'images']) {
    expect(files.filter((file) => file?.startsWith(join(context.cache, kind)))).not.toEqual([]);
  }
});

test('a workspace that the application needs comes along, and nothing of the others', async () => {
  const root = write(newFolder(), {
    'package.json': { name: 'all', workspaces: ['apps/*', 'packages/*'] },
    'package-lock.json': lockfile({
      'node_modules/@x/shared': { resolved: 'packages/shared', link: true },
      'node_modules/@x/other': { resolved: 'packages/other', link: true },
      'apps/web': { name: 'web', dependencies: { '@x/shared': '1.0.0' } },
      'packages/shared': { name: '@x/shared', version: '1.0.0' },
      'packages/other': { name: '@x/other', version: '1.0.0' },
    }),
    'apps/web/package.json': { name: 'web', main: 'main.ts', dependencies: { '@x/shared': '1.0.0' } },
    'apps/web/main.ts': 'import "@x/shared";',
    'packages/shared/package.json': { name: '@x/shared', version: '1.0.0', exports: './index.ts' },
    'packages/shared/index.ts': 'export const a: number = 1;',
    'packages/shared/index.test.ts': '',
    'packages/other/package.json': { name: '@x/other', version: '1.0.0' },
  });
  const context = newContext();
  const image = await buildApp(join(root, 'apps/web'), context);
  expect(image.layers).toHaveLength(2);
  expect(list(image.layers[1]).filter((path) => !path.endsWith('/'))).toEqual([
    'app/.workspaces/@x/shared/index.ts',
    'app/.workspaces/@x/shared/package.json',
    'app/main.ts',
    'app/node_modules/@x/shared -> ../../.workspaces/@x/shared',
    'app/package.json',
  ]);
  write(root, { 'packages/other/index.ts': 'changed' });
  expect(await buildApp(join(root, 'apps/web'), context)).toEqual(image);
  write(root, { 'packages/shared/index.ts': 'changed' });
  await buildApp(join(root, 'apps/web'), context);
  expect(whys(context.events).at(-1)).toBe('app: source changed: ../../packages/shared/index.ts');
});

test('a build script runs in a copy', async () => {
  const build = `node -e "require('fs').mkdirSync('dist');require('fs').writeFileSync('dist/main.js', JSON.stringify([process.env.SECRET, process.env.TZ]))"`;
  const folder = write(newFolder(), {
    ...application,
    'package.json': { ...packageJson, scripts: { start: 'node dist/main.js', build } },
  });
  process.env.SECRET = 'of the user';
  const context = newContext();
  const image = await buildApp(folder, context);
  delete process.env.SECRET;
  expect(textIn(image.layers[1], 'app/dist/main.js')).toBe('[null,"UTC"]');
  expect(readdirSync(folder)).not.toContain('dist');
  expect(await buildApp(folder, context)).toEqual(image);
});

const mistakes: [string, Readonly<Record<string, unknown>>, RegExp][] = [
  [
    'no start',
    { 'package.json': { ...packageJson, scripts: {} } },
    /does not say how the application starts/,
  ],
  ['a shell', { 'package.json': { ...packageJson, scripts: { start: 'A=1 node x' } } }, /no shell to run it/],
  [
    'pipes',
    { 'package.json': { ...packageJson, scripts: { start: 'node x | pino' } } },
    /no shell to run it/,
  ],
  ['no JSON', { 'package.json': '{' }, /no valid package.json/],
  [
    'an old lockfile',
    { 'package-lock.json': { lockfileVersion: 1 } },
    /no valid package-lock.json: lockfileVersion/,
  ],
  [
    'a stale lockfile',
    { 'package.json': { ...packageJson, dependencies: { pg: '8.0.0' } } },
    /pg 8.0.0 is not in/,
  ],
];
test.each(mistakes)("%s is the user's mistake", async (_, files, message) => {
  const folder = write(newFolder(), { ...application, ...files });
  await expect(buildApp(folder)).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(message),
  });
});

test('an application without dependencies needs no lockfile', async () => {
  const { 'package-lock.json': _, ...others } = application;
  const without = await buildApp(write(newFolder(), others));
  const locked = await buildApp(write(newFolder(), application));
  expect(without.manifest.descriptor).toEqual(locked.manifest.descriptor);
});

test("a missing lockfile, a link that leads out and a base by tag are the user's mistakes", async () => {
  const needy = { ...packageJson, dependencies: { pg: '8.0.0' } };
  const bare = write(newFolder(), { 'package.json': needy });
  await expect(buildApp(bare)).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(/no package-lock.json/),
  });
  const linked = write(newFolder(), application);
  symlinkSync('../../etc/passwd', join(linked, 'src/out'));
  await expect(buildApp(linked)).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(/leads out/),
  });
  const tagged = write(newFolder(), application);
  await expect(buildApp(tagged, newContext(), { base: 'registry.example/base:1' })).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(/no digest/),
  });
});

test('the mistakes of several images are told together', async () => {
  const context = newContext();
  const folders = [write(newFolder(), {}), write(newFolder(), {})];
  const specs = folders.map((source, index): ImageSpec => ({ name: `n${index}`, builder: 'node', source }));
  const built = buildImages(context, specs, { projectFolder: '/', pull: pullBase(context) });
  await expect(built).rejects.toMatchObject({
    name: 'UserMistake',
    problems: folders.map((folder) => ({ where: { file: join(folder, 'package.json') } })),
  });
});
