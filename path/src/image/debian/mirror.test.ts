import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Context } from '../../effects/context.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { findArchives } from './mirror.ts';
import { MirrorClient } from './mirror-client.ts';

let folder: string;
let aptConfig: string | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-mirror-'));
  aptConfig = undefined;
  await mkdir(join(folder, 'sources.list.d'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = (): Context => ({
  emit: () => {},
  clock: { monotonic: () => 0, now: () => new Date(), sleep: async () => {} },
  processes: {
    ...nodeProcesses,
    find: async (program) => (program === 'apt-config' ? aptConfig : nodeProcesses.find(program)),
  },
  cache: folder,
  signal: new AbortController().signal,
});
const found = (environment = {}) => findArchives(context(), { environment, apt: folder });
const source = (name: string, text: string) => writeFile(join(folder, 'sources.list.d', name), text);

test('the machine’s own mirrors are found among other vendors’ sources, whatever release they name', async () => {
  await source(
    'a-vendor.sources',
    'Types: deb\nURIs: http://vendor.test\nSuites: nodistro\nComponents: main\n',
  );
  await source('broken.sources', 'this is nothing\n');
  await source(
    'debian.sources',
    'Types: deb\nURIs: http://m.test/debian/\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n',
  );
  await source('security.list', 'deb http://s.test/debian-security bookworm-security main\n');
  await source('off.list.disabled', 'deb http://off.test/debian trixie main\n');
  const { main, security } = await found();
  expect([main.url, main.signedBy]).toEqual(['http://m.test/debian', ['/k.gpg']]);
  expect([security.url, security.signedBy]).toEqual([
    'http://s.test/debian-security',
    ['/usr/share/keyrings/debian-archive-keyring.gpg'],
  ]);
});

test('a list of mirrors in a file is followed', async () => {
  await writeFile(join(folder, 'mirrors'), 'https://listed.test/debian\thint\n');
  await source(
    'debian.list',
    `deb mirror+file:${join(folder, 'mirrors')} trixie main\ndeb http://s.test/x trixie-security main\n`,
  );
  expect((await found()).main.url).toBe('https://listed.test/debian');
});

test('the environment comes first', async () => {
  await source('debian.list', 'deb http://m.test/debian trixie main\n');
  const own = await found({ PTP_DEBIAN_MIRROR: 'https://own.test/debian/', PTP_DEBIAN_KEYRING: '/own.gpg' });
  expect([own.main.url, own.security.url, own.main.signedBy]).toEqual([
    'https://own.test/debian',
    'https://own.test/debian-security',
    ['/own.gpg'],
  ]);
  const both = await found({
    PTP_DEBIAN_MIRROR: 'https://own.test/debian',
    PTP_DEBIAN_SECURITY_MIRROR: 'https://sec.test/d',
  });
  expect(both.security.url).toBe('https://sec.test/d');
});

test('what is missing is said', async () => {
  await source('debian.list', 'deb http://m.test/debian trixie main\n');
  await expect(found()).rejects.toThrow("no mirror of Debian's security updates");
  await expect(found({ PTP_DEBIAN_MIRROR: 'ftp://own.test' })).rejects.toThrow(
    'neither http:// nor https://',
  );
});

test('apt’s proxy gets plain requests, and the mirror’s password is sent but never shown', async () => {
  const seen: (string | undefined)[] = [];
  const proxy = createServer((request, response) => {
    seen.push(request.url, request.headers.authorization);
    response.writeHead(request.url?.endsWith('/there') ? 200 : 403).end('through the proxy');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  aptConfig = join(folder, 'apt-config');
  await writeFile(aptConfig, `#!/bin/sh\necho 'Acquire::http::Proxy "http://127.0.0.1:${port}";'\n`, {
    mode: 0o755,
  });
  const { main } = await found({ PTP_DEBIAN_MIRROR: 'http://user:hunter2@mirror.invalid/debian' });
  const client = new MirrorClient(context(), main);
  try {
    expect(await client.text('there', 100)).toBe('through the proxy');
    expect(seen).toEqual([
      'http://mirror.invalid/debian/there',
      `Basic ${Buffer.from('user:hunter2').toString('base64')}`,
    ]);
    const refused = await client.text('elsewhere', 100).catch((error: Error) => error);
    expect(String(refused)).toContain('http://mirror.invalid/debian/elsewhere answered 403');
    expect(JSON.stringify(refused) + String(refused)).not.toContain('hunter2');
  } finally {
    await client.close();
    proxy.close();
  }
});

test('a mirror that fails for a moment is asked again; one that goes on failing is given up', async () => {
  let failures = 2;
  const server = createServer((_request, response) => {
    failures -= 1;
    if (failures >= 0) response.writeHead(503).end();
    else response.end('well');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { main } = await found({ PTP_DEBIAN_MIRROR: `http://127.0.0.1:${port}` });
  const client = new MirrorClient(context(), main);
  try {
    expect(await client.text('x', 100)).toBe('well');
    failures = 100;
    await expect(client.text('x', 100)).rejects.toThrow('answered 503');
  } finally {
    await client.close();
    server.close();
  }
});
