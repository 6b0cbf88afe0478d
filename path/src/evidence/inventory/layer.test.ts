import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { digestOf } from '../../oci/digest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { AlteredLayer, readLayer } from './layer.ts';

async function archive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const writer = pack();
  for (const [name, content] of Object.entries(files)) writer.entry({ name, mode: 0o755 }, content);
  writer.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of writer as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

const read = (bytes: Buffer, mediaType: string, digest = digestOf(bytes)) =>
  readLayer({ mediaType, digest, size: bytes.length }, inPieces(bytes), 'a test');
async function* inPieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

const files = {
  './app/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}',
  'app/other.json': '{"name":"b","version":"1.0.0"}',
  'app/.wh.gone': '',
  'lib/.wh..wh..opq': '',
};
const facts = {
  found: { 'app/node_modules/a/package.json': [{ type: 'npm', name: 'a', version: '1.0.0' }] },
  removed: ['app/gone', 'lib'],
};

test('a layer tells of its packages and of what it takes away, however it is compressed', async () => {
  const plain = await archive(files);
  expect(await read(plain, mediaTypes.layer)).toEqual(facts);
  expect(await read(gzipSync(plain), mediaTypes.layerGzip)).toEqual(facts);
  expect(await read(zstdCompressSync(plain), mediaTypes.layerZstd)).toEqual(facts);
  expect(await read(gzipSync(plain), 'application/vnd.docker.image.rootfs.diff.tar.gzip')).toEqual(facts);
});

test('other bytes than its digest’s are told of, whatever they are', async () => {
  const whole = zstdCompressSync(await archive(files));
  const digest = digestOf(whole);
  const other = zstdCompressSync(await archive({ a: 'b' }));
  for (const bytes of [other, whole.subarray(0, 60), Buffer.alloc(0), Buffer.from('no archive')])
    await expect(read(bytes, mediaTypes.layerZstd, digest)).rejects.toThrow(AlteredLayer);
  // Behind the end of the archive as well.
  const longer = Buffer.concat([await archive(files), Buffer.alloc(512)]);
  await expect(read(longer, mediaTypes.layer, digestOf(await archive(files)))).rejects.toThrow(AlteredLayer);
});
