import { createReadStream, createWriteStream } from 'node:fs';
import { stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import library from 'xz-decompress';
import { StepFailed } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
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
 * `scratch`, an empty folder. The machine's `xz` unpacks large ones where there is one, and a prlimit to
 * bound it: it is four times as fast as the library.
 * Throws StepFailed where the file is damaged or unpacks to more than its limit.
 */
export async function decompress(context: Context, file: Compressed, scratch: string): Promise<string> {
  const large = file.name.endsWith('.xz') && (await stat(file.path)).size > worthProcess;
  const [xz, prlimit] = large
    ? await Promise.all(['xz', 'prlimit'].map((name) => context.processes.find(name)))
    : [];
  if (xz !== undefined && prlimit !== undefined) return unxz(context, { xz, prlimit }, file, scratch);
  const source = createReadStream(file.path, { highWaterMark: 1 << 18 });
  const unpacked = join(scratch, 'unpacked');
  const sink = createWriteStream(unpacked);
  try {
    if (file.name.endsWith('.xz')) {
      const web = new library.XzReadableStream(Readable.toWeb(source) as ReadableStream<Uint8Array>);
      await pipeline(Readable.fromWeb(web as Parameters<typeof Readable.fromWeb>[0]), bounded(file), sink);
    } else if (file.name.endsWith('.gz')) await pipeline(source, createGunzip(), bounded(file), sink);
    else if (file.name.endsWith('.zst')) await pipeline(source, createZstdDecompress(), bounded(file), sink);
    else await pipeline(source, bounded(file), sink);
  } catch (error) {
    // What the file system says is about this machine, not about the file.
    throw error instanceof StepFailed || 'syscall' in (error as Error)
      ? error
      : damaged(file, (error as Error).message);
  }
  return unpacked;
}

// 128 and the number of SIGXFSZ
const tooLargeFile = 153;

async function unxz(
  context: Context,
  { xz, prlimit }: { readonly xz: string; readonly prlimit: string },
  file: Compressed,
  scratch: string,
): Promise<string> {
  const link = join(scratch, 'unpacked.xz');
  await symlink(file.path, link);
  const run = async (args: readonly string[]) => {
    const limited = [`--fsize=${file.limit}`, '--core=0', '--', xz, ...args];
    const outcome = await context.processes.run({ program: prlimit, args: limited, signal: context.signal });
    if (outcome.code === tooLargeFile || outcome.stderr.includes('File too large')) throw tooLarge(file);
    if (outcome.code !== 0) throw damaged(file, reasonOf(outcome.stderr, link));
    return outcome.stdout;
  };
  // The file's own index says beforehand what is too large. One that lies is noticed by xz, but only at the end: by
  // then the kernel has ended it.
  const totals = /^totals\t(?:\d+\t){3}(?<size>\d+)\t/mu.exec(
    await run(['--robot', '--list', '--force', link]),
  );
  if (!(Number(totals?.groups?.size) <= file.limit)) throw tooLarge(file);
  const memory = `--memlimit-decompress=${limits.archive.decoder.most}`;
  await run(['--decompress', '--keep', '--force', '--quiet', memory, link]);
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
    next: 'Use another mirror (PTP_DEBIAN_MIRROR).',
  });
}

function damaged(file: Compressed, why: string): StepFailed {
  return new StepFailed({
    what: `${file.name} can't be unpacked: ${why}`,
    where: { file: file.path },
    next: 'Use another mirror (PTP_DEBIAN_MIRROR).',
  });
}

/** What xz says, without its name and the file's. */
function reasonOf(said: string, file: string): string {
  return (
    said
      .trim()
      .split('\n', 1)[0]
      ?.replaceAll(file, '')
      .replace(/^[\w/]*xz: *:? */, '')
      .trim() ?? ''
  );
}
