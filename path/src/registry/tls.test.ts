import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { headManifest } from './requests.ts';
import { selfSigned } from './testing/certificate.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
let server: Server;
let client: Client;

beforeAll(async () => {
  world = await createWorld();
  server = createServer(await selfSigned()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = createClient(world.context, {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
});

afterAll(async () => {
  await client.close();
  server.close();
  await world.remove();
});

test('a certificate that nobody vouches for is told at once, with the way to vouch for it', async () => {
  const repository = { name: 'a', reference: 'registry.test/a', rights: 'pull' } as const;
  const failed = client.send(headManifest(repository, 'v1'));
  await expect(failed).rejects.toThrow(/certificate of https:\/\/127\.0\.0\.1:\d+ is not trusted/);
  await expect(failed).rejects.toMatchObject({
    problems: [{ next: expect.stringContaining('NODE_EXTRA_CA_CERTS') }],
  });
  expect(world.slept).toEqual([]);
});
