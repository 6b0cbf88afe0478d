import { z } from 'zod';
import type { Digest } from '../core/handover.ts';
import { digestHex, isDigest } from '../oci/digest.ts';
import { canonicalJson, readDocument } from '../oci/json.ts';

/** The type of a DSSE payload that is an in-toto statement (in-toto attestation framework 1.0, envelope.md). */
export const statementType = 'application/vnd.in-toto+json';
/** The artifact type of a Sigstore bundle that is attached to an image (Sigstore bundle format 0.3). */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What is said of each image, with the type of the predicate that says it; in the order in which it is attached. */
export const predicateTypes = {
  signature: 'https://sigstore.dev/cosign/sign/v1',
  provenance: 'https://slsa.dev/provenance/v1',
  cyclonedx: 'https://cyclonedx.org/bom',
  spdx: 'https://spdx.dev/Document',
} as const;
export type EvidenceKind = keyof typeof predicateTypes;
export const evidenceKinds = Object.keys(predicateTypes) as readonly EvidenceKind[];

/** A statement about an image (in-toto attestation framework 1.0, statement.md). */
export interface Statement {
  readonly predicateType: string;
  readonly predicate: unknown;
  readonly subjects: readonly Digest[];
}

/** A statement's bytes: the same for the same image, whatever registry it is in. Pure. */
export function statementOf(
  kind: EvidenceKind,
  image: { readonly name: string; readonly digest: Digest },
  predicate: unknown,
): Uint8Array {
  return canonicalJson({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: image.name, digest: { sha256: digestHex(image.digest) } }],
    predicateType: predicateTypes[kind],
    predicate,
  });
}

const statement = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.string(),
  predicate: z.unknown(),
});

/** Reads a statement. Throws TypeError for what is none. */
export function readStatement(bytes: Uint8Array): Statement {
  const { subject, predicateType, predicate } = readDocument(bytes, statement, 'statement');
  const subjects = subject.map(({ digest }) => `sha256:${digest.sha256 ?? ''}`).filter(isDigest);
  return { predicateType, predicate, subjects };
}
