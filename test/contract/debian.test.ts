import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../path/src/core/event.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { type DebianLayers, debianLayers } from '../../path/src/image/debian/build.ts';
import type { DebianRequest } from '../../path/src/image/debian/plan.ts';
import { Store } from '../../path/src/oci/store.ts';

/**
 * Images are assembled from this machine's real Debian mirror, unpacked, and their programs run with nothing else
 * around them. Needs root (chroot, mknod) and the network.
 */
const base = ['base-files', 'ca-certificates', 'libc6', 'netbase', 'tzdata'];
const requests = {
  node: { packages: [...base, 'libatomic1', 'libgcc-s1', 'libstdc++6'] },
  postgres: {
    packages: [...base, 'dash', 'libc-bin', 'postgresql-17'],
    without: [
      'libllvm19',
      'locales',
      'perl',
      'postgresql-client-common',
      'postgresql-common',
      'sensible-utils',
      'ssl-cert',
    ],
    user: { uid: 999, gid: 999, name: 'postgres', home: '/var/lib/postgresql' },
    folders: [{ path: '/run/postgresql', mode: 0o750, uid: 999, gid: 999 }],
  },
  pause: { packages: ['catatonit'], closed: true },
} satisfies Record<string, DebianRequest>;

let folder: string;
let context: Context;
let store: Store;
const events: Event[] = [];
const built = new Map<string, DebianLayers>();

describe.skipIf(process.getuid?.() !== 0)('images of Debian packages', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ptp-debian-'));
    const cache = join(folder, 'cache');
    const emit = (event: Event) => events.push(event);
    context = {
      emit,
      clock: nodeClock,
      processes: nodeProcesses,
      cache,
      signal: new AbortController().signal,
    };
    store = new Store({ cache, emit });
    for (const [name, request] of Object.entries(requests)) {
      const result = await debianLayers(context, request, store);
      built.set(name, result);
      for (const { blob } of result.layers) await untar(blob.path, root(name));
      await mkdir(join(root(name), 'dev'), { recursive: true });
      await nodeProcesses.run({
        program: 'mknod',
        args: ['-m', '666', join(root(name), 'dev/null'), 'c', '1', '3'],
      });
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    'initdb',
    'pg_controldata',
    'pg_ctl',
    'pg_dump',
    'pg_isready',
    'pg_restore',
    'postgres',
    'psql',
  ])('PostgreSQL: %s starts', async (program) => {
    const { stdout, stderr } = await inside('postgres', [
      `/usr/lib/postgresql/17/bin/${program}`,
      '--version',
    ]);
    expect(stdout + stderr).toMatch(/^\S+ \(PostgreSQL\) 17\.\d+/u);
  });

  test('PostgreSQL makes a database and answers a query, as a user who is not root', async () => {
    const bin = '/usr/lib/postgresql/17/bin';
    const data = '/var/lib/postgresql/data';
    const made = await inside('postgres', [
      `${bin}/initdb`,
      '-D',
      data,
      '--locale=C.UTF-8',
      '-E',
      'UTF8',
      '--no-sync',
    ]);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('Success') });
    const query = "select upper('ä') || (now() at time zone 'Europe/Berlin' is not null) as answer;\n";
    const asked = await inside('postgres', [`${bin}/postgres`, '--single', '-D', data, 'postgres'], query);
    expect(asked.stdout).toContain('answer = "Ätrue"');
  });

  test('Node.js starts, finds the authorities and resolves names from files', async () => {
    const found = createRequire(import.meta.url).resolve('node/package.json');
    await copyFile(await realpath(join(dirname(found), 'bin/node')), join(root('node'), 'usr/bin/node'));
    const script = `console.log(JSON.stringify([process.version, require('tls').getCACertificates('system').length]))`;
    const { stdout } = await inside('node', ['/usr/bin/node', '--use-system-ca', '-e', script]);
    const [version, authorities] = JSON.parse(stdout) as [string, number];
    expect(version).toBe(process.version);
    expect(authorities).toBeGreaterThan(100);
  });

  test('catatonit needs nothing but itself', async () => {
    expect((await inside('pause', ['/usr/bin/catatonit', '--version'])).stdout).toMatch(/catatonit/u);
  });

  test.each(Object.keys(requests))('%s: every file is what its package says', async (name) => {
    const status = join(root(name), 'var/lib/dpkg/status.d');
    const lists = (await readdir(status)).filter((file) => file.endsWith('.md5sums'));
    const wrong: string[] = [];
    let checked = 0;
    for (const list of lists) {
      for (const line of (await readFile(join(status, list), 'utf8')).split('\n').filter(Boolean)) {
        const [sum, path = ''] = line.split('  ', 2);
        const content = await readFile(join(root(name), path));
        if (createHash('md5').update(content).digest('hex') !== sum) wrong.push(path);
        checked += 1;
      }
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(1);
    expect(lists).toHaveLength(built.get(name)?.packages.length ?? 0);
  });

  test('PostgreSQL and Node.js share their base layer', () => {
    expect(built.get('postgres')?.layers[0]).toEqual(built.get('node')?.layers[0]);
  });

  test('no shell is in Node.js’s image, and neither image has what only maintainer scripts need', () => {
    const names = (image: string) => built.get(image)?.packages.map(({ name }) => name) ?? [];
    expect(names('node')).not.toContain('dash');
    expect(
      [...names('node'), ...names('postgres')].filter((name) =>
        /^(?:perl.*|debconf|dpkg|openssl|mawk)$/u.test(name),
      ),
    ).toEqual([]);
  });

  test('nothing that is in an image is unable to start there', () => {
    const notes = events.filter((event) => event.kind === 'note').map(({ text }) => text);
    expect(notes.filter((text) => text.includes('unable to start'))).toEqual([]);
  });

  test('the second time nothing is fetched or unpacked', async () => {
    const mirrorless = { environment: { PTP_DEBIAN_MIRROR: 'http://127.0.0.1:9/debian' } };
    for (const [name, request] of Object.entries(requests)) {
      expect(await debianLayers(context, request, store, mirrorless)).toEqual(built.get(name));
    }
  });
});

function root(name: string): string {
  return join(folder, name);
}

async function untar(layer: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const input = zstdDecompressSync(await readFile(layer));
  const args = ['--extract', '--preserve-permissions', '--numeric-owner', '--directory', into];
  const outcome = await nodeProcesses.run({ program: 'tar', args, input });
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
}

function inside(name: string, command: readonly string[], input = '') {
  const args = ['--userspec=999:999', root(name), ...command];
  // Nothing of this machine's settings, and the one place where Debian keeps its authorities.
  const env = {
    LANG: undefined,
    LC_ALL: undefined,
    NODE_EXTRA_CA_CERTS: undefined,
    SSL_CERT_DIR: undefined,
    SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
  };
  return nodeProcesses.run({ program: 'chroot', args, input, env });
}
