import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Descriptor } from '../core/handover.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { type Client, createClient } from './client.ts';
import { attachArtifact, referrersOf } from './referrers.ts';
import type { Repository } from './requests.ts';
import { type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { createWorld, type World } from './testing/world.ts';

let world: World;
let fake: FakeRegistry;
let client: Client;

beforeEach(async () => {
  [world, fake] = await Promise.all([createWorld(), startFakeRegistry()]);
  vi.stubEnv('DOCKER_CONFIG', world.folder);
  client = createClient(world.context, { url: fake.url });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await client.close();
  await fake.close();
  await world.remove();
});

const repository: Repository = {
  name: 'hello/web',
  reference: 'registry.test/hello/web',
  rights: 'pull,push',
};
const attach = async (subject: Descriptor, artifactType: string, content: string) =>
  attachArtifact(
    client,
    repository,
    { artifactType, subject, blobs: [await world.store.put(Buffer.from(content), artifactType)] },
    world.store,
  );

test('without a list in the registry the fallback tag is kept, once for each artifact', async () => {
  const subject = (await world.image('web', 'one')).manifest.descriptor;
  expect(await referrersOf(client, repository, subject.digest)).toEqual([]);
  const parts = await attach(subject, 'application/parts', 'a');
  const signature = await attach(subject, 'application/signature', 'b');
  await attach(subject, 'application/parts', 'a');
  expect(await referrersOf(client, repository, subject.digest)).toEqual([parts, signature]);
  expect(await referrersOf(client, repository, subject.digest, 'application/signature')).toEqual([signature]);
  expect([...(fake.manifests.get('hello/web')?.keys() ?? [])]).toContain(subject.digest.replace(':', '-'));
});

test('the registry’s own list is read page by page, and filtered where the registry did not', async () => {
  const subject = (await world.image('web', 'one')).manifest.descriptor;
  const entry = (artifactType: string, letter: string) => ({
    mediaType: mediaTypes.manifest,
    digest: `sha256:${letter.repeat(64)}`,
    size: 1,
    artifactType,
  });
  fake.fault = ({ url }, response) => {
    if (!url.includes('/referrers/')) return false;
    const last = url.includes('page=2');
    const manifests = last ? [entry('x', 'a'), entry('y', 'b')] : [entry('x', 'c')];
    const link = last ? {} : { link: `</v2/hello/web/referrers/${subject.digest}?page=2>; rel="next"` };
    response.writeHead(200, { 'content-type': mediaTypes.index, ...link });
    response.end(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }));
    return true;
  };
  expect(await referrersOf(client, repository, subject.digest, 'x')).toEqual([
    entry('x', 'c'),
    entry('x', 'a'),
  ]);
});

test('a registry that says it knows the subject keeps the list itself', async () => {
  const subject = (await world.image('web', 'one')).manifest.descriptor;
  fake.fault = ({ method }, response) => {
    if (method === 'PUT') response.setHeader('oci-subject', subject.digest);
    return false;
  };
  await attach(subject, 'application/parts', 'a');
  expect(fake.manifests.get('hello/web')?.size).toBe(1);
});
