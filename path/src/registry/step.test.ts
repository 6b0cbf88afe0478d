import { readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StepFailed, UserMistake } from '../core/failure.ts';
import type { BuiltImage, RegistryAccess } from '../core/handover.ts';
import { Secret } from '../core/secret.ts';
import { DamagedBlob } from '../oci/damage.ts';
import { publishImages } from './step.ts';
import { errorBody, type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { createWorld, noise, type World } from './testing/world.ts';

let world: World;
let fake: FakeRegistry;

beforeEach(async () => {
  world = await createWorld();
  fake = await startFakeRegistry();
  vi.stubEnv('DOCKER_CONFIG', world.folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await world.remove();
});

const access = (more: Partial<RegistryAccess> = {}): RegistryAccess => ({
  url: fake.url,
  name: 'registry.test',
  prefix: 'hello',
  ...more,
});

const publish = (images: readonly BuiltImage[], tags: readonly string[] = [], more = {}) =>
  publishImages(world.context, access(more), images, { tags });

const published = () => world.events.filter((event) => event.kind === 'image-published');

const count = (start: string) => fake.lines().filter((line) => line.startsWith(start)).length;

const failureOf = async (work: Promise<unknown>): Promise<StepFailed | UserMistake> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof StepFailed || error instanceof UserMistake) return error;
  throw error ?? new Error('it did not fail');
};

test('an image arrives byte for byte, under its digest and its tags', async () => {
  const layer = noise(3_000_000);
  const image = await world.image('web', layer, 'second');
  const [result] = await publish([image], ['v1', 'abc']);
  const { digest } = image.manifest.descriptor;
  expect(result).toEqual({
    name: 'web',
    reference: `registry.test/hello/web@${digest}`,
    digest,
    tags: ['v1', 'abc'],
  });
  expect(fake.blobs.get('hello/web')?.get(image.layers[0]?.descriptor.digest ?? '')).toEqual(
    Buffer.from(layer),
  );
  expect([...(fake.manifests.get('hello/web')?.keys() ?? [])].sort()).toEqual(['abc', digest, 'v1'].sort());
  const put = fake.got.find(({ method, url }) => method === 'PUT' && url.includes('/uploads/'));
  expect(put?.headers['content-length']).toBeDefined();
  expect(put?.headers['transfer-encoding']).toBeUndefined();
  const sizes = [image.manifest, image.config, ...image.layers].map(({ descriptor }) => descriptor.size);
  expect(published()).toMatchObject([{ uploaded: 4, bytes: sizes.reduce((sum, size) => sum + size, 0) }]);
});

test('a second time costs one request and sends nothing', async () => {
  const image = await world.image('web', 'one', 'two');
  await publish([image]);
  fake.got.length = 0;
  await publish([image]);
  expect(fake.lines()).toHaveLength(1);
  await publish([image], ['v1']);
  expect(count('PUT ')).toBe(1);
  fake.got.length = 0;
  await publish([image], ['v1']);
  expect(fake.lines()).toEqual(['HEAD /v2/hello/web/manifests/v1']);
  expect(published().at(-1)).toMatchObject({ uploaded: 0, bytes: 0 });
});

test('a layer that images share is sent once and mounted into the others', async () => {
  const shared = noise(100_000);
  const images = await Promise.all(['a', 'b', 'c'].map((name) => world.image(name, shared, name)));
  await publish(images);
  const digest = images[0]?.layers[0]?.descriptor.digest ?? '';
  const sent = fake.got.filter(
    ({ method, url }) => method === 'PUT' && url.includes(encodeURIComponent(digest)),
  );
  expect(sent).toHaveLength(1);
  for (const name of ['a', 'b', 'c']) {
    expect(fake.blobs.get(`hello/${name}`)?.get(digest)).toEqual(Buffer.from(shared));
  }
});

test('a layer that an earlier run has seen in another repository is taken from there', async () => {
  const shared = noise(200_000);
  await publish([await world.image('base', shared)]);
  fake.got.length = 0;
  await publish([await world.image('web', shared, 'own')]);
  expect(fake.got.filter(({ url }) => url.includes('mount=')).length).toBe(1);
  // Its own layer, its configuration, its manifest.
  expect(published().at(-1)).toMatchObject({ uploaded: 3 });
  expect(count('PUT /v2/hello/web/blobs/')).toBe(2);
  // What was seen there may be gone: it is sent then, into the upload that was begun instead.
  fake.blobs.clear();
  fake.manifests.clear();
  await publish([await world.image('web', shared, 'own')]);
  expect(published().at(-1)).toMatchObject({ uploaded: 4 });
});

test('without mounting a shared layer goes into the upload that the registry began instead', async () => {
  fake.mounts = false;
  const images = await Promise.all(['a', 'b'].map((name) => world.image(name, 'shared', name)));
  await publish(images);
  const digest = images[0]?.layers[0]?.descriptor.digest ?? '';
  expect(fake.blobs.get('hello/b')?.get(digest)?.toString()).toBe('shared');
  // Two images with a layer and a configuration of their own, and the shared one twice.
  expect(count('POST ')).toBe(6);
});

test('only what is missing is sent', async () => {
  const before = await world.image('web', 'dependencies', 'old');
  await publish([before]);
  fake.got.length = 0;
  const after = await world.image('web', 'dependencies', 'new');
  await publish([after]);
  expect(count('POST ')).toBe(2);
  expect(published().at(-1)).toMatchObject({ uploaded: 3 });
});

test('a broken connection and an overloaded registry are tried again', async () => {
  let broken = 0;
  fake.fault = ({ method, url }, response, request) => {
    if (method !== 'PUT' || broken === 3) return false;
    broken += 1;
    if (broken === 1) request.once('data', () => response.destroy());
    else if (url.includes('/uploads/')) request.resume().once('end', () => response.writeHead(503).end());
    else response.writeHead(500).end();
    return true;
  };
  const image = await world.image('web', noise(2_000_000));
  await publish([image]);
  expect(broken).toBe(3);
  expect(fake.manifests.get('hello/web')?.has(image.manifest.descriptor.digest)).toBe(true);
  expect(world.slept).toHaveLength(3);
});

test('a registry that stays down is given up, with its words and a next step', async () => {
  fake.fault = ({ method }, response) => {
    if (method === 'HEAD') return false;
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end(`<html><style>p{color:red}</style><h1>Bad\nGateway</h1>${'x'.repeat(9000)}</html>`);
    return true;
  };
  const failure = await failureOf(publish([await world.image('web', 'one')], ['v1']));
  expect(failure).toBeInstanceOf(StepFailed);
  expect(failure.message).toContain('answered 502 (Bad Gateway x');
  expect(failure.message).toContain('registry.test/hello/web');
  expect(failure.message.length).toBeLessThan(400);
  expect(world.slept.length).toBeGreaterThanOrEqual(4);
});

test('the wait that a registry asks for is kept and told', async () => {
  let asked = false;
  fake.fault = (_, response) => {
    if (asked) return false;
    asked = true;
    response.writeHead(429, { 'retry-after': '7' }).end(errorBody('TOOMANYREQUESTS', 'slow down'));
    return true;
  };
  await publish([await world.image('web', 'one')], ['v1']);
  expect(world.slept).toEqual([7000]);
  expect(world.events).toContainEqual(
    expect.objectContaining({ kind: 'note', text: expect.stringContaining('waiting 7 s') }),
  );
});

test('a wait of more than two minutes is for a person to decide', async () => {
  fake.fault = ({ method }, response) => {
    if (method === 'HEAD') return false;
    response.writeHead(429, { 'retry-after': 'Thu, 01 Jan 2026 01:00:00 GMT' });
    response.end(errorBody('TOOMANYREQUESTS', 'quota reached'));
    return true;
  };
  const failure = await failureOf(publish([await world.image('web', 'one')], ['v1']));
  expect(failure.message).toContain('quota reached');
  expect(failure.problems[0]?.next).toMatch(/in 3600 s; registries often allow more/);
  expect(world.slept).toEqual([]);
});

test('a registry that wants pieces gets pieces, and a piece that broke goes on where it was', async () => {
  let patches = 0;
  fake.fault = ({ method, url, headers }, response, request) => {
    if (method === 'PUT' && url.includes('/uploads/') && headers['content-length'] !== '0') {
      request.resume().once('end', () => response.writeHead(413).end('<h1>Request Entity Too Large</h1>'));
      return true;
    }
    if (method !== 'PATCH') return false;
    patches += 1;
    if (patches !== 2) return false;
    request.once('data', () => response.destroy());
    return true;
  };
  const layer = noise(9 * 1024 * 1024);
  const image = await world.image('web', layer);
  await publish([image]);
  const stored = fake.blobs.get('hello/web')?.get(image.layers[0]?.descriptor.digest ?? '');
  expect(stored?.equals(layer)).toBe(true);
  expect(patches).toBeGreaterThanOrEqual(4);
});

test('a server that cuts off large requests without a word gets pieces', async () => {
  fake.fault = ({ method, url, headers }, response, request) => {
    if (method !== 'PUT' || !url.includes('/uploads/')) return false;
    if (Number(headers['content-length']) < 9 * 1024 * 1024) return false;
    request.once('data', () => response.destroy());
    return true;
  };
  const layer = noise(9 * 1024 * 1024);
  const image = await world.image('web', layer);
  await publish([image]);
  const stored = fake.blobs.get('hello/web')?.get(image.layers[0]?.descriptor.digest ?? '');
  expect(stored?.equals(layer)).toBe(true);
  expect(world.slept).toHaveLength(2);
});

test('an upload may go on at another host, which gets no credentials', async () => {
  const other = await startFakeRegistry();
  try {
    let authorization: string | undefined = 'not asked';
    other.fault = ({ headers }, response, request) => {
      authorization = headers.authorization;
      request.resume().once('end', () => response.writeHead(201).end());
      return true;
    };
    fake.authentication = { scheme: 'basic', username: 'me', password: 'hunter2' };
    fake.fault = ({ method }, response, request) => {
      if (method !== 'POST') return false;
      request.resume();
      response.writeHead(202, { location: `${other.url}/elsewhere?sig=1` }).end();
      return true;
    };
    const credentials = { username: 'me', password: new Secret('hunter2') };
    await publish([await world.image('web', 'one')], [], { credentials });
    expect(authorization).toBeUndefined();
    expect(other.got[0]?.url).toMatch(/^\/elsewhere\?sig=1&digest=sha256%3A/);
  } finally {
    await other.close();
  }
});

test('an upload without a location, and a manifest stored as something else, are told', async () => {
  const image = await world.image('web', 'one');
  fake.fault = ({ method }, response) => {
    if (method !== 'POST') return false;
    response.writeHead(202).end();
    return true;
  };
  expect((await failureOf(publish([image]))).message).toContain('no Location');
  fake.fault = ({ method, url }, response, request) => {
    if (method !== 'PUT' || !url.includes('/manifests/')) return false;
    const digest = `sha256:${'0'.repeat(64)}`;
    request.resume().once('end', () => response.writeHead(201, { 'docker-content-digest': digest }).end());
    return true;
  };
  expect((await failureOf(publish([image]))).message).toContain('stored sha256:0000');
});

test('what this disk lost of an image is not sent', async () => {
  for (const lose of [
    (path: string) => writeFile(path, 'LAYER'),
    (path: string) => writeFile(path, 'lay'),
    (path: string) => rm(path),
  ]) {
    const image = await world.image('web', 'layer');
    for (const part of [image.layers[0], image.manifest]) {
      const { path = '', descriptor } = part ?? {};
      const content = await readFile(path);
      fake.blobs.clear();
      await lose(path);
      const failure = await failureOf(publish([image]));
      expect(failure).toBeInstanceOf(DamagedBlob);
      expect(failure).toMatchObject({ digest: descriptor?.digest });
      expect(failure.problems[0]?.where).toEqual({ file: path });
      expect(
        fake.got.filter(({ method, url }) => method === 'PUT' && url.includes(`${descriptor?.digest}`)),
      ).toEqual([]);
      await writeFile(path, content);
    }
  }
});

test('a large layer that was altered on this disk never goes out whole', async () => {
  const image = await world.image('web', noise(2_000_000));
  const { path = '', descriptor } = image.layers[0] ?? {};
  const altered = await readFile(path);
  altered[1_000_000] = (altered[1_000_000] ?? 0) ^ 1;
  await writeFile(path, altered);
  let received = 0;
  fake.fault = (got, _response, request) => {
    if (got.method === 'PUT' && got.url.includes(`${descriptor?.digest}`)) {
      request.on('data', (piece: Buffer) => {
        received += piece.byteLength;
      });
    }
    return false;
  };
  expect(await failureOf(publish([image]))).toBeInstanceOf(DamagedBlob);
  expect(received).toBeLessThan(2_000_000);
});

test('a repository that must be made first is a mistake that says so', async () => {
  fake.fault = ({ method }, response, request) => {
    if (method !== 'POST') return false;
    request.resume();
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end(errorBody('NAME_UNKNOWN', "The repository 'hello/web' does not exist"));
    return true;
  };
  const failure = await failureOf(publish([await world.image('web', 'one')]));
  expect(failure).toBeInstanceOf(UserMistake);
  expect(failure.message).toContain("The repository 'hello/web' does not exist");
  expect(failure.problems[0]?.next).toMatch(/^Create the repository/);
});

test('a tag or a name that no registry takes is refused before anything is sent', async () => {
  const image = await world.image('web', 'one');
  expect(await failureOf(publish([image], ['feature/x']))).toBeInstanceOf(UserMistake);
  expect(await failureOf(publish([{ ...image, name: 'Web' }]))).toBeInstanceOf(UserMistake);
  expect(fake.got).toHaveLength(0);
});

test('nothing listens: it says where, and what to check', async () => {
  const { url } = fake;
  await fake.close();
  const failure = await failureOf(publish([await world.image('web', 'one')], ['v1'], { url }));
  fake = await startFakeRegistry();
  expect(failure.message).toContain(`nothing listens at ${url}`);
  expect(failure).toBeInstanceOf(StepFailed);
});

test('plain http where TLS is spoken to is told as that', async () => {
  const url = fake.url.replace('http:', 'https:');
  const failure = await failureOf(publish([await world.image('web', 'one')], ['v1'], { url }));
  expect(failure.problems[0]?.next).toContain(fake.url);
});

test('a long upload tells how far it is', async () => {
  fake.fault = () => {
    world.pass(400);
    return false;
  };
  const image = await world.image('web', noise(300_000), noise(300_000), noise(300_000));
  await publish([image]);
  const told = world.events.filter((event) => event.kind === 'progress');
  expect(told.length).toBeGreaterThan(0);
  for (const event of told) {
    expect(event).toMatchObject({ step: 'registry', task: 'web' });
    expect(event.fraction).toBeGreaterThanOrEqual(0);
    expect(event.fraction).toBeLessThanOrEqual(1);
  }
});

test('what is aborted ends with the reason for it, and is not tried again', async () => {
  const abort = new AbortController();
  fake.fault = () => {
    abort.abort(new Error('Ctrl-C'));
    return true;
  };
  const context = { ...world.context, signal: abort.signal };
  const image = await world.image('web', 'one');
  await expect(publishImages(context, access(), [image], { tags: [] })).rejects.toThrow('Ctrl-C');
  expect(world.slept).toEqual([]);
});
