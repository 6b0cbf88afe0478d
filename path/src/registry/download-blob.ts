import { StepFailed } from '../core/failure.ts';
import type { Descriptor } from '../core/handover.ts';
import type { Client } from './client.ts';
import { getBlob, type Repository } from './requests.ts';
import { TemporaryFailure } from './retry.ts';

const leastProgress = 64 * 1024;
const mostCrumbs = 10;

/**
 * A blob's bytes as they come from a registry. A connection that breaks is made again and goes on where it was, by
 * Range; it is given up when it breaks again and again with next to nothing between. Never yields more bytes than the
 * descriptor says; the digest is for the caller to verify.
 */
export async function* blobBytes(
  client: Client,
  repository: Repository,
  descriptor: Descriptor,
): AsyncGenerator<Buffer> {
  const { size } = descriptor;
  const host = client.endpoint.host;
  let offset = 0;
  // Bytes that all attempts since the last one that got on have brought, and how many those are.
  let [brought, crumbs] = [0, 0];
  while (offset < size || size === 0) {
    const from = offset;
    const next = await client.retrying(async () => {
      const opened = await client.open(getBlob(repository, descriptor, from));
      if (opened.answer > from) throw beyond(host, repository, descriptor);
      const pieces = skip(opened.body, from - opened.answer);
      // The first piece is part of the attempt: only an attempt that brought bytes counts as one that got on.
      const first = await pieces.next();
      if (first.done === true && size > 0) throw short(host, repository, descriptor);
      return { first, pieces };
    });
    try {
      for (let piece = next.first; piece.done !== true; piece = await next.pieces.next()) {
        offset += piece.value.byteLength;
        if (offset > size) throw beyond(host, repository, descriptor);
        yield piece.value;
      }
    } catch (error) {
      if (!(error instanceof TemporaryFailure)) throw error;
      brought += offset - from;
      crumbs = brought >= leastProgress ? 0 : crumbs + 1;
      if (crumbs === 0) brought = 0;
      if (crumbs > mostCrumbs) throw error;
    } finally {
      await next.pieces.return(undefined);
    }
    if (size === 0) return;
  }
}

/** What follows after the first `count` bytes: a server that ignores Range begins at the beginning. */
async function* skip(body: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer, undefined> {
  let left = count;
  for await (const piece of body) {
    const rest = piece.subarray(Math.min(left, piece.byteLength));
    left -= piece.byteLength - rest.byteLength;
    if (rest.byteLength > 0) yield rest;
  }
}

function short(host: string, repository: Repository, { digest, size }: Descriptor): TemporaryFailure {
  const what = `the registry ${host} gave fewer bytes than the ${size} of ${digest} (${repository.reference})`;
  return new TemporaryFailure({ what, next: 'Try again.' }, {});
}

function beyond(host: string, repository: Repository, { digest, size }: Descriptor): StepFailed {
  return new StepFailed({
    what: `the registry ${host} gave other bytes than the ${size} of ${digest} that were asked for (${repository.reference})`,
    next: 'Try again; if it stays so, the registry or what is before it is broken.',
  });
}
