import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buildImages } from '../path/src/image/step.ts';
import { canonicalJson } from '../path/src/oci/json.ts';
import { manifestOf } from '../path/src/oci/manifest.ts';
import { Store } from '../path/src/oci/store.ts';
import { publishImages } from '../path/src/registry/step.ts';
import type { BenchRegistry } from './registry.ts';
import { contextFor } from './workplace.ts';

/** Another application, which was built before: so its base is there, and nothing of the one that is measured. */
export interface Neighbour {
  readonly builder: 'node' | 'go';
  /** Path → content. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Pushes the base of the neighbour's image as an image of its own, in gzip, which every peer reads; returns its
 * reference by digest.
 */
export async function pushBase(
  cache: string,
  registry: BenchRegistry,
  neighbour: Neighbour,
  folder: string,
): Promise<string> {
  const context = contextFor(cache);
  const name = `${neighbour.builder}-base`;
  await writeFiles(folder, neighbour.files);
  const spec = { builder: neighbour.builder, name, source: folder } as const;
  const [image] = await buildImages(context, [spec], { projectFolder: folder, compression: 'gzip' });
  if (image === undefined) throw new Error('no image was built');
  const whole = JSON.parse(await readFile(image.config.path, 'utf8')) as {
    config: Record<string, unknown>;
    rootfs: { diff_ids: string[] };
    history: unknown[];
  };
  // The application is the last layer; all below is the base.
  const { Entrypoint: _own, WorkingDir: _folder, Labels: _labels, ...config } = whole.config;
  const store = new Store(context);
  const layers = image.layers.slice(0, -1);
  const configuration = await store.put(
    canonicalJson({
      ...whole,
      config,
      rootfs: { ...whole.rootfs, diff_ids: whole.rootfs.diff_ids.slice(0, -1) },
      history: whole.history.slice(0, -1),
    }),
    image.config.descriptor.mediaType,
  );
  const manifest = await store.put(
    canonicalJson(
      manifestOf({
        config: configuration.descriptor,
        layers: layers.map(({ descriptor }) => descriptor),
      }),
    ),
    image.manifest.descriptor.mediaType,
  );
  const [published] = await publishImages(
    context,
    { url: `http://${registry.name}`, name: registry.name, prefix: '' },
    [{ ...image, config: configuration, manifest, layers }],
    { tags: ['latest'] },
  );
  if (published === undefined) throw new Error('no base was published');
  return published.reference;
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
