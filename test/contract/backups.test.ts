import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RegistryAccess } from '../../path/src/core/handover.ts';
import { Secret } from '../../path/src/core/secret.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { nodeClock } from '../../path/src/effects/node/clock.ts';
import { nodeProcesses } from '../../path/src/effects/node/processes.ts';
import { openBackups } from '../../path/src/registry/stored-backups.ts';
import { backupScripts } from '../../path/src/services/postgres/backup/scripts.ts';
import { freePort } from '../support/free-port.ts';
import { type Registry, startRegistry } from './support/registry.ts';

/*
 * What a backup's pod sends goes to distribution, once as it is and once behind a door that asks for tokens, as those of
 * Docker Hub, GitHub, GitLab or Harbor do (distribution's `spec/auth/token`). The shell and curl are this machine's: the
 * pods' own are seen in the end-to-end tests.
 */
const hasCurl = spawnSync('curl', ['--version']).status === 0;
let registry: Registry;
let door: Door;
let folder: string;

beforeAll(async () => {
  registry = await startRegistry({ deletes: true });
  door = await openDoor(registry.name);
});
afterAll(async () => {
  await door?.close();
  await registry?.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ptp-backups-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!hasCurl)('a registry without credentials keeps what is sent, and the oldest go', async () => {
  const moments = ['20261121t000000z', '20261122t000000z', '20261123t000000z-replaced', '20261124t000000z'];
  for (const tag of moments)
    expect(await send(registry.name, 'plain', tag, { keep: 2 })).toMatchObject({ code: 0 });
  expect(await tagsOf(registry.name, 'plain')).toEqual([
    '20261124t000000z',
    '20261123t000000z-replaced',
    '20261122t000000z',
  ]);
});

test.skipIf(!hasCurl)(
  'a registry that asks for tokens gets one for each thing, and what it keeps can be read',
  async () => {
    const tag = '20261126t031700z';
    expect(await send(door.name, 'shop', tag, { keep: 1, login: 'robot:hidden' })).toEqual({
      code: 0,
      errors: '',
    });
    expect(door.tokens.length).toBeGreaterThan(3);
    expect(new Set(door.tokens.map(({ scope }) => scope))).toEqual(
      new Set(['repository:shop/database-backup:pull,push,delete']),
    );
    // Read by the tool itself, which asks for tokens of its own.
    const store = openBackups(context(), access(door.name, 'shop'), 'database-backup');
    try {
      const found = await store.find();
      expect(found?.name).toBe(`${door.name}/shop/database-backup:${tag}`);
      const pieces: Uint8Array[] = [];
      for await (const piece of found?.dump() ?? []) pieces.push(piece);
      expect(Buffer.concat(pieces).toString()).toBe(`dump of ${tag}`);
    } finally {
      await store.close();
    }
  },
);

test.skipIf(!hasCurl)('a login that is refused ends it, and is not in what is said', async () => {
  const { code, errors } = await send(door.name, 'shop', '20261127t000000z', {
    keep: 1,
    login: 'robot:wrong-one',
  });
  expect(code).not.toBe(0);
  expect(errors).toContain('401');
  expect(errors).not.toContain(Buffer.from('robot:wrong-one').toString('base64'));
});

test.skipIf(!hasCurl)(
  'a login is not sent where the registry names a place without TLS that is not its own',
  async () => {
    const thief: string[] = [];
    const server = createServer((got, answer) => {
      thief.push(got.headers.authorization ?? '');
      answer.end('{"token":"x"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.2', resolve));
    const strange = await openDoor(
      registry.name,
      `http://127.0.0.2:${(server.address() as AddressInfo).port}/token`,
    );
    try {
      const { code, errors } = await send(strange.name, 'shop', '20261127t000000z', {
        keep: 1,
        login: 'robot:hidden',
      });
      expect(code).not.toBe(0);
      expect(errors).toContain('not over TLS');
      expect(thief).toEqual([]);
    } finally {
      await strange.close();
      await new Promise((resolve) => server.close(resolve));
    }
  },
);

/** Runs what a pod runs when a backup is encrypted, with files of our own. */
async function send(
  name: string,
  project: string,
  tag: string,
  { keep, login }: { readonly keep: number; readonly login?: string },
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const work = mkdtempSync(join(folder, 'work-'));
  writeFileSync(join(work, 'dump.age'), `dump of ${tag}`);
  writeFileSync(join(work, 'tables.age'), `tables of ${tag}`);
  const auth = join(work, 'login');
  if (login !== undefined) writeFileSync(auth, Buffer.from(login).toString('base64'));
  const child = spawn('sh', ['-eu', '-c', backupScripts('/nowhere')['send.sh'] ?? 'exit 9'], {
    cwd: work,
    env: {
      PATH: process.env.PATH,
      REGISTRY: `http://${name}/v2/${project}/database-backup`,
      LOGIN: auth,
      KEEP: String(keep),
      tag,
      created: '2026-11-26T03:17:00Z',
    },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const [errors, code] = await Promise.all([
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('exit', resolve)),
  ]);
  return { code, errors };
}

async function tagsOf(name: string, project: string): Promise<readonly string[]> {
  const store = openBackups(context(), access(name, project), 'database-backup');
  try {
    return (await store.list()).map(({ tag }) => tag);
  } finally {
    await store.close();
  }
}

function access(name: string, prefix: string): RegistryAccess {
  return {
    url: `http://${name}`,
    name,
    prefix,
    credentials: { username: 'robot', password: new Secret('hidden') },
  };
}

function context(): Context {
  const signal = AbortSignal.timeout(60_000);
  return { emit: () => {}, clock: nodeClock, processes: nodeProcesses, cache: folder, signal };
}

interface Door {
  readonly name: string;
  readonly tokens: { readonly scope: string }[];
  close(): Promise<void>;
}

/** Stands before a registry and lets in who has a token of its own for that repository, each token for three requests. */
async function openDoor(behind: string, realm?: string): Promise<Door> {
  const port = await freePort();
  const name = `127.0.0.1:${port}`;
  const tokens: { readonly scope: string; readonly value: string; left: number }[] = [];
  const login = `Basic ${Buffer.from('robot:hidden').toString('base64')}`;
  const server = createServer((got: IncomingMessage, answer: ServerResponse) => {
    const url = new URL(got.url ?? '/', `http://${name}`);
    const { authorization } = got.headers;
    if (url.pathname === '/token') {
      if (authorization !== login) return void answer.writeHead(401).end();
      const scope = url.searchParams.getAll('scope').join(' ');
      const value = createHash('sha256').update(`${tokens.length}`).digest('hex');
      tokens.push({ scope, value, left: 3 });
      return void answer.end(JSON.stringify({ token: value, expires_in: 60 }, undefined, 2));
    }
    const token = tokens.find(({ value }) => authorization === `Bearer ${value}`);
    const repository = /^\/v2\/(.+?)\/(?:blobs|manifests|tags)\//.exec(url.pathname)?.[1];
    const may = repository !== undefined && token?.scope.includes(`repository:${repository}:`) === true;
    if (!may || token.left === 0) {
      const challenge = `Bearer realm="${realm ?? `http://${name}/token`}",service="the registry"`;
      got.resume();
      return void answer.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    token.left -= 1;
    const { authorization: _, ...headers } = got.headers;
    const [host = '', hostPort] = behind.split(':');
    const passed = request(
      { host, port: Number(hostPort), method: got.method, path: got.url, headers },
      (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      },
    );
    got.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    name,
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
