import type { Attachments, Descriptor, Digest } from '../core/handover.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { fetchBundle } from './fetch-bundle.ts';
import { type Envelope, isSignedBy } from './signing/envelope.ts';
import type { Signer } from './signing/signer.ts';
import { bundleType, readStatement, statementType } from './statement.ts';

/** Whose statements are to be signed again, and with what. */
export interface SignAnew {
  readonly attachments: Attachments;
  /** The image's name in the project. */
  readonly image: string;
  readonly digest: Digest;
  /** The key (PEM) whose statements count until now. */
  readonly from: string;
  readonly signer: Signer & { readonly publicKey: string };
}

/**
 * Signs what one key has signed about an image with another one as well: the same statements, byte by byte. What is not
 * whole, or not of the first key, or about another image, is left. Doing it again adds nothing.
 * @returns how many signatures were added
 */
export async function signAnew({ attachments, image, digest, from, signer }: SignAnew): Promise<number> {
  const referrers = (await attachments.list(image, digest)).filter(
    ({ artifactType }) => artifactType === bundleType,
  );
  const bundles = await Promise.all(
    referrers.map(async (referrer) => {
      const found = await fetchBundle(attachments, image, referrer);
      return found.kind === 'bundle' ? [{ ...found, referrer }] : [];
    }),
  );
  const all = bundles.flat();
  const done = all.filter(({ envelope }) => isSignedBy(envelope, signer.publicKey));
  const due = all.filter(
    ({ envelope }) =>
      isSignedBy(envelope, from) &&
      isAbout(envelope, digest) &&
      !done.some((one) => same(one.envelope, envelope)),
  );
  if (due.length === 0) return 0;
  const subject = await subjectOf(attachments, image, digest);
  // One after the other: a registry that keeps no list of its own has one that is read and written for each.
  for (const { envelope, referrer } of due)
    await attachments.attach(image, {
      artifactType: bundleType,
      subject,
      content: await signer.sign(envelope.payloadType, envelope.payload),
      ...(referrer.annotations === undefined ? {} : { annotations: referrer.annotations }),
    });
  return due.length;
}

function same(one: Envelope, other: Envelope): boolean {
  return one.payloadType === other.payloadType && Buffer.from(one.payload).equals(other.payload);
}

function isAbout({ payloadType, payload }: Envelope, digest: Digest): boolean {
  if (payloadType !== statementType) return false;
  try {
    return readStatement(payload).subjects.includes(digest);
  } catch {
    return false;
  }
}

async function subjectOf(attachments: Attachments, image: string, digest: Digest): Promise<Descriptor> {
  const bytes = await attachments.manifest(image, digest);
  if (bytes === undefined) throw new Error(`${image} has signatures and no manifest`);
  const { mediaType = mediaTypes.manifest } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    readonly mediaType?: string;
  };
  return { mediaType, digest, size: bytes.byteLength };
}
