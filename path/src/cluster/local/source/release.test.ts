import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StepFailed } from '../../../core/failure.ts';
import { testContext } from '../testing/context.ts';
import { components } from './components.ts';
import { obtain } from './obtain.ts';
import { releaseSource } from './release.ts';

// A server with upstream's layout of files: a program by itself, an archive, checksums of both forms.
let files: Map<string, Buffer | string>;
let server: Server;
let cache: string;

const component = (name: string) => {
  const found = components.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

async function archive(entries: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(entries)) tar.entry({ name, mode: 0o755 }, content);
  tar.finalize();
  return gzipSync(await buffer(tar));
}

beforeEach(async () => {
  files = new Map();
  cache = await mkdtemp(join(tmpdir(), 'ptp-release-'));
  server = createServer((request, response) => {
    const found = files.get(request.url ?? '');
    if (typeof found === 'string') response.writeHead(302, { location: found }).end();
    else if (found === undefined) response.writeHead(404).end('Not Found');
    else response.end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('PTP_RELEASES', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('PTP_SOURCE', 'release');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.close();
  await rm(cache, { recursive: true });
});

const runc = `/github/opencontainers/runc/releases/download/v1.5.2/runc.${architecture}`;
const runcSums = '/github/opencontainers/runc/releases/download/v1.5.2/runc.sha256sum';

test('a program that upstream publishes by itself, through a redirect, checked by its line of a list', async () => {
  const program = Buffer.from('#!/bin/sh\necho runc\n');
  files.set(runc, '/elsewhere/runc');
  files.set('/elsewhere/runc', program);
  files.set(
    runcSums,
    Buffer.from(`${'0'.repeat(64)}  runc.other\n${sha256(program)}  runc.${architecture}\n`),
  );
  const context = testContext(cache);
  const { folder } = await obtain(context, component('runc'));
  expect(await readFile(join(folder, 'bin/runc'))).toEqual(program);
  expect((await stat(join(folder, 'bin/runc'))).mode & 0o111).toBe(0o111);
  // Again: from the cache, although upstream has gone.
  files.clear();
  expect((await obtain(context, component('runc'))).folder).toBe(folder);
});

test('programs out of an archive', async () => {
  const folder = `etcd-v3.7.3-linux-${architecture}`;
  const bytes = await archive({
    [`${folder}/README`]: 'x',
    [`${folder}/etcd`]: 'the program',
    [`${folder}/etcdctl`]: 'y',
  });
  const at = '/github/etcd-io/etcd/releases/download/v3.7.3';
  files.set(`${at}/${folder}.tar.gz`, bytes);
  files.set(
    `${at}/SHA256SUMS`,
    Buffer.from(`${sha256(bytes)}  ${folder}.tar.gz\n${'1'.repeat(64)}  other\n`),
  );
  const got = await obtain(testContext(cache), component('etcd'));
  expect(await readFile(join(got.folder, 'bin/etcd'), 'utf8')).toBe('the program');
});

test('each Kubernetes program by its own name, with a checksum that is a digest alone', async () => {
  for (const program of component('kubernetes').aliases ?? []) {
    const path = `/kubernetes/release/v1.37.2/bin/linux/${architecture}/${program}`;
    files.set(path, Buffer.from(program));
    files.set(`${path}.sha256`, Buffer.from(sha256(Buffer.from(program))));
  }
  const { folder } = await obtain(testContext(cache), component('kubernetes'));
  expect(await readFile(join(folder, 'bin/kubelet'), 'utf8')).toBe('kubelet');
});

test('a file that is not what its publisher says is refused, and nothing of it stays', async () => {
  files.set(runc, Buffer.from('something else'));
  files.set(runcSums, Buffer.from(`${sha256(Buffer.from('the program'))}  runc.${architecture}\n`));
  const context = testContext(cache);
  await expect(obtain(context, component('runc'))).rejects.toThrow(/its publisher says/);
  files.set(runc, Buffer.from('the program'));
  expect((await obtain(context, component('runc'))).folder).toContain('runc-v1.5.2');
});

test('an archive without the program, a missing file and a redirect without end are told', async () => {
  const context = testContext(cache);
  await expect(obtain(context, component('runc'))).rejects.toThrow(/answered 404/);
  files.set(runc, runc);
  await expect(obtain(context, component('runc'))).rejects.toThrow(/redirects without end/);
  const folder = `etcd-v3.7.3-linux-${architecture}`;
  const bytes = await archive({ [`${folder}/README`]: 'x' });
  const at = '/github/etcd-io/etcd/releases/download/v3.7.3';
  files.set(`${at}/${folder}.tar.gz`, bytes);
  files.set(`${at}/SHA256SUMS`, Buffer.from(`${sha256(bytes)}  ${folder}.tar.gz\n`));
  await expect(obtain(context, component('etcd'))).rejects.toThrow(/holds no etcd/);
});

test.each([
  ['no gzip', Buffer.from('no archive at all')],
  ['no tar', gzipSync(Buffer.alloc(2048, 'x'))],
  ['cut off', gzipSync(Buffer.alloc(2048, 'x')).subarray(0, 20)],
])('an archive that is %s is told, although its checksum is right', async (_, bytes) => {
  const name = `etcd-v3.7.3-linux-${architecture}.tar.gz`;
  const at = '/github/etcd-io/etcd/releases/download/v3.7.3';
  files.set(`${at}/${name}`, bytes);
  files.set(`${at}/SHA256SUMS`, Buffer.from(`${sha256(bytes)}  ${name}\n`));
  const obtained = obtain(testContext(cache), component('etcd'));
  await expect(obtained).rejects.toThrow(StepFailed);
  await expect(obtained).rejects.toThrow(/is no archive that can be read/);
});

test('whatever is damaged of a component in the cache is noticed, said and fetched again', async () => {
  const program = Buffer.from('the program');
  files.set(runc, program);
  files.set(runcSums, Buffer.from(`${sha256(program)}  runc.${architecture}\n`));
  const context = testContext(cache);
  const { folder } = await obtain(context, component('runc'));
  const at = (name: string) => join(folder, name);
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    'a program that is cut off': () => truncate(at('bin/runc'), 4),
    'a program without content': () => truncate(at('bin/runc'), 0),
    'a program with another byte': () => writeFile(at('bin/runc'), 'the progrem'),
    'a program that is gone': () => rm(at('bin/runc')),
    'a program that may not be run': () => chmod(at('bin/runc'), 0o644),
    'digests that are cut off': () => truncate(at('DIGESTS.json'), 20),
    'digests without content': () => truncate(at('DIGESTS.json'), 0),
    'digests with another digit': async () =>
      writeFile(
        at('DIGESTS.json'),
        (await readFile(at('DIGESTS.json'), 'utf8')).replace('sha256":"', 'sha256":"x'),
      ),
    'digests of nothing': () => writeFile(at('DIGESTS.json'), '{}'),
  };
  for (const [way, damage] of Object.entries(ways)) {
    context.events.length = 0;
    await damage();
    await obtain(context, component('runc'));
    expect(await readFile(at('bin/runc')), way).toEqual(program);
    expect((await stat(at('bin/runc'))).mode & 0o777, way).toBe(0o755);
    const warnings = context.events.filter(({ kind }) => kind === 'warning');
    expect(warnings, way).toMatchObject([{ step: 'cluster', problem: { where: { file: folder } } }]);
    context.events.length = 0;
    await obtain(context, component('runc'));
    expect(context.events, way).toEqual([]);
  }
  expect(await readdir(join(cache, 'components'))).toHaveLength(1);
});

test('what upstream does not publish is left to the other source', () => {
  expect(releaseSource.has(component('cert-manager'))).toBe(false);
  expect(releaseSource.has(component('traefik'))).toBe(false);
});
