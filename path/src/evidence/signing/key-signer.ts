import { createPublicKey, sign } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';
import { keyHint, keyId, signedBytes } from './envelope.ts';
import { privateKey } from './key-file.ts';
import type { Signer } from './signer.ts';

/** Signs with a key in a file (ECDSA on P-256 with SHA-256, FIPS 186-5). `file` is for messages. */
export function keySigner(pem: Secret, file: string): Signer {
  const key = privateKey(pem.reveal(), file);
  const publicKey = createPublicKey(key);
  const id = keyId(publicKey);
  return {
    id: `key:${id}`,
    what: `the key ${id.slice(0, 12)} (${file})`,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: async (payloadType, payload) => {
      const { bundleToJSON, toDSSEBundle } = await import('@sigstore/bundle');
      const bundle = toDSSEBundle({
        artifact: Buffer.from(payload),
        artifactType: payloadType,
        signature: sign('sha256', signedBytes(payloadType, payload), key),
        keyHint: keyHint(id),
      });
      // Verifiers take a name at the signature for a claim that they have to match by names of their own.
      for (const one of bundle.content.dsseEnvelope.signatures) one.keyid = '';
      return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
    },
  };
}
