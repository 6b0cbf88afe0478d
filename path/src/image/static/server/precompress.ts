import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import { filesBelow } from '../../../oci/files-below.ts';
import { shrinks } from './mime.ts';

const codings: readonly (readonly [string, (bytes: Uint8Array) => Promise<Uint8Array>])[] = [
  ['.br', toBrotli],
  ['.zst', toZstd],
  ['.gz', toGzip],
];

/** Whether a file of this name is worth compressing: text, markup, scripts, vector images; not what is packed. */
export function compressible(path: string): boolean {
  return shrinks(path);
}

/**
 * Writes `x.br` (quality 11), `x.zst` (level 19) and `x.gz` (level 9) beside each compressible file `x` below a
 * folder, where they are smaller than `x`; where not, one that lay there is removed. The bytes depend on the
 * content and the version of Node.js alone: no time, no name, no system.
 * @throws Error of the file system
 */
export async function precompress(folder: string): Promise<void> {
  for (const { path: below, kind } of await filesBelow(folder)) {
    if (kind !== 'file' || !compressible(below)) continue;
    const path = join(folder, below);
    const bytes = await readFile(path);
    await Promise.all(
      codings.map(async ([ending, compress]) => {
        const smaller = await compress(bytes);
        if (smaller.length < bytes.length) await writeFile(path + ending, smaller);
        else await rm(path + ending, { force: true });
      }),
    );
  }
}

async function toBrotli(bytes: Uint8Array): Promise<Uint8Array> {
  return await promisify(brotliCompress)(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

async function toZstd(bytes: Uint8Array): Promise<Uint8Array> {
  return await promisify(zstdCompress)(bytes, {
    // RFC 8878 lets browsers refuse windows above 8 MiB.
    params: { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 23 },
  });
}

async function toGzip(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = await promisify(gzip)(bytes, { level: 9 });
  // The tenth byte names the operating system (RFC 1952, section 2.3.1): 255 says unknown, on every one.
  packed[9] = 255;
  return packed;
}
