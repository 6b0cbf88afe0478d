import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendLostParts } from './lost-parts.ts';
import { publishImages } from './step.ts';
import { type FakeRegistry, startFakeRegistry } from './testing/fake-registry.ts';
import { createWorld, type World } from './testing/world.ts';

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

test('what a registry has lost of images is sent again, though it has their manifests', async () => {
  const registry = { url: fake.url, name: 'registry.test', prefix: 'hello' };
  const images = [await world.image('web', 'shared', 'of web'), await world.image('api', 'shared', 'of api')];
  await publishImages(world.context, registry, images, { tags: [] });
  expect(await sendLostParts(world.context, registry, images)).toEqual([]);
  const [, lost] = images[1]?.layers ?? [];
  const digest = lost?.descriptor.digest ?? '';
  expect(fake.blobs.get('hello/api')?.delete(digest)).toBe(true);
  fake.got.length = 0;
  expect(await sendLostParts(world.context, registry, images)).toEqual(['api']);
  expect(fake.blobs.get('hello/api')?.get(digest)?.toString()).toBe('of api');
  expect(fake.lines().filter((line) => line.startsWith('PUT '))).toHaveLength(1);
});
