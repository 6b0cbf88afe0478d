import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BuiltImage } from '../../path/src/core/handover.ts';
import type { BinaryImage, DebianImage } from '../../path/src/core/image-spec.ts';
import { configurationOf, newContext, newFolder } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';

/*
 * Images of Debian packages and of static programs, made from this machine's real mirror, laid out as a container
 * runtime would, and run with nothing else around them. Needs root (chroot) and the network.
 */
const user = { uid: 999, gid: 998, name: 'tool', home: '/home/tool' };
const debian: DebianImage = {
  builder: 'debian',
  name: 'tool',
  packages: ['base-files', 'coreutils', 'dash', 'netbase', 'tzdata'],
  without: ['perl-base'],
  user,
  entrypoint: ['/usr/bin/tool'],
  env: { TZ: 'UTC', PATH: '/usr/bin' },
  folders: [{ path: '/var/lib/tool', mode: 0o750, uid: 999, gid: 998 }],
  files: [
    { path: '/usr/bin/tool', mode: 0o755, content: '#!/usr/bin/dash\nid -un; id -g; date +%Z; echo "$0"\n' },
  ],
  stopSignal: 'SIGINT',
  labels: { 'org.opencontainers.image.title': 'a tool' },
};
const context = newContext();
const project = newFolder();

/** Builds one image and lays its layers over one another. */
async function laidOut(spec: DebianImage | BinaryImage) {
  const [image] = await buildImages(context, [spec], { projectFolder: project });
  if (image === undefined) throw new Error('no image');
  const root = join(newFolder(), 'rootfs'); // its user may enter it, which the temporary folder does not allow
  mkdirSync(root);
  for (const { path } of image.layers) {
    const input = zstdDecompressSync(readFileSync(path));
    execFileSync('tar', ['--extract', '--preserve-permissions', '--numeric-owner', '-C', root], { input });
  }
  return { image, root };
}

const inside = (root: string, command: readonly string[], env: Record<string, string> = {}) =>
  execFileSync('chroot', [`--userspec=${user.uid}:${user.gid}`, root, ...command], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin', ...env },
  });

describe.skipIf(process.getuid?.() !== 0)('an image of Debian packages', () => {
  let image: BuiltImage;
  let root: string;
  beforeAll(async () => {
    ({ image, root } = await laidOut(debian));
  });

  test('its configuration says who runs what, and where', () => {
    const { config, created } = configurationOf(image);
    expect(config).toEqual({
      User: '999:998',
      Entrypoint: ['/usr/bin/tool'],
      Env: ['PATH=/usr/bin', 'TZ=UTC'],
      WorkingDir: '/home/tool',
      StopSignal: 'SIGINT',
      Labels: {
        'org.opencontainers.image.title': 'a tool',
        'org.opencontainers.image.revision': expect.stringMatching(/^sha256:/),
      },
    });
    expect(created).toBe('1970-01-01T00:00:00.000Z');
    expect(image.layers).toHaveLength(3);
  });

  test('its own files and folders are above its packages, with their rights', () => {
    const folder = statSync(join(root, 'var/lib/tool'));
    expect([folder.mode & 0o7777, folder.uid, folder.gid]).toEqual([0o750, 999, 998]);
    expect(statSync(join(root, 'home/tool')).mode & 0o7777).toBe(0o700);
    expect(statSync(join(root, 'tmp')).mode & 0o7777).toBe(0o1777);
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toContain('tool:x:999:998:');
  });

  test('it runs as its user, in a shell of its own', () => {
    expect(inside(root, ['/usr/bin/tool'], { TZ: 'UTC' })).toBe('tool\n998\nUTC\n/usr/bin/tool\n');
  });

  test('its lowest layer is that of Node.js applications', async () => {
    const app = newFolder();
    const write = (name: string, value: unknown) =>
      execFileSync('tee', [join(app, name)], { input: JSON.stringify(value) });
    write('package.json', { name: 'app', version: '1.0.0', main: 'package.json' });
    write('package-lock.json', { lockfileVersion: 3, packages: { '': { name: 'app', version: '1.0.0' } } });
    const [node] = await buildImages(context, [{ builder: 'node', name: 'app', source: app }], {
      projectFolder: project,
    });
    expect(node?.layers[0]?.descriptor).toEqual(image.layers[0]?.descriptor);
  });
});

describe.skipIf(process.getuid?.() !== 0)('an image of a static program', () => {
  const binary = (from: string): BinaryImage => ({
    builder: 'binary',
    name: 'static',
    programs: [{ from, to: '/bin/busybox' }],
    user,
    entrypoint: ['/bin/busybox', 'id', '-u'],
  });

  test('it has the program, authorities, an account, and nothing else; and it runs', async () => {
    // Debian's busybox-static, taken out of an image of its own: a real static program of this architecture.
    const { root: source } = await laidOut({
      ...debian,
      name: 'busybox',
      packages: ['busybox-static'],
      closed: true,
      files: [],
      folders: [],
    });
    const { image, root } = await laidOut(binary(join(source, 'usr/bin/busybox')));
    expect(inside(root, image.entrypoint)).toBe('999\n');
    expect(readFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), 'utf8')).toContain(
      'BEGIN CERTIFICATE',
    );
    expect(readdirSync(join(root, 'bin'))).toEqual(['busybox']);
    expect(statSync(join(root, 'bin/busybox')).mode & 0o7777).toBe(0o755);
    expect(readdirSync(root).sort()).toEqual(['bin', 'etc', 'home', 'sbin', 'tmp', 'usr', 'var']);
  });

  test('another program at the same path is another image', async () => {
    const folder = newFolder();
    const made = async (content: string) => {
      mkdirSync(folder, { recursive: true });
      // The smallest static program: an ELF header and one loadable segment; what follows is not looked at.
      const bytes = Buffer.alloc(120 + content.length);
      bytes.write('\x7fELF\x02\x01\x01', 'latin1');
      bytes.writeBigUInt64LE(64n, 32);
      bytes.writeUInt16LE(56, 54);
      bytes.writeUInt16LE(1, 56);
      bytes.writeUInt32LE(1, 64);
      bytes.write(content, 120);
      execFileSync('tee', [join(folder, 'program')], { input: bytes });
      const [image] = await buildImages(context, [binary(join(folder, 'program'))], {
        projectFolder: project,
      });
      return image?.manifest.descriptor.digest;
    };
    const one = await made('one');
    expect(await made('two')).not.toBe(one);
    expect(await made('one')).toBe(one);
  });
});
