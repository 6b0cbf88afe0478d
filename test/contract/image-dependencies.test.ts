import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { beforeAll, expect, test, vi } from 'vitest';
import type { BuiltImage } from '../../path/src/core/handover.ts';
import type { ImageSpec } from '../../path/src/core/image-spec.ts';
import {
  baseReference,
  list,
  newContext,
  newFolder,
  pullBase,
  whys,
  write,
} from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';

// Packages that stay as they are: `debug` needs ms 2.1.3, one application wants 2.0.0; chokidar 3 has an optional
// dependency that is for macOS alone.
const root = newFolder();

beforeAll(() => {
  write(root, {
    'package.json': { name: 'all', private: true, workspaces: ['apps/*', 'packages/*'] },
    'apps/web/package.json': {
      name: 'web',
      version: '1.0.0',
      type: 'module',
      scripts: { start: 'node main.ts' },
      dependencies: { ms: '2.0.0', debug: '4.3.4', chokidar: '3.6.0', '@x/shared': '1.0.0' },
      devDependencies: { picocolors: '1.1.1' },
    },
    'apps/web/main.ts': `
      import { createRequire } from 'node:module';
      import { shared } from '@x/shared';
      const from = (path: string) => createRequire(path)('ms/package.json').version;
      const here = createRequire(import.meta.url);
      console.log(JSON.stringify([from(import.meta.filename), from(here.resolve('debug')), shared]));
    `,
    'apps/job/package.json': {
      name: 'job',
      version: '1.0.0',
      main: 'main.js',
      dependencies: { picocolors: '1.1.1', ms: '2.1.2' },
    },
    'apps/job/main.js': '',
    'packages/shared/package.json': {
      name: '@x/shared',
      version: '1.0.0',
      type: 'module',
      exports: './index.ts',
      dependencies: { 'balanced-match': '1.0.2' },
    },
    'packages/shared/index.ts': `
      import { createRequire } from 'node:module';
      export const shared: string = createRequire(import.meta.url)('balanced-match/package.json').version;
    `,
  });
  lock(root);
});

function lock(folder: string): void {
  execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'pipe',
  });
}

async function buildApp(
  name: string,
  context = newContext(),
  folder = root,
  base = baseReference(),
): Promise<BuiltImage> {
  const source = join(folder, 'apps', name);
  const spec: ImageSpec = { name, builder: 'node', source, base };
  const [image] = await buildImages(context, [spec], { projectFolder: folder, pull: pullBase(context) });
  if (image === undefined) throw new Error('no image');
  return image;
}

/** Unpacks an image's layers one over the other. */
function unpack(image: BuiltImage): string {
  const folder = join(newFolder(), 'rootfs');
  mkdirSync(folder);
  for (const { descriptor, path } of image.layers) {
    const decompress = descriptor.mediaType.endsWith('gzip') ? gunzipSync : zstdDecompressSync;
    execFileSync('tar', ['-xf', '-', '-C', folder], { input: decompress(readFileSync(path)) });
  }
  return folder;
}

test('an image has the production packages of its own workspace, and what runs finds the right versions', async () => {
  const image = await buildApp('web');
  const packages = list(image.layers[1]);
  expect(packages).toContain('app/node_modules/debug/package.json');
  expect(packages).toContain('app/node_modules/balanced-match/package.json');
  expect(packages.join('\n')).not.toMatch(/node_modules\/(picocolors|fsevents|\.bin|\.package-lock\.json)/);
  const output = execFileSync(process.execPath, ['main.ts'], {
    cwd: join(unpack(image), 'app'),
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toEqual(['2.0.0', '2.1.2', '1.0.2']);
});

test('another machine gets the same digest', async () => {
  const [one, other] = [await buildApp('web'), await buildApp('web')];
  expect(other.manifest.descriptor).toEqual(one.manifest.descriptor);
});

test('another base gives another image, and leaves the dependencies and the application as they are', async () => {
  const context = newContext();
  const before = await buildApp('web', context);
  const written = new Map(before.layers.slice(1).map(({ path }) => [path, statSync(path).mtimeMs]));
  const after = await buildApp('web', context, root, baseReference('b'));
  expect(after.manifest.descriptor).not.toEqual(before.manifest.descriptor);
  expect(after.layers[0]).not.toEqual(before.layers[0]);
  expect(after.layers.slice(1)).toEqual(before.layers.slice(1));
  expect(written.size).toBe(2);
  for (const [path, moment] of written) expect(statSync(path).mtimeMs).toBe(moment);
});

test('what changes elsewhere does not touch the dependencies', async () => {
  const copy = newFolder();
  execFileSync('cp', ['-r', `${root}/.`, copy]);
  const context = newContext();
  const before = await buildApp('web', context, copy);
  const manifest = join(copy, 'apps/job/package.json');
  write(copy, { 'apps/job/package.json': readFileSync(manifest, 'utf8').replace('"2.1.2"', '"2.1.1"') });
  lock(copy);
  // What it was made from is told of, and the lockfile is another; what came of it is the same.
  const { manifest: same, layers } = await buildApp('web', context, copy);
  expect({ same, layers }).toEqual({ same: before.manifest, layers: before.layers });
  write(copy, { 'apps/web/other.ts': 'export {};' });
  const changed = await buildApp('web', context, copy);
  expect(changed.layers.slice(0, 2)).toEqual(before.layers.slice(0, 2));
  expect(whys(context.events)).toEqual([
    'web: first build',
    'web: unchanged',
    'web: source changed: other.ts',
  ]);
});

test('a changed dependency is named', async () => {
  const copy = newFolder();
  execFileSync('cp', ['-r', `${root}/.`, copy]);
  const context = newContext();
  await buildApp('job', context, copy);
  const manifest = join(copy, 'apps/job/package.json');
  write(copy, { 'apps/job/package.json': readFileSync(manifest, 'utf8').replace('"1.1.1"', '"1.1.0"') });
  lock(copy);
  await buildApp('job', context, copy);
  expect(whys(context.events).at(-1)).toBe(
    'job: source changed: package.json; dependencies changed: picocolors 1.1.1 → 1.1.0',
  );
});

test('a page is made of what the lockfile says, whatever is in node_modules', async () => {
  const folder = write(newFolder(), {
    'package.json': {
      name: 'page',
      type: 'module',
      scripts: { build: 'node build.js' },
      devDependencies: { picocolors: '1.1.1', semver: '7.7.2' },
    },
    // `semver` is a program of the package: it is found in .bin.
    'build.js': `
      import { execSync } from 'node:child_process';
      import { mkdirSync, writeFileSync } from 'node:fs';
      import colors from 'picocolors';
      mkdirSync('dist');
      writeFileSync('dist/index.html', typeof colors.red + execSync('semver 1.2.3'));
    `,
  });
  lock(folder);
  const build = async () => {
    const context = newContext();
    const spec: ImageSpec = { name: 'page', builder: 'static', source: folder, base: baseReference() };
    const [image] = await buildImages(context, [spec], { projectFolder: folder, pull: pullBase(context) });
    return image?.manifest.descriptor.digest;
  };
  const installedByBuild = await build();
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'pipe' });
  expect(await build()).toBe(installedByBuild);
  // What someone tries out in there is not what the lockfile says.
  write(folder, { 'node_modules/picocolors/picocolors.js': 'module.exports = { red: 1 };' });
  expect(await build()).toBe(installedByBuild);
});

test("npm's own words are shown where it fails", async () => {
  const folder = write(newFolder(), {
    'package.json': { name: 'a', main: 'a.js', dependencies: { picocolors: '1.1.1' } },
    'a.js': '',
  });
  lock(folder);
  const lockfile = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  write(folder, { 'package-lock.json': lockfile.replace(/sha512-[^"]{20}/, `sha512-${'A'.repeat(20)}`) });
  const context = newContext();
  const spec: ImageSpec = { name: 'a', builder: 'node', source: folder, base: baseReference() };
  const built = buildImages(context, [spec], { projectFolder: folder, pull: pullBase(context) });
  await expect(built).rejects.toMatchObject({
    name: 'StepFailed',
    message: expect.stringMatching(/npm failed while installing the dependencies of a/),
    problems: [{ details: expect.arrayContaining([expect.stringMatching(/integrity|EINTEGRITY/i)]) }],
  });
});

test("packages from npm's cache are the ones that npm installs, byte for byte", async () => {
  vi.stubEnv('npm_config_cache', newFolder());
  try {
    // Programs, scopes, an optional package for this machine, files that npm renames, thousands of files.
    const dependencies = {
      semver: '7.7.2',
      'node-gyp-build': '4.8.4',
      '@babel/parser': '7.28.0',
      esbuild: '0.25.8',
      'spdx-license-ids': '3.0.21',
      lodash: '4.17.21',
      resolve: '1.22.10',
    };
    const folder = write(newFolder(), {
      'package.json': { name: 'many', version: '1.0.0', main: 'main.js', dependencies },
      'main.js': '',
    });
    lock(folder);
    const spec: ImageSpec = { name: 'many', builder: 'node', source: folder, base: baseReference() };
    const built = async () => {
      const context = newContext();
      const [image] = await buildImages(context, [spec], { projectFolder: folder, pull: pullBase(context) });
      const told = context.events.flatMap((event) => (event.kind === 'progress' ? [event.text] : []));
      return { digest: image?.manifest.descriptor.digest, told };
    };
    const [byNpm, fromCache] = [await built(), await built()];
    expect(byNpm.told).toContainEqual(expect.stringMatching(/^installing \d+ packages$/));
    expect(fromCache.told).toContainEqual(expect.stringMatching(/^unpacking \d+ packages$/));
    expect(fromCache.digest).toBe(byNpm.digest);
  } finally {
    vi.unstubAllEnvs();
  }
});
