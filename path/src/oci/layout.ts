import { createReadStream } from 'node:fs';
import { constants, copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { BuiltImage, StoredBlob } from '../core/handover.ts';
import { digestHex } from './digest.ts';
import { canonicalJson } from './json.ts';
import type { Index } from './manifest.ts';
import { mediaTypes } from './media-types.ts';
import { verifyBlob } from './verify-blob.ts';

/** One file of a layout: its path and where its bytes are. */
type LayoutFile = { readonly path: string } & (
  | { readonly blob: StoredBlob }
  | { readonly bytes: Uint8Array }
);

/**
 * Writes images as an OCI image layout (image-layout.md) into a folder that is made where it is not there. Each
 * image is named in `index.json` by the annotation `org.opencontainers.image.ref.name`, which is what skopeo,
 * podman and crane look for. Throws DamagedBlob where the cache has lost a part of them.
 */
export async function writeLayoutFolder(images: readonly BuiltImage[], folder: string): Promise<void> {
  for (const file of layoutFiles(images)) {
    const path = join(folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    if ('bytes' in file) {
      await writeFile(`${path}.part`, file.bytes);
    } else {
      await verifyBlob(file.blob);
      await copyFile(file.blob.path, `${path}.part`, constants.COPYFILE_FICLONE);
    }
    await rename(`${path}.part`, path);
  }
}

/** The same layout as a tar archive, streamed; equal images give equal bytes. */
export function layoutArchive(images: readonly BuiltImage[]): AsyncIterable<Uint8Array> {
  const archive = pack();
  const write = async () => {
    for (const file of layoutFiles(images)) {
      const header = { name: file.path, mode: 0o644, mtime: new Date(0) };
      if ('blob' in file) await verifyBlob(file.blob);
      const size = 'bytes' in file ? file.bytes.byteLength : file.blob.descriptor.size;
      const sink = archive.entry({ ...header, type: 'file', size });
      await pipeline('bytes' in file ? [file.bytes] : createReadStream(file.blob.path), sink);
    }
    archive.finalize();
  };
  write().catch((error: Error) => archive.destroy(error));
  return archive as AsyncIterable<unknown> as AsyncIterable<Uint8Array>;
}

function layoutFiles(images: readonly BuiltImage[]): readonly LayoutFile[] {
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: images.map((image) => ({
      ...image.manifest.descriptor,
      annotations: { 'org.opencontainers.image.ref.name': image.name },
    })),
  };
  const blobs = new Map<string, StoredBlob>();
  for (const image of images) {
    for (const blob of [image.manifest, image.config, ...image.layers])
      blobs.set(blob.descriptor.digest, blob);
  }
  return [
    { path: 'oci-layout', bytes: canonicalJson({ imageLayoutVersion: '1.0.0' }) },
    ...[...blobs.values()].map((blob) => ({
      path: `blobs/sha256/${digestHex(blob.descriptor.digest)}`,
      blob,
    })),
    // Last, so that a folder whose copy was cut off has no index that names what is not there.
    { path: 'index.json', bytes: canonicalJson(index) },
  ];
}
