import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { hash } from 'bcryptjs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { UserMistake } from '../../path/src/core/failure.ts';
import type { BuiltImage, RegistryAccess } from '../../path/src/core/handover.ts';
import { Secret } from '../../path/src/core/secret.ts';
import { buildImages } from '../../path/src/image/step.ts';
import { canonicalJson } from '../../path/src/oci/json.ts';
import { manifestOf } from '../../path/src/oci/manifest.ts';
import { type Client, createClient } from '../../path/src/registry/client.ts';
import { pullImage } from '../../path/src/registry/pull.ts';
import { attachArtifact, referrersOf } from '../../path/src/registry/referrers.ts';
import { repositoryOf } from '../../path/src/registry/repository.ts';
import { headBlob, headManifest } from '../../path/src/registry/requests.ts';
import { publishImages } from '../../path/src/registry/step.ts';
import { createWorld, noise, type World } from '../../path/src/registry/testing/world.ts';
import { uploadBlob } from '../../path/src/registry/upload-blob.ts';
import { componentProgram } from '../support/component.ts';
import { freePort } from '../support/free-port.ts';

let world: World;
let server: ChildProcess;
let access: RegistryAccess;
let client: Client;
const log: string[] = [];

beforeAll(async () => {
  world = await createWorld();
  vi.stubEnv('DOCKER_CONFIG', world.folder);
  const program = await componentProgram('registry', 'registry');
  const port = await freePort();
  await writeFile(join(world.folder, 'htpasswd'), `me:${await hash('hunter2', 5)}\n`);
  await writeFile(
    join(world.folder, 'registry.yaml'),
    JSON.stringify({
      version: 0.1,
      log: { level: 'info', accesslog: { disabled: false } },
      storage: { filesystem: { rootdirectory: join(world.folder, 'data') } },
      http: { addr: `127.0.0.1:${port}` },
      auth: { htpasswd: { realm: 'test', path: join(world.folder, 'htpasswd') } },
    }),
  );
  server = spawn(program, ['serve', join(world.folder, 'registry.yaml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (data) => log.push(String(data)));
  await listening(port);
  access = {
    url: `http://127.0.0.1:${port}`,
    name: `127.0.0.1:${port}`,
    prefix: 'hello',
    credentials: { username: 'me', password: new Secret('hunter2') },
  };
  client = createClient(world.context, access);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await client?.close();
  if (server?.exitCode === null) {
    server.kill();
    await once(server, 'exit');
  }
  await world?.remove();
});

const publish = async (images: readonly BuiltImage[], tags: readonly string[] = []) => {
  world.events.length = 0;
  const published = await publishImages(world.context, access, images, { tags });
  const sent = world.events.filter((event) => event.kind === 'image-published');
  return { published, sent };
};

test('what was pushed comes back the same, and a second push sends nothing', async () => {
  const image = await world.image('round', noise(20_000_000), noise(1_000_000), '');
  const first = await publish([image], ['v1']);
  expect(first.sent).toMatchObject([{ uploaded: 5 }]);
  const second = await publish([image], ['v1']);
  expect(second.sent).toMatchObject([{ uploaded: 0, bytes: 0 }]);
  expect(second.published).toEqual(first.published);

  const other = await createWorld();
  try {
    const { credentials } = access;
    if (credentials === undefined) throw new Error('the test needs credentials');
    const options = { store: other.store, url: access.url, credentials };
    const pulled = await pullImage(other.context, first.published[0]?.reference ?? '', options);
    expect(pulled.manifest.descriptor).toEqual(image.manifest.descriptor);
    expect(pulled.config.descriptor).toEqual(image.config.descriptor);
    for (const [index, layer] of image.layers.entries()) {
      const path = pulled.layers[index]?.path ?? '';
      expect((await readFile(path)).equals(await readFile(layer.path))).toBe(true);
    }
    expect(await pullImage(other.context, `${access.name}/hello/round:v1`, options)).toEqual(pulled);
  } finally {
    await other.remove();
  }
});

test('a layer of two images is uploaded once and mounted', async () => {
  const shared = noise(500_000);
  const images = await Promise.all(['one', 'two'].map((name) => world.image(name, shared, name)));
  const { sent } = await publish(images);
  // Each has its manifest, its configuration and a layer of its own; the shared layer was sent for one of them.
  expect(sent.map((event) => event.uploaded).sort()).toEqual([3, 4]);
  for (const image of images) {
    const repository = repositoryOf(access, image.name);
    expect(await client.send(headBlob(repository, (image.layers[0] ?? image.config).descriptor))).toBe(true);
    expect(await client.send(headManifest(repository, image.manifest.descriptor.digest))).toBeDefined();
  }
});

test('a moved tag is moved without sending a blob', async () => {
  const [old, next] = [await world.image('moved', 'old'), await world.image('moved', 'new')];
  await publish([old], ['now']);
  await publish([next], ['other']);
  const { sent } = await publish([next], ['now']);
  expect(sent).toMatchObject([{ uploaded: 0 }]);
  const tagged = await client.send(headManifest(repositoryOf(access, 'moved'), 'now'));
  expect(tagged?.digest).toBe(next.manifest.descriptor.digest);
});

test('a blob goes up in chunks where it may not go up whole', async () => {
  const repository = repositoryOf(access, 'chunks');
  const blob = await world.store.put(noise(20_000_000));
  // A proxy that refuses large requests stands between: the client is told so for every whole blob.
  const narrow: Client = {
    ...client,
    sendOnce: async (ask, onSent) => {
      if (ask.method !== 'PUT' || ask.body?.kind !== 'file') return client.sendOnce(ask, onSent);
      return ask.read({ status: 413, headers: {}, body: Buffer.alloc(0), url: client.endpoint });
    },
  };
  await uploadBlob(narrow, blob, { repository });
  expect(await client.send(headBlob(repository, blob.descriptor))).toBe(true);
});

test('a wrong password is a mistake, told without the password', async () => {
  const credentials = { username: 'me', password: new Secret('hunter3') };
  const image = await world.image('wrong', 'one');
  const pushed = publishImages(world.context, { ...access, credentials }, [image], { tags: [] });
  await expect(pushed).rejects.toThrow(UserMistake);
  await expect(pushed).rejects.toMatchObject({
    problems: [{ what: expect.stringContaining('401'), next: expect.stringContaining('not accepted') }],
  });
  await expect(pushed).rejects.not.toMatchObject({ message: expect.stringContaining('hunter3') });
});

test('artifacts refer to an image, whichever way the registry lists them', async () => {
  const image = await world.image('signed', 'one');
  await publish([image]);
  const repository = repositoryOf(access, 'signed');
  const subject = image.manifest.descriptor;
  const attach = async (artifactType: string) =>
    attachArtifact(
      client,
      repository,
      { artifactType, subject, blobs: [await world.store.put(Buffer.from(artifactType), artifactType)] },
      world.store,
    );
  const parts = await attach('application/vnd.cyclonedx+json');
  const signature = await attach('application/vnd.dev.sigstore.bundle.v0.3+json');
  const all = await referrersOf(client, repository, subject.digest);
  expect(all.map(({ digest }) => digest).sort()).toEqual([parts.digest, signature.digest].sort());
  const filtered = await referrersOf(client, repository, subject.digest, signature.artifactType);
  expect(filtered.map(({ digest }) => digest)).toEqual([signature.digest]);
});

async function listening(port: number): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`the registry ended:\n${log.join('')}`);
    const socket = connect(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await wait(50);
  }
}

test('an application stands on a base image that is fetched by its digest', async () => {
  const own = await createWorld();
  vi.stubEnv('DOCKER_CONFIG', own.folder);
  const authorization = Buffer.from('me:hunter2').toString('base64');
  const docker = { auths: { [access.name]: { auth: authorization } } };
  await writeFile(join(own.folder, 'config.json'), JSON.stringify(docker));
  try {
    const source = join(own.folder, 'app');
    await mkdir(source);
    const manifest = { name: 'app', version: '1.0.0', scripts: { start: 'node main.js' } };
    const lock = { name: 'app', version: '1.0.0', lockfileVersion: 3, packages: { '': manifest } };
    await writeFile(join(source, 'package.json'), JSON.stringify(manifest));
    await writeFile(join(source, 'package-lock.json'), JSON.stringify(lock));
    await writeFile(join(source, 'main.js'), 'console.log(1);');
    const context = { ...own.context, cache: own.folder };
    const pull = (reference: string) => pullImage(context, reference, { store: own.store });
    const [base] = (await publish([await linuxImage('base')])).published;
    const [built] = await buildImages(
      context,
      [{ builder: 'node', name: 'app', source, base: base?.reference ?? '' }],
      { projectFolder: own.folder, pull },
    );
    expect(built?.layers.length).toBe(2);
    const configuration = JSON.parse(await readFile(built?.config.path ?? '', 'utf8'));
    expect(configuration.config.Labels['org.opencontainers.image.base.digest']).toBe(base?.digest);
    expect(configuration.rootfs.diff_ids).toHaveLength(2);
  } finally {
    vi.stubEnv('DOCKER_CONFIG', world.folder);
    await own.remove();
  }
});

/** An image that says what it is for and what its layer holds, as a base has to. */
async function linuxImage(name: string): Promise<BuiltImage> {
  const image = await world.image(name, 'a layer');
  const [layer] = image.layers;
  if (layer === undefined) throw new Error('no layer');
  const configuration = {
    architecture: 'amd64',
    os: 'linux',
    config: { Env: ['PATH=/usr/bin'] },
    rootfs: { type: 'layers', diff_ids: [layer.descriptor.digest] },
  };
  const config = await world.store.put(
    Buffer.from(JSON.stringify(configuration)),
    image.config.descriptor.mediaType,
  );
  const manifest = await world.store.put(
    canonicalJson(manifestOf({ config: config.descriptor, layers: [layer.descriptor] })),
    image.manifest.descriptor.mediaType,
  );
  return { ...image, config, manifest };
}
