import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/**
 * What an envelope's signature is over (DSSE 1.0, protocol.md, "Signature Definition": PAE), so that a payload of one
 * type never passes for one of another.
 */
export function signedBytes(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.byteLength} `),
    type,
    Buffer.from(` ${payload.byteLength} `),
    payload,
  ]);
}

/** A key's name: the sha256, in hexadecimal, of its public half (SubjectPublicKeyInfo, RFC 5280, DER). */
export function keyId(publicKey: KeyObject | string): string {
  const key = typeof publicKey === 'string' ? createPublicKey(publicKey) : publicKey;
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** How bundles name a key: the same digest in base64, as cosign writes it. */
export function keyHint(id: string): string {
  return Buffer.from(id, 'hex').toString('base64');
}

/** What a Sigstore bundle with a DSSE envelope holds. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** The key that it says it was signed with: a hint, no proof. */
  readonly hint: string;
}

/** Reads a Sigstore bundle (JSON). Throws TypeError for what is none, or has no DSSE envelope with one signature. */
export async function readBundle(bytes: Uint8Array): Promise<Envelope> {
  const { bundleFromJSON, isBundleWithDsseEnvelope } = await import('@sigstore/bundle');
  try {
    const bundle = bundleFromJSON(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (!isBundleWithDsseEnvelope(bundle)) throw new TypeError('it has no DSSE envelope');
    const { payloadType, payload, signatures } = bundle.content.dsseEnvelope;
    const material = bundle.verificationMaterial.content;
    const hint = material.$case === 'publicKey' ? material.publicKey.hint : '';
    const [signature, ...others] = signatures;
    if (signature === undefined || others.length > 0) throw new TypeError('it has not one signature');
    return { payloadType, payload, signature: signature.sig, hint };
  } catch (error) {
    throw new TypeError(`it is no Sigstore bundle: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether an envelope was signed with this key (PEM). */
export function isSignedBy(envelope: Envelope, publicKey: string): boolean {
  const bytes = signedBytes(envelope.payloadType, envelope.payload);
  return verify('sha256', bytes, createPublicKey(publicKey), envelope.signature);
}
