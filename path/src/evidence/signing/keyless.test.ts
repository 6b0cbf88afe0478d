import 'reflect-metadata';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { PemConverter, X509Certificate, X509CertificateGenerator } from '@peculiar/x509';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readBundle, signedBytes } from './envelope.ts';
import { hasIdentity, keylessSigner } from './keyless.ts';
import { signerOf } from './signers.ts';

/* A certificate authority and a log that answer as Fulcio (API v2) and Rekor (API v1) do. */
let server: Server;
let url: string;
let refusing = false;
let logged: { readonly kind: string }[] = [];

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const token = ['{}', JSON.stringify({ sub: 'repo:me/hello', iss: 'https://issuer.example' }), 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');
const payload = Buffer.from('{"a":1}');
const type = 'application/vnd.in-toto+json';

async function certify(request: { publicKeyRequest: { publicKey: { content: string } } }): Promise<unknown> {
  const authority = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [der = new ArrayBuffer()] = PemConverter.decode(request.publicKeyRequest.publicKey.content);
  const certificate = await X509CertificateGenerator.create({
    subject: '',
    issuer: 'CN=sigstore',
    publicKey: await crypto.subtle.importKey('spki', der, algorithm, true, ['verify']),
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
  });
  return { signedCertificateEmbeddedSct: { chain: { certificates: [certificate.toString('pem')] } } };
}

function log(entry: { readonly kind: string }): unknown {
  logged.push(entry);
  const hash = createHash('sha256').update(JSON.stringify(entry)).digest('hex');
  return {
    [hash]: {
      body: Buffer.from(JSON.stringify(entry)).toString('base64'),
      integratedTime: 1,
      logID: hash,
      logIndex: 7,
      verification: {
        inclusionProof: {
          logIndex: 7,
          treeSize: 8,
          rootHash: hash,
          hashes: [hash],
          checkpoint: 'a checkpoint',
        },
        signedEntryTimestamp: Buffer.from('promise').toString('base64'),
      },
    },
  };
}

beforeEach(async () => {
  [refusing, logged] = [false, []];
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = JSON.parse(Buffer.concat(pieces).toString());
    const certifies = request.url === '/api/v2/signingCert';
    const status = refusing ? 401 : 201;
    response.writeHead(status, { 'content-type': 'application/json' });
    const refused = { message: `no such token: ${token}` };
    response.end(JSON.stringify(refusing ? refused : certifies ? await certify(body) : log(body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('SIGSTORE_ID_TOKEN', token);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const signer = () => keylessSigner({ SIGSTORE_FULCIO_URL: url, SIGSTORE_REKOR_URL: url });

test('it signs with a key that was certified for this, and the log notes it', async () => {
  const bytes = await signer().sign(type, payload);
  const envelope = await readBundle(bytes);
  const { mediaType, verificationMaterial } = JSON.parse(Buffer.from(bytes).toString());
  expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
  expect(verificationMaterial.tlogEntries).toMatchObject([{ logIndex: '7', kindVersion: { kind: 'dsse' } }]);
  expect(logged).toMatchObject([{ kind: 'dsse' }]);
  const certificate = new X509Certificate(verificationMaterial.certificate.rawBytes);
  const key = createPublicKey(certificate.publicKey.toString('pem'));
  expect(verify('sha256', signedBytes(type, payload), key, envelope.signature)).toBe(true);
});

test('where it is refused, that is told without the token', async () => {
  refusing = true;
  const error: unknown = await signer()
    .sign(type, payload)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    name: 'StepFailed',
    message: expect.stringContaining('Sigstore did not sign'),
  });
  expect(inspect(error, { depth: 9 })).not.toContain(token);
});

test('a token that is none is told of without showing it', async () => {
  vi.stubEnv('SIGSTORE_ID_TOKEN', 'no-token-at-all');
  const error: unknown = await signer()
    .sign(type, payload)
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'StepFailed' });
  expect(inspect(error, { depth: 9 })).not.toContain('no-token-at-all');
});

test('it is meant where a job tells who it is, unless a key is named', async () => {
  expect(hasIdentity({})).toBe(false);
  expect(hasIdentity({ ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x' })).toBe(false);
  const job = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'y' };
  expect(hasIdentity(job)).toBe(true);
  expect((await signerOf('hello', { SIGSTORE_ID_TOKEN: token })).id).toMatch(/^keyless:/);
  const named = { ...job, PTP_SIGNING_KEY: join(tmpdir(), 'there is no such key.pem') };
  await expect(signerOf('hello', named)).rejects.toMatchObject({
    name: 'UserMistake',
    problems: [{ where: { file: named.PTP_SIGNING_KEY } }],
  });
});
