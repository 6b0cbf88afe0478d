import { createReadStream, createWriteStream } from 'node:fs';
import { stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import xz from 'xz-decompress';
import { StepFailed } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';

/** A compressed file. */
export interface Compressed {
  readonly path: string;
  /** Its name, whose ending tells how it is compressed: `data.tar.xz`, `Packages.gz`. */
  readonly name: string;
  /** The largest size that it may unpack to, in bytes. */
  readonly limit: number;
}

/** Below this many bytes, starting a process takes longer than what it saves. */
const worthProcess = 128 << 10;

/**
 * Unpacks a file, whose name tells the format: .xz, .gz, .zst or none of these. Returns the path of the result, in
 * `scratch`, an empty folder. The machine's `xz` unpacks large ones where there is one: it is four times as
 * fast as the library.
 * Throws StepFailed where the file is damaged or unpacks to more than its limit.
 */
export async function decompress(context: Context, file: Compressed, scratch: string): Promise<string> {
  const large = file.name.endsWith('.xz') && (await stat(file.path)).size > worthProcess;
  const program = large ? await context.processes.find('xz') : undefined;
  if (program !== undefined) return unxz(context, program, file, scratch);
  const source = createReadStream(file.path, { highWaterMark: 1 << 18 });
  const unpacked = join(scratch, 'unpacked');
  const sink = createWriteStream(unpacked);
  try {
    if (file.name.endsWith('.xz')) {
      const web = new xz.XzReadableStream(Readable.toWeb(source) as ReadableStream<Uint8Array>);
      await pipeline(Readable.fromWeb(web as Parameters<typeof Readable.fromWeb>[0]), bounded(file), sink);
    } else if (file.name.endsWith('.gz')) await pipeline(source, createGunzip(), bounded(file), sink);
    else if (file.name.endsWith('.zst')) await pipeline(source, createZstdDecompress(), bounded(file), sink);
    else await pipeline(source, bounded(file), sink);
  } catch (error) {
    throw error instanceof StepFailed ? error : damaged(file, (error as Error).message);
  }
  return unpacked;
}

async function unxz(context: Context, program: string, file: Compressed, scratch: string): Promise<string> {
  const link = join(scratch, 'unpacked.xz');
  await symlink(file.path, link);
  const run = async (args: readonly string[]) => {
    const outcome = await context.processes.run({ program, args, signal: context.signal });
    if (outcome.code !== 0) throw damaged(file, outcome.stderr.trim());
    return outcome.stdout;
  };
  // xz has no limit for what it writes, so the file's own index is asked first; xz refuses one that lies
  const totals = /^totals\t(?:\d+\t){3}(?<size>\d+)\t/mu.exec(
    await run(['--robot', '--list', '--force', link]),
  );
  if (!(Number(totals?.groups?.size) <= file.limit)) throw tooLarge(file);
  await run(['--decompress', '--keep', '--force', '--quiet', link]);
  return join(scratch, 'unpacked');
}

function bounded(file: Compressed) {
  return async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let size = 0;
    for await (const chunk of source) {
      size += chunk.byteLength;
      if (size > file.limit) throw tooLarge(file);
      yield chunk;
    }
  };
}

function tooLarge(file: Compressed): StepFailed {
  return new StepFailed({
    what: `${file.name} unpacks to more than ${file.limit} bytes; it is not unpacked`,
    where: { file: file.path },
  });
}

function damaged(file: Compressed, why: string): StepFailed {
  return new StepFailed({ what: `${file.name} can't be unpacked: ${why}`, where: { file: file.path } });
}
