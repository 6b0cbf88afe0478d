import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { Secret } from '../../core/secret.ts';
import { isSignedBy, keyId, readBundle, signedBytes } from './envelope.ts';
import { keySigner } from './key-signer.ts';

function newSigner() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return keySigner(new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()), 'a test');
}
const type = 'application/vnd.in-toto+json';
const payload = Buffer.from('{"a":1}');

test('what is signed is what the protocol says', () => {
  // The example of DSSE's protocol.md.
  const bytes = signedBytes('http://example.com/HelloWorld', Buffer.from('hello world'));
  expect(Buffer.from(bytes).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('a bundle is of version 0.3, names its key, and holds the payload', async () => {
  const signer = newSigner();
  const bytes = await signer.sign(type, payload);
  expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: Buffer.from(keyId(signer.publicKey ?? ''), 'hex').toString('base64') },
    },
    dsseEnvelope: { payload: payload.toString('base64'), payloadType: type },
  });
  const envelope = await readBundle(bytes);
  expect(envelope.payloadType).toBe(type);
  expect(payload.equals(envelope.payload)).toBe(true);
});

test('only its own key, its own payload and its own type verify', async () => {
  const [signer, other] = [newSigner(), newSigner()];
  const envelope = await readBundle(await signer.sign(type, payload));
  const key = signer.publicKey ?? '';
  expect(isSignedBy(envelope, key)).toBe(true);
  expect(isSignedBy(envelope, other.publicKey ?? '')).toBe(false);
  expect(isSignedBy({ ...envelope, payload: Buffer.from('{"a":2}') }, key)).toBe(false);
  expect(isSignedBy({ ...envelope, payloadType: 'text/plain' }, key)).toBe(false);
  expect(isSignedBy({ ...envelope, signature: envelope.signature.subarray(0, 20) }, key)).toBe(false);
  expect(isSignedBy({ ...envelope, signature: new Uint8Array() }, key)).toBe(false);
});

test.each(['', '{', '[]', '{}', 'null', '{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}'])(
  'what is no bundle is refused: %s',
  async (text) => {
    await expect(readBundle(Buffer.from(text))).rejects.toThrow(TypeError);
  },
);
