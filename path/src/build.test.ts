import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { build } from './build.ts';
import type { BuildOptions } from './cli/actions.ts';
import type { Context } from './effects/context.ts';
import { signingKey } from './evidence/signing/signers.ts';
import { verifyEvidence } from './evidence/verify.ts';
import { loadProject } from './project/load.ts';
import type { Project } from './project/project.ts';
import { openAttachments } from './registry/attachments.ts';
import { publishImages } from './registry/step.ts';
import { type FakeRegistry, startFakeRegistry } from './registry/testing/fake-registry.ts';
import { createWorld, noise, type World } from './registry/testing/world.ts';

let world: World;
let fake: FakeRegistry;
let context: Context;
let project: Project;
let folder: string;

const large = 32 << 20;

beforeEach(async () => {
  world = await createWorld();
  fake = await startFakeRegistry();
  vi.stubEnv('DOCKER_CONFIG', world.folder);
  context = { ...world.context, cache: join(world.folder, 'cache') };
  folder = join(world.folder, 'shop');
  const name = new URL(fake.url).host;
  const [base] = await publishImages(
    world.context,
    { url: fake.url, name, prefix: 'lib' },
    // An archive without files.
    [await world.image('base', gzipSync(Buffer.alloc(1024)))],
    { tags: [] },
  );
  await mkdir(join(folder, 'web'), { recursive: true });
  const manifest = { name: 'web', version: '1.0.0', scripts: { start: 'node main.js' } };
  await writeFile(join(folder, 'web/package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'web/main.js'), 'console.log(1);\n');
  await writeFile(join(folder, 'web/data.bin'), noise(large));
  await writeFile(
    join(folder, 'ptp.yaml'),
    `name: shop\ncomponents:\n  web: { source: web, route: /, base: "${base?.reference}" }\n`,
  );
  project = await loadProject(join(folder, 'ptp.yaml'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await fake.close();
  await world.remove();
});

/** Builds and pushes; what was asked of the registry, and how many bytes this process read from files meanwhile. */
async function push(options: Partial<BuildOptions> = {}) {
  fake.got.length = 0;
  const before = bytesRead();
  const images = await build(context, project, {
    components: [],
    compression: 'zstd',
    tags: ['v1'],
    push: { url: fake.url, name: 'registry.test', prefix: 'shop' },
    ...options,
  });
  return { images, lines: fake.lines(), read: bytesRead() - before };
}

function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

test('what has not changed is not read, and one request says that the registry has it', async () => {
  const first = await push();
  expect(first.read).toBeGreaterThan(large);
  // A file that was written just now may change again unseen, so it is read once more.
  await expect.poll(async () => (await push()).read, { timeout: 10_000 }).toBeLessThan(1 << 20);
  const second = await push();
  expect(second.lines).toEqual(['HEAD /v2/shop/web/manifests/v1']);
  expect(second.images).toEqual(first.images);
});

test('a changed line is sent with its layer, its configuration and its manifest, and nothing else', async () => {
  await rm(join(folder, 'web/data.bin'));
  await push();
  await writeFile(join(folder, 'web/main.js'), 'console.log(2);\n');
  const { lines } = await push();
  const sent = lines.filter((line) => /^(PUT|PATCH|POST) /.test(line));
  expect(sent.filter((line) => line.includes('/blobs/uploads/u'))).toHaveLength(2);
  expect(sent.filter((line) => line.includes('/manifests/'))).toEqual(['PUT /v2/shop/web/manifests/v1']);
  expect(sent).toHaveLength(5);
});

test('asked to, it signs what it has published, with its provenance and the lists of its parts', async () => {
  await rm(join(folder, 'web/data.bin'));
  vi.stubEnv('XDG_CONFIG_HOME', join(world.folder, 'configuration'));
  const { images } = await push({ sign: true });
  const publicKey = await signingKey('shop', process.env);
  const place = { url: fake.url, name: 'registry.test', prefix: 'shop' };
  const attachments = openAttachments(context, place);
  const digest = images[0]?.digest ?? 'sha256:none';
  const about = { attachments, image: 'web', digest, publicKey };
  const { findings } = await verifyEvidence(context, about);
  expect(findings.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual([
    'cyclonedx good',
    'provenance good',
    'signature good',
    'spdx good',
  ]);
  await attachments.close();
});

test('an image layout holds every part of the image; nothing is published without --push', async () => {
  await rm(join(folder, 'web/data.bin'));
  const output = join(world.folder, 'layout');
  fake.got.length = 0;
  const [made] = await build(context, project, {
    components: ['web'],
    compression: 'gzip',
    tags: [],
    output,
  });
  expect(fake.lines().some((line) => line.includes('/v2/shop/'))).toBe(false);
  expect(made?.reference).toBeUndefined();
  const index = JSON.parse(await readFile(join(output, 'index.json'), 'utf8'));
  expect(index.manifests).toMatchObject([{ digest: made?.digest }]);
  const blob = (digest: string) => readFile(join(output, 'blobs', digest.replace(':', '/')));
  const manifest = JSON.parse((await blob(made?.digest ?? '')).toString());
  for (const { digest, size } of [manifest.config, ...manifest.layers])
    expect((await blob(digest)).byteLength).toBe(size);
  expect(manifest.layers.at(-1).mediaType).toMatch(/tar\+gzip$/);
});

test('a component that the project does not have, and a tag that no registry takes, are told at once', async () => {
  fake.got.length = 0;
  await expect(push({ components: ['wep'] })).rejects.toMatchObject({
    name: 'UserMistake',
    problems: [{ what: 'no component is called `wep`', next: 'Did you mean `web`?' }],
  });
  await expect(push({ tags: ['no tag'] })).rejects.toMatchObject({ name: 'UserMistake' });
  expect(fake.lines()).toEqual([]);
});
