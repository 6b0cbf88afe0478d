import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { BuiltImage } from '../core/handover.ts';
import { digestOf } from './digest.ts';
import { canonicalJson } from './json.ts';
import { layoutArchive, writeLayoutFolder } from './layout.ts';
import { manifestOf, parseIndex, parseManifest } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { Store } from './store.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'layout-'));

async function image(name: string): Promise<BuiltImage> {
  const store = new Store({ cache: newFolder(), emit: () => {} });
  const layer = await store.put(Buffer.from('a layer that both images share'), mediaTypes.layer);
  const config = await store.put(
    canonicalJson({ architecture: 'amd64', os: 'linux', name }),
    mediaTypes.config,
  );
  const manifest = manifestOf({ config: config.descriptor, layers: [layer.descriptor] });
  return {
    name,
    manifest: await store.put(canonicalJson(manifest), mediaTypes.manifest),
    config,
    layers: [layer],
    entrypoint: [],
  };
}

test('a layout names its images, and every blob is what its name says', async () => {
  const folder = newFolder();
  const images = [await image('one'), await image('two')];
  await writeLayoutFolder(images, folder);
  expect(readdirSync(folder).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  expect(JSON.parse(readFileSync(join(folder, 'oci-layout'), 'utf8'))).toEqual({
    imageLayoutVersion: '1.0.0',
  });
  const index = parseIndex(readFileSync(join(folder, 'index.json')));
  const names = index.manifests.map((entry) => entry.annotations?.['org.opencontainers.image.ref.name']);
  expect(names).toEqual(['one', 'two']);
  const blobs = readdirSync(join(folder, 'blobs/sha256'));
  expect(blobs).toHaveLength(5);
  const blob = (digest: string) => readFileSync(join(folder, 'blobs/sha256', digest.slice(7)));
  for (const name of blobs) expect(digestOf(blob(`sha256:${name}`))).toBe(`sha256:${name}`);
  for (const entry of index.manifests) {
    const manifest = parseManifest(blob(entry.digest));
    for (const part of [entry, manifest.config, ...manifest.layers]) {
      expect(blob(part.digest)).toHaveLength(part.size);
    }
  }
});

test('the archive of a layout has the same files and is the same each time', async () => {
  const images = [await image('one')];
  const archive = await buffer(layoutArchive(images));
  expect(await buffer(layoutArchive(images))).toEqual(archive);
  const folder = newFolder();
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: archive });
  const written = newFolder();
  await writeLayoutFolder(images, written);
  expect(execFileSync('diff', ['-r', folder, written], { encoding: 'utf8' })).toBe('');
});

test("documents of a registry are read strictly, Docker's as well", async () => {
  const { manifest } = await image('one');
  const bytes = readFileSync(manifest.path);
  expect(canonicalJson(parseManifest(bytes))).toEqual(bytes);
  expect(() => parseManifest(Buffer.from('<html>'))).toThrow(/image manifest is no JSON/);
  expect(() => parseManifest(Buffer.from('{"schemaVersion":2,"config":{"digest":"sha256:1"}}'))).toThrow(
    /config\.mediaType.*config\.digest: no sha256 digest.*layers/s,
  );
});
