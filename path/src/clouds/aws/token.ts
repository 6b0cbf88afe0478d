import { createHash, createHmac } from 'node:crypto';
import type { STS } from '@aws-sdk/client-sts';
import { Secret } from '../../core/secret.ts';

/** Seconds that a token is used for. The API server takes it for 15 minutes after it was signed. */
const used = 10 * 60;

/**
 * Gives tokens for the API server of an EKS cluster: requests to STS that say who signed them, signed and never sent by
 * us (AWS Signature Version 4, "Authenticating requests: using query parameters"). One is signed at a time, whoever
 * asks, and used for ten minutes.
 * @param now milliseconds since 1970
 */
export function tokenSource(
  credentials: STS['config']['credentials'],
  { cluster, region, now = Date.now }: { cluster: string; region: string; now?: () => number },
): () => Promise<Secret> {
  let current: { readonly token: Promise<Secret>; readonly until: number } | undefined;
  return () => {
    if (current === undefined || now() >= current.until) {
      const token = sign(credentials, { cluster, region, at: new Date(now()) });
      const made = { token, until: now() + used * 1000 };
      current = made;
      // What failed is not kept: the next one who asks may be luckier.
      token.catch(() => {
        if (current === made) current = undefined;
      });
    }
    return current.token;
  };
}

async function sign(
  credentials: STS['config']['credentials'],
  { cluster, region, at }: { cluster: string; region: string; at: Date },
): Promise<Secret> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256: Sha256 });
  const host = `sts.${region}.amazonaws.com`;
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, 'x-k8s-aws-id': cluster },
    },
    // The cluster's name is signed as a header and must not be a part of the URL as well.
    {
      expiresIn: 60,
      signingDate: at,
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
      signableHeaders: new Set(['host', 'x-k8s-aws-id']),
    },
  );
  const query = new URLSearchParams(
    Object.entries(signed.query ?? {}).map(([key, value]) => [key, String(value)]),
  );
  const url = `https://${host}/?${query.toString().replaceAll('+', '%20')}`;
  return new Secret(`k8s-aws-v1.${Buffer.from(url).toString('base64url')}`);
}

/** SHA-256 and its HMAC of this Node.js, as the signer asks for them. */
class Sha256 {
  readonly #hash;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytes(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
