import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import { fuzzed, fuzzTime } from '../core/fuzz.test-support.ts';
import { Secret } from '../core/secret.ts';
import { connect, type KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { list } from './list.ts';
import { kubeconfigFor } from './testing/fake-api.ts';

let server: Server;
let client: KubernetesClient;
let answer: RequestListener;
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = await connect(
    new Secret(kubeconfigFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
});

const odd = fc.jsonValue({ stringUnit: 'binary' });
const bodies = fc.oneof(
  odd.map((value) => JSON.stringify(value)),
  fc
    .dictionary(fc.constantFrom('items', 'metadata', 'message', 'reason', 'details', 'status'), odd)
    .map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '<html>\u001b[2J',
    '['.repeat(50_000),
    '{"items":[null]}',
    '{"items":[],"metadata":null}',
  ),
);
const statuses = fc.constantFrom(200, 200, 200, 201, 202, 301, 400, 403, 409, 410, 422, 500);

test('whatever an API server answers, it is taken as a list, refused, or told', {
  timeout: fuzzTime,
}, async () => {
  await fc.assert(
    fc.asyncProperty(statuses, bodies, async (status, body) => {
      answer = (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      try {
        const found = await list(client, { apiVersion: 'v1', kind: 'Pod', namespace: 'x' });
        expect(Array.isArray(found)).toBe(true);
        for (const item of found) expect(item).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
      } catch (error) {
        if (error instanceof KubernetesError) {
          expect(typeof error.reason).toBe('string');
          expect(error.message).not.toContain('[object');
          expect(error.message.length).toBeLessThan(1000);
          return;
        }
        if (!(error instanceof StepFailed || error instanceof UserMistake)) throw error;
        for (const { what, next } of error.problems) {
          expect(what).toContain(client.server);
          expect(what).not.toMatch(/[\p{Cc}\p{Cs}]|undefined|\[object|Unexpected token/u);
          expect(next).toBeDefined();
        }
      }
    }),
    fuzzed(100),
  );
});
