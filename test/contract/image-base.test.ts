import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import type { BuiltImage } from '../../path/src/core/handover.ts';
import type { ImageSpec } from '../../path/src/core/image-spec.ts';
import { configurationOf, newContext, newFolder, write } from '../../path/src/image/step.fixture.ts';
import { buildImages } from '../../path/src/image/step.ts';

const context = newContext();
const source = newFolder();
const rootfs = join(newFolder(), 'rootfs');
let image: BuiltImage;

beforeAll(async () => {
  write(source, {
    'package.json': { name: 'hello', version: '1.0.0', type: 'module', main: 'main.ts' },
    'package-lock.json': { lockfileVersion: 3, packages: { '': { name: 'hello', version: '1.0.0' } } },
    'main.ts': `
      import { readFileSync } from 'node:fs';
      import { tmpdir, userInfo } from 'node:os';
      const authorities: string = readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8');
      console.log(JSON.stringify([process.version, userInfo().username, tmpdir(), authorities.includes('BEGIN CERTIFICATE')]));
    `,
  });
  const spec: ImageSpec = { name: 'hello', builder: 'node', source };
  const [built] = await buildImages(context, [spec], { projectFolder: source });
  if (built === undefined) throw new Error('no image');
  image = built;
  mkdirSync(rootfs);
  for (const { path } of image.layers) {
    execFileSync('tar', ['-xf', '-', '-C', rootfs], { input: zstdDecompressSync(readFileSync(path)) });
  }
});

test('the base has Node.js, an account that is not root, and no shell', () => {
  expect(configurationOf(image).config).toMatchObject({
    User: '65532:65532',
    Entrypoint: ['/usr/bin/node', 'main.ts'],
    WorkingDir: '/app',
  });
  expect(statSync(join(rootfs, 'usr/bin/node')).mode & 0o777).toBe(0o755);
  expect(statSync(join(rootfs, 'tmp')).mode & 0o7777).toBe(0o1777);
  expect(readFileSync(join(rootfs, 'etc/passwd'), 'utf8')).toContain('nonroot:x:65532:65532:');
  for (const shell of ['sh', 'bash', 'dash', 'busybox']) {
    expect(() => statSync(join(rootfs, 'usr/bin', shell))).toThrow(/ENOENT/);
  }
});

test('a second build with the same cache asks nobody', async () => {
  const spec: ImageSpec = { name: 'hello', builder: 'node', source };
  const programs: string[] = [];
  const offline = {
    ...newContext(context.cache),
    processes: {
      ...context.processes,
      run: (command: { readonly program: string }) =>
        Promise.reject(new Error(programs.push(command.program).toString())),
    },
  };
  expect(await buildImages(offline, [spec], { projectFolder: source })).toEqual([image]);
  expect(programs).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)('the application runs in its image alone', () => {
  const start = `process.chdir('/app'); import('/app/main.ts')`;
  const args = ['--userspec=65532:65532', rootfs, '/usr/bin/node', '-e', start];
  const output = execFileSync('chroot', args, {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  expect(JSON.parse(output)).toEqual(['v26.10.0', 'nonroot', '/tmp', true]);
});

test('programs of this machine are taken where they need no library', async () => {
  const user = { uid: 65532, gid: 65532, name: 'nonroot', home: '/home/nonroot' };
  const spec = (from: string): ImageSpec => ({
    name: 'tool',
    builder: 'binary',
    programs: [{ from, to: '/usr/local/bin/tool' }],
    user,
    entrypoint: ['/usr/local/bin/tool'],
  });
  const dynamic = buildImages(context, [spec(process.execPath)], { projectFolder: source });
  await expect(dynamic).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(/dynamically/),
  });
  const absent = buildImages(context, [spec('/no/such/program')], { projectFolder: source });
  await expect(absent).rejects.toMatchObject({
    name: 'UserMistake',
    message: expect.stringMatching(/no such program/),
  });
  // The smallest static program: an ELF header and one loadable segment.
  const program = join(newFolder(), 'program');
  const bytes = Buffer.alloc(120);
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64);
  write(join(program, '..'), { program: bytes.toString('latin1') });
  const [tool] = await buildImages(context, [spec(program)], { projectFolder: source });
  expect(tool?.entrypoint).toEqual(['/usr/local/bin/tool']);
  expect(tool?.layers).toHaveLength(3);
});
