import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StepFailed, type UserMistake } from '../core/failure.ts';
import { limits } from '../core/limits.ts';
import { Secret } from '../core/secret.ts';
import { digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { createClient } from './client.ts';
import { pullImage } from './pull.ts';
import { referrersOf } from './referrers.ts';
import { publishImages } from './step.ts';
import { errorBody, type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
let fake: FakeRegistry;
beforeEach(async () => {
  [world, fake] = await Promise.all([createWorld(), startFakeRegistry()]);
  vi.stubEnv('DOCKER_CONFIG', world.folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([fake.close(), world.remove()]);
});

const patience = { connect: 5000, answer: 100, pace: { bytes: 1000, time: 100 } };
const host = () => new URL(fake.url).host;
const pull = () => pullImage(world.context, `${host()}/hello/web:v1`, { store: world.store, patience });
const publish = async (...layers: string[]) =>
  publishImages(
    world.context,
    { url: fake.url, name: host(), prefix: 'hello' },
    [await world.image('web', ...layers)],
    {
      tags: ['v1'],
      patience,
    },
  );

async function failure(work: Promise<unknown>): Promise<StepFailed | UserMistake> {
  const error: unknown = await work.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StepFailed)) throw error;
  return error;
}

test('a registry that takes requests and never answers is given up', async () => {
  fake.fault = () => true;
  expect((await failure(pull())).message).toMatch(
    /did not answer in time when asked to give the manifest v1/,
  );
  expect(fake.got).toHaveLength(5);
});

test('a registry that says without end that it is at work is given up', async () => {
  fake.fault = (_, response) => {
    const timer = setInterval(() => response.socket?.write('HTTP/1.1 102 Processing\r\n\r\n'), 10);
    response.on('close', () => clearInterval(timer));
    return true;
  };
  expect((await failure(pull())).message).toMatch(/did not answer in time/);
});

test('an answer that comes byte by byte is given up, and so is one that is sent on that way', async () => {
  for (const status of [200, 307]) {
    fake.fault = (_, response) => {
      response.writeHead(status, status === 307 ? { location: '/v2/' } : {});
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    expect((await failure(pull())).message).toMatch(/stopped in the middle|more than 5 times/);
  }
}, 60_000);

test('a blob of which each connection brings a byte is given up', async () => {
  const text = 'a layer of some length '.repeat(100);
  await publish(text);
  fake.got.length = 0;
  fake.fault = ({ method, url, headers }, response) => {
    if (method !== 'GET' || !url.endsWith(digestOf(text))) return false;
    const start = Number(/\d+/.exec(headers.range ?? '')?.[0] ?? 0);
    response.writeHead(start === 0 ? 200 : 206, { 'content-range': `bytes ${start}-2299/2300` });
    response.write(text.slice(start, start + 1), () => response.destroy());
    return true;
  };
  await world.remove();
  world = await createWorld();
  expect((await failure(pull())).message).toMatch(/broke/);
  expect(fake.got.length).toBeLessThan(30);
});

test('a registry that keeps a byte of each piece that it is sent is given up', async () => {
  let kept = 0;
  fake.fault = ({ method, url }, response, request) => {
    if (!url.includes('/uploads/u')) return false;
    request.resume();
    if (method === 'PUT') response.writeHead(413).end();
    else {
      kept += 1;
      response.writeHead(202, { location: url, range: `0-${kept}` }).end();
    }
    return true;
  };
  expect((await failure(publish('a layer of some length '.repeat(100)))).message).toMatch(
    /neither whole nor in pieces/,
  );
  expect(fake.got.length).toBeLessThan(100);
});

test('what is not wanted of an answer does not cost its connection', async () => {
  const ports = new Set<number | undefined>();
  fake.fault = ({ url }, response, request) => {
    ports.add(request.socket.remotePort);
    if (url.includes('?')) response.writeHead(404).end('not here');
    else response.writeHead(307, { location: `${url}?a` }).end('elsewhere');
    return true;
  };
  for (let turn = 0; turn < 3; turn += 1) await failure(pull());
  expect(fake.got).toHaveLength(6);
  expect(ports.size).toBe(3);
});

test('a password that comes back in another writing is not shown', async () => {
  const password = 'pass"wörd\\&';
  fake.fault = (_, response) => {
    response.writeHead(403).end(errorBody('DENIED', `not with ${password}`));
    return true;
  };
  const client = createClient(world.context, {
    url: fake.url,
    credentials: { username: 'me', password: new Secret(password) },
  });
  const error: unknown = await referrersOf(
    client,
    { name: 'a', reference: 'r/a', rights: 'pull' },
    digestOf('x'),
  ).catch((reason: unknown) => reason);
  await client.close();
  expect(String(error)).toContain('DENIED not with [redacted]');
});

test.each([
  [
    'layers',
    { layers: Array.from({ length: limits.registry.layers.most + 1 }, () => 1), config: 2 },
    /has 1001 layers/,
  ],
  ['bytes', { layers: [limits.registry.image.most, 1], config: 2 }, /layers of \d+ bytes/],
  [
    'bytes of configuration',
    { layers: [], config: limits.registry.answer.most + 1 },
    /a configuration of \d+ bytes/,
  ],
])('an image with too many %s is not fetched', async (_, { layers, config }, message) => {
  const part = (size: number) => ({ mediaType: mediaTypes.layer, digest: digestOf('x'), size });
  const manifest = { schemaVersion: 2, config: part(config), layers: layers.map(part) };
  const bytes = Buffer.from(JSON.stringify(manifest));
  fake.manifests.set('hello/web', new Map([['v1', { type: mediaTypes.manifest, bytes }]]));
  expect((await failure(pull())).message).toMatch(message);
  expect(fake.got).toHaveLength(1);
});

test('a list of referrers that always has a next page ends', async () => {
  fake.fault = ({ url }, response) => {
    const headers = { 'content-type': mediaTypes.index, link: `<${url}?n>; rel="next"` };
    response.writeHead(200, headers).end(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    return true;
  };
  const client = createClient(world.context, { url: fake.url });
  expect(await referrersOf(client, { name: 'a', reference: 'r/a', rights: 'pull' }, digestOf('x'))).toEqual(
    [],
  );
  await client.close();
  expect(fake.got).toHaveLength(limits.registry.pages.most);
});
