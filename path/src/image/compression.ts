/** How a layer is stored. The digest of the image depends on it; that of the layer's content (diffID) does not. */
export type Compression = 'zstd' | 'gzip' | 'none';

/** What decides a layer's compressed bytes besides its content: the compressor and its release. */
export function compressorOf(compression: Compression): string {
  const releases = { zstd: process.versions.zstd, gzip: process.versions.zlib, none: undefined };
  return [compression, releases[compression]].filter((part) => part !== undefined).join(' ');
}
