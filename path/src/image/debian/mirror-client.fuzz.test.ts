import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepFailed } from '../../core/failure.ts';
import { fuzzed, fuzzTime } from '../../core/fuzz.test-support.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { Store } from '../../oci/store.ts';
import { MirrorClient } from './mirror-client.ts';

const content = Buffer.from('what the index vouches for');
const expected = { size: content.byteLength, sha256: createHash('sha256').update(content).digest('hex') };
const password = 'hunter2';
const login = Buffer.from(`me:${password}`).toString('base64');

let folder: string;
let servers: Server[];
let loot: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-mirror-fuzz-'));
  servers = [];
  loot = [];
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a mirror does with a request. */
const deeds = {
  gives: (response) => response.end(content),
  'gives more': (response) => response.end(Buffer.concat([content, content])),
  'gives less': (response) => response.end(content.subarray(1)),
  'gives other bytes': (response) => response.end(Buffer.alloc(content.byteLength, 'x')),
  'packs it once more': (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(content)),
  'packs a bomb': (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1 << 22))),
  'packs nothing': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
  'says a length that is none': (response) => {
    response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nwhat the index');
  },
  'breaks off': (response) => response.socket?.destroy(),
  'is no HTTP': (response) => response.socket?.end('220 ftp ready\r\n'),
  'is silent': () => {},
  'is at work': (response) => {
    const timer = setInterval(() => response.socket?.write('HTTP/1.1 102 Processing\r\n\r\n'), 10);
    response.on('close', () => clearInterval(timer));
  },
  drips: (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('w'), 10);
    response.on('close', () => clearInterval(timer));
  },
  'has nothing': (response) => response.writeHead(404).end('gone'),
  refuses: (response) => response.writeHead(403).end(`not with ${password}`),
  'is busy': (response) => response.writeHead(503).end(),
  'gives no content': (response) => response.writeHead(204).end(),
  'sends to the thief': (response, thief) => response.writeHead(302, { location: `http://${thief}/x` }).end(),
  'sends to the thief for good': (response, thief) =>
    response.writeHead(308, { location: `//${thief}/x` }).end(),
  'sends in circles': (response) => response.writeHead(307, { location: '?' }).end(),
  'sends into the file system': (response) =>
    response.writeHead(301, { location: 'file:///etc/passwd' }).end(),
  'sends nowhere': (response) => response.writeHead(301, { location: 'http://[' }).end(),
} as const satisfies Record<string, (response: Parameters<RequestListener>[1], thief: string) => unknown>;

const names = Object.keys(deeds) as (keyof typeof deeds)[];

test('whatever a mirror does, what is taken is what was vouched for, and the password stays', {
  timeout: fuzzTime,
}, async () => {
  const thief = await serve((request, response) => {
    loot.push([request.url, ...request.rawHeaders].join('\n'));
    response.end(content);
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (plan, small) => {
        let asked = 0;
        const mirror = await serve((request, response) => {
          response.on('error', () => {});
          const deed = plan[Math.min(asked, plan.length - 1)] ?? 'gives';
          asked += 1;
          if (request.headers.authorization !== `Basic ${login}`) deeds.refuses(response);
          else deeds[deed](response, thief);
        });
        const cache = await mkdtemp(join(folder, 'cache-'));
        const context = {
          emit: () => {},
          clock: { monotonic: () => 0, now: () => new Date(), sleep: async () => {} },
          processes: nodeProcesses,
          cache,
          signal: new AbortController().signal,
        };
        const http = { proxy: 'DIRECT', hostProxies: new Map(), authorities: [], checkValidUntil: true };
        const archive = {
          name: 'main',
          url: `http://me:${password}@${mirror}/debian`,
          signedBy: [],
          checkValidUntil: true,
          http,
        } as const;
        const client = new MirrorClient(context, archive, { answer: 60, pace: { bytes: 1000, time: 60 } });
        try {
          if (small) {
            const text = await client.text('dists/x', 100);
            expect(text?.length ?? 0).toBeLessThanOrEqual(100);
          } else {
            const blob = await client.blob(
              'pool/x',
              expected,
              new Store({ cache, emit: () => {} }),
              'text/plain',
            );
            if (blob !== undefined) expect(await readFile(blob.path)).toEqual(content);
          }
        } catch (error) {
          if (!(error instanceof StepFailed)) throw error;
          for (const { what, next = '', details = [] } of error.problems) {
            expect([what, next, ...details].join(' ')).not.toMatch(
              /[\p{Cc}\p{Cs}]|undefined|\[object|hunter2/u,
            );
            expect(what).toContain(mirror);
            expect(next).not.toBe('');
          }
        } finally {
          await client.close();
        }
        expect(asked).toBeLessThan(100);
        for (const stolen of loot)
          expect(stolen).not.toMatch(new RegExp(`${password}|${login}|authorization`, 'i'));
        expect(await readdir(join(cache, 'blobs/incoming')).catch(() => [])).toEqual([]);
      },
    ),
    fuzzed(30),
  );
});
