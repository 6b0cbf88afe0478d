import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePrefix, pauseImage, volumeHelperImage } from '../../path/src/cluster/local/images.ts';
import type { BuiltImage } from '../../path/src/core/handover.ts';
import type { Compression } from '../../path/src/image/compression.ts';
import { newContext, newFolder, write } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';
import { imagesOf } from '../../path/src/images-of.ts';
import { writeLayoutFolder } from '../../path/src/oci/layout.ts';
import { loadProject } from '../../path/src/project/load.ts';
import { publishImages } from '../../path/src/registry/step.ts';
import { goProgram } from '../support/go-program.ts';
import { startRegistry } from './support/registry.ts';

/*
 * Images as others see them: the specification's own schemas, skopeo and buildah, on images of the reference system, of
 * the local cluster, and of an application whose folder is full of what no image should have.
 */
const checkout = join(import.meta.dirname, '../..');
const context = newContext(process.env.PTP_CACHE ?? join(homedir(), '.cache/ptp'));
const checkLayout = goProgram(join(import.meta.dirname, 'support/check-layout'));
const token = 'npm_0123456789secretsecretsecret';
const folders: string[] = [];
const temporary = () => {
  const folder = newFolder();
  folders.push(folder);
  return folder;
};
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

async function untidy(compression: Compression): Promise<BuiltImage> {
  const source = write(temporary(), {
    'package.json': { name: 'untidy', version: '1.0.0', type: 'module', main: 'main.js' },
    'package-lock.json': { lockfileVersion: 3, packages: { '': { name: 'untidy', version: '1.0.0' } } },
    'main.js': 'console.log(process.getuid(), process.version)',
    '.npmrc': `//registry.example/:_authToken=${token}`,
    '.env': `TOKEN=${token}`,
    '.env.local': `TOKEN=${token}`,
    '.git/config': `[remote "origin"]\nurl = https://me:${token}@git.example`,
    'node_modules/left/index.js': token,
    'deep/.npmrc': token,
    'deep/größe und Leerzeichen/文.js': '',
  });
  execFileSync('chmod', ['-R', 'u+s,g+s,o+w', source]);
  const spec = { builder: 'node', name: 'untidy', source } as const;
  const [image] = await buildImages(context, [spec], { projectFolder: source, compression });
  if (image === undefined) throw new Error('no image');
  return image;
}

let images: readonly BuiltImage[];
// In lower case throughout: buildah takes the path of a layout for a reference.
const layout = join(tmpdir(), `ptp-layout-${process.pid}`);
beforeAll(async () => {
  folders.push(layout);
  const project = await loadProject(join(checkout, 'ptp.yaml'), undefined, {
    emit: () => {},
    env: process.env,
  });
  const system = await buildImages(context, await imagesOf(project), { projectFolder: checkout });
  const cluster = await buildImages(context, [pauseImage, volumeHelperImage], { projectFolder: checkout });
  images = [...system, ...cluster, await untidy('zstd')];
  await writeLayoutFolder(images, layout);
});

test('a layout keeps to the specification, gives nobody rights, and tells nothing of who built it', () => {
  const never = [token, checkout, `${homedir()}/`].flatMap((text) => ['-never', text]);
  const { stdout, stderr } = spawnSync(checkLayout, [...never, layout], { encoding: 'utf8' });
  expect(`${stderr}${stdout}`).toBe(`${images.length} images, 0 problems\n`);
});

test('what is wrong in a layout is found', async () => {
  const broken = temporary();
  await writeLayoutFolder(images.slice(-1), broken);
  const [image] = images.slice(-1);
  const path = join(broken, 'blobs/sha256', image?.config.descriptor.digest.slice(7) ?? '');
  const configuration = readFileSync(path, 'utf8');
  write(broken, { [path.slice(broken.length + 1)]: configuration.replace('65532:65532', 'root') });
  const { status, stdout } = spawnSync(checkLayout, ['-never', 'nodejs', broken], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stdout).toContain('it is not what its descriptor says');
  expect(stdout).toContain('its user is "root"');
  expect(stdout).toContain('it contains a text that must not be in an image');
});

test('a layout is read by skopeo, which finds the same digests and configurations', () => {
  for (const { name, manifest, layers } of images) {
    const inspected = JSON.parse(skopeo('inspect', `oci:${layout}:${name}`)) as Record<string, unknown>;
    expect(inspected.Digest).toBe(manifest.descriptor.digest);
    expect(inspected.Layers).toEqual(layers.map(({ descriptor }) => descriptor.digest));
    const copy = temporary();
    skopeo('copy', '--quiet', `oci:${layout}:${name}`, `dir:${copy}`);
    expect(readFileSync(join(copy, 'manifest.json'))).toEqual(readFileSync(manifest.path));
  }
});

test('with layers in gzip it also becomes an archive that Docker loads', async () => {
  const [gzip, archive] = [temporary(), join(temporary(), 'image.tar')];
  await writeLayoutFolder([await untidy('gzip')], gzip);
  skopeo('copy', '--quiet', `oci:${gzip}:untidy`, `docker-archive:${archive}:untidy:1`);
  const [entry] = JSON.parse(execFileSync('tar', ['-xOf', archive, 'manifest.json'], { encoding: 'utf8' }));
  expect(entry.RepoTags).toEqual(['docker.io/library/untidy:1']);
});

test.skipIf(process.getuid?.() !== 0)(
  'a layout is read by buildah: its layers become one tree, which runs as its user, without any capability',
  () => {
    const root = temporary();
    const stores = [`--root=${root}/storage`, `--runroot=${root}/run`, '--storage-driver=vfs'];
    const buildah = (...args: readonly string[]) => run('buildah', [...stores, ...args]).trim();
    const container = buildah('from', '--quiet', `oci:${layout}:untidy`);
    try {
      const mounted = buildah('mount', container);
      expect(existsSync(join(mounted, 'app/deep/größe und Leerzeichen/文.js'))).toBe(true);
      expect(existsSync(join(mounted, 'app/node_modules'))).toBe(false);
      buildah('umount', container);
      const script = `
        const status = require('fs').readFileSync('/proc/self/status', 'utf8');
        console.log(process.getuid(), process.getgid(), /CapEff:\\s*(\\S+)/.exec(status)[1], process.cwd());`;
      const options = ['--isolation=chroot', '--cap-drop=all'];
      const said = buildah('run', ...options, container, '--', '/usr/bin/node', '-e', script);
      expect(said).toBe('65532 65532 0000000000000000 /app');
    } finally {
      buildah('rm', '--all');
      buildah('rmi', '--all', '--force');
    }
  },
);

test('what was pushed is read back by skopeo by tag and by digest, byte for byte', async () => {
  const registry = await startRegistry();
  try {
    const access = { url: `http://${registry.name}`, name: registry.name, prefix: imagePrefix };
    const published = await publishImages(context, access, images, { tags: ['v1'] });
    for (const { name, reference, digest } of published) {
      const manifest = images.find((image) => image.name === name)?.manifest.path ?? '';
      for (const called of [reference, `${registry.name}/${imagePrefix}/${name}:v1`]) {
        const raw = skopeo('inspect', '--tls-verify=false', '--raw', `docker://${called}`);
        expect(raw).toBe(readFileSync(manifest, 'utf8'));
      }
      const copy = temporary();
      skopeo('copy', '--quiet', '--src-tls-verify=false', `docker://${reference}`, `oci:${copy}:${name}`);
      const index = JSON.parse(readFileSync(join(copy, 'index.json'), 'utf8'));
      expect(index.manifests).toMatchObject([{ digest }]);
    }
  } finally {
    await registry.stop();
  }
});

const skopeo = (...args: readonly string[]) => run('skopeo', args);

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
