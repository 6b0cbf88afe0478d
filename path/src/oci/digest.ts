import { createHash } from 'node:crypto';
import type { Digest } from '../core/handover.ts';

const form = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a digest as this tool accepts it: sha256, lower case (descriptor.md, "Digests"). */
export function isDigest(text: string): text is Digest {
  return form.test(text);
}

/** Reads `sha256:<64 hexadecimal digits>`. Throws TypeError for anything else, saying what is wrong with it. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const [algorithm, encoded] = text.split(':', 2);
  if (encoded === undefined)
    throw new TypeError(`"${text}" is no digest: it has no algorithm before a colon`);
  if (algorithm !== 'sha256')
    throw new TypeError(`"${text}" is a digest by ${algorithm}; only sha256 is read`);
  throw new TypeError(`"${text}" is no digest: sha256 needs 64 digits of 0-9a-f, here are ${encoded.length}`);
}

/** The digest's 64 digits without the algorithm: the name of its blob's file. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** The digest of bytes, or of a text in UTF-8. */
export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** The digest and the length in bytes of everything that a stream yields. */
export async function digestOfStream(
  content: AsyncIterable<Uint8Array>,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}
