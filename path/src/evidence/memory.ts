import { join } from 'node:path';
import type { Descriptor, Digest } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { tellDamage } from '../oci/damage.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import { readSealed, sealedEnding, writeSealed } from '../oci/sealed.ts';
import type { EvidenceKind } from './statement.ts';
import { thisTool } from './tool.ts';

/** Raise it when the same image shall get other statements: what earlier versions have signed is not enough then. */
const edition = 1;

/** A statement that was signed on this machine. */
export interface Signed {
  /** Its bundle: in the store, so that another registry gets the same one. */
  readonly bundle: Descriptor;
  /** The manifest that it was attached with. */
  readonly referrer: Digest;
  /** Of provenance: whether the sources were as a commit has them. */
  readonly clean?: boolean;
}
export type Memory = Readonly<Partial<Record<EvidenceKind, Signed>>>;

/** Whose statements about what. */
export interface About {
  readonly project: string;
  readonly image: string;
  readonly digest: Digest;
  readonly signer: string;
}

function fileOf({ cache }: Pick<Context, 'cache'>, about: About): string {
  const { project, image, digest, signer } = about;
  const key = digestOf(JSON.stringify([edition, thisTool().version, project, image, digest, signer]));
  return join(cache, 'evidence', 'signed', digestHex(key) + sealedEnding);
}

/** What was signed about an image with this key on this machine. */
export async function recall(context: Context, about: About): Promise<Memory> {
  const file = fileOf(context, about);
  const damaged = () =>
    tellDamage(context.emit, `what is known of ${about.image}'s signatures`, file, 'evidence');
  return ((await readSealed(file, damaged)) ?? {}) as Memory;
}

/** Keeps it for the next time. */
export async function remember(context: Context, about: About, memory: Memory): Promise<void> {
  await writeSealed(fileOf(context, about), memory);
}
