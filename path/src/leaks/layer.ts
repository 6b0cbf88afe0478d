import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, type Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import type { StoredBlob } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import type { Context } from '../effects/context.ts';
import { DamagedBlob, tellDamage } from '../oci/damage.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import { readableText } from './readable.ts';
import { edition } from './sources.ts';

const record = z.object({
  files: z.number(),
  hits: z.array(z.object({ path: z.string(), rule: z.string(), line: z.number() })),
});

/** What was found in a layer. */
export interface ScannedLayer extends Readonly<z.infer<typeof record>> {
  /** How many of its files were searched now. */
  readonly read: number;
}

/**
 * Searches the files of a layer, without those whose sha256 is in `elsewhere`: they are searched where they come from.
 * What was found is kept by both, so a layer is read once. Throws DamagedBlob where the store has its bytes no more.
 */
export async function scanLayer(
  context: Context,
  blob: StoredBlob,
  elsewhere: ReadonlySet<string>,
): Promise<ScannedLayer> {
  const { digest } = blob.descriptor;
  const name = digestHex(digestOf(JSON.stringify([edition, digest, [...elsewhere].toSorted()])));
  const file = join(context.cache, 'credentials', 'layers', name + sealedEnding);
  const damaged = () => tellDamage(context.emit, 'what was seen of a layer', file, 'inspect');
  const known = record.safeParse(await readSealed(file, damaged));
  if (known.success) return { ...known.data, read: 0 };
  const { read, ...made } = await readLayer(blob, elsewhere);
  await writeSealed(file, made);
  return { ...made, read };
}

async function readLayer(blob: StoredBlob, elsewhere: ReadonlySet<string>): Promise<ScannedLayer> {
  const hash = createHash('sha256');
  const source = createReadStream(blob.path);
  source.on('data', (chunk) => hash.update(chunk));
  const hits: z.infer<typeof record>['hits'] = [];
  let [files, read, bytes] = [0, 0, 0];
  try {
    for await (const entry of entriesOf(source, blob.descriptor.mediaType)) {
      const { name, type, size = 0 } = entry.header;
      bytes += size;
      const isRead =
        type === 'file' &&
        size <= limits.credentials.file.most &&
        bytes <= limits.credentials.layer.most &&
        files < limits.credentials.files.most;
      if (!isRead) {
        entry.resume();
        continue;
      }
      files += 1;
      const chunks: Buffer[] = [];
      for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
      const content = Buffer.concat(chunks);
      if (elsewhere.has(digestHex(digestOf(content)))) continue;
      read += 1;
      const text = readableText(content);
      if (text === undefined) continue;
      const { scanText } = await import('./scan-text.ts');
      for (const hit of await scanText(text, name)) hits.push({ path: name, ...hit });
    }
    // What follows the last entry belongs to the digest as well.
    if (!source.readableEnded) for await (const _ of source);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EIO' && hash.digest('hex') === digestHex(blob.descriptor.digest))
      throw error;
    throw new DamagedBlob(blob.descriptor.digest, blob.path, 'is missing or damaged', { cause: error });
  }
  return { files, read, hits };
}

/** The entries of a layer's archive, whatever it is compressed with (OCI image spec 1.1, layer.md). */
function entriesOf(source: Readable, mediaType: string): ReturnType<typeof extract> {
  const archive = extract();
  const stages: readonly Transform[] = mediaType.endsWith('zstd')
    ? [createZstdDecompress()]
    : mediaType.endsWith('gzip')
      ? [createGunzip()]
      : [new PassThrough()];
  let last: Readable = source;
  for (const stage of stages) {
    last.on('error', (error) => stage.destroy(error));
    last = last.pipe(stage);
  }
  last.on('error', (error) => archive.destroy(error));
  last.pipe(archive);
  return archive;
}
