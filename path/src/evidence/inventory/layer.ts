import { createHash } from 'node:crypto';
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { StepFailed } from '../../core/failure.ts';
import type { Descriptor, Digest } from '../../core/handover.ts';
import { limits } from '../../core/limits.ts';
import { mediaTypes, ociMediaType } from '../../oci/media-types.ts';
import type { Found, LayerFacts } from './facts.ts';
import { GoProgram } from './go-program.ts';
import { tellers } from './tellers.ts';

const elf = Buffer.from('\x7fELF', 'latin1');

/** A layer whose bytes are not those that its digest names. */
export class AlteredLayer extends StepFailed {
  readonly digest: Digest;

  constructor(digest: Digest, from: string, options?: ErrorOptions) {
    super(
      {
        what: `the bytes of layer ${digest} from ${from} are not those that its digest names`,
        next: 'Look at the disk below; `ptp up` brings the layer anew where it is missing.',
      },
      options,
    );
    this.digest = digest;
  }
}

/**
 * What a layer says about packages, read in one pass and compared with its digest.
 * @param from whose bytes they are, for messages
 * @throws AlteredLayer for other bytes than the descriptor's, whatever they are
 */
export async function readLayer(
  descriptor: Descriptor,
  bytes: AsyncIterable<Uint8Array>,
  from: string,
): Promise<LayerFacts> {
  const found: Record<string, readonly Found[]> = Object.create(null);
  const removed: string[] = [];
  const hash = createHash('sha256');
  const archive = extract();
  const reading = (async () => {
    let entries = 0;
    for await (const entry of archive) {
      const content = entry as AsyncIterable<Buffer>;
      entries += 1;
      if (entries > limits.archive.entries.most) throw new Error('it has too many entries');
      const { name, type, size = 0, mode = 0 } = entry.header;
      const path = name.replace(/^(?:\.?\/)+/u, '').replace(/\/+$/u, '');
      const gone = removedBy(path);
      if (gone !== undefined) removed.push(gone);
      const teller = type === 'file' ? tellers.find((one) => one.path.test(path)) : undefined;
      if (teller !== undefined && size <= teller.most) {
        found[path] = teller.read(await all(content));
        continue;
      }
      const modules = type === 'file' && (mode & 0o111) !== 0 ? await programs(content) : await skip(content);
      if (modules.length > 0) found[path] = modules;
    }
  })();
  reading.catch(() => {}); // told where it is waited for
  const hashed = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      hash.update(piece);
      yield piece;
    }
  };
  let broken: unknown;
  try {
    const line = pipeline(Readable.from(bytes, { objectMode: false }), hashed, opener(descriptor), archive);
    await Promise.all([line, reading]);
  } catch (error) {
    if (error instanceof StepFailed) throw error;
    broken = error;
  }
  if (broken !== undefined || `sha256:${hash.digest('hex')}` !== descriptor.digest)
    throw new AlteredLayer(descriptor.digest, from, { cause: broken });
  return { found: { ...found }, removed };
}

function opener({ mediaType }: Descriptor): Transform {
  switch (ociMediaType(mediaType)) {
    case mediaTypes.layerZstd:
      return createZstdDecompress();
    case mediaTypes.layerGzip:
      return createGunzip();
    default:
      return new PassThrough();
  }
}

/** What a whiteout takes away: a path, or all that a folder had. */
function removedBy(path: string): string | undefined {
  const [, folder = '', name] = /^(.*\/)?\.wh\.([^/]+)$/u.exec(path) ?? [];
  if (name === undefined) return undefined;
  return name === '.wh..opq' ? folder.replace(/\/$/u, '') : folder + name;
}

async function programs(entry: AsyncIterable<Buffer>): Promise<readonly Found[]> {
  let program: GoProgram | undefined;
  let first = true;
  for await (const piece of entry) {
    if (first && piece.subarray(0, elf.byteLength).equals(elf)) program = new GoProgram();
    first = false;
    program?.add(piece);
  }
  return program?.modules() ?? [];
}

async function skip(entry: AsyncIterable<Buffer>): Promise<readonly Found[]> {
  for await (const _ of entry);
  return [];
}

async function all(entry: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of entry) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}
