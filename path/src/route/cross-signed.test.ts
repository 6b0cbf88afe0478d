import 'reflect-metadata';
import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { expect, test } from 'vitest';
import { crossSigned, type NewAuthority } from './cross-signed.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const now = new Date('2026-11-26T12:00:00Z');
const day = 86_400_000;

/** An authority as cert-manager makes it: the name of its key is not the one that is usual. */
async function authority(): Promise<{ readonly issuer: string; readonly privateKey: string }> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '41',
    name: 'CN=the authority',
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + 1000 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new SubjectKeyIdentifierExtension('ab'.repeat(20)),
    ],
  });
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { issuer: certificate.toString('pem'), privateKey: PemConverter.encode(der, 'PRIVATE KEY') };
}

const parts = ({ own, cross }: NewAuthority) =>
  [new X509Certificate(own), new X509Certificate(cross)] as const;

test('the new key is vouched for by the old authority and by itself, under the same name', async () => {
  const before = await authority();
  const made = await crossSigned({ ...before, now, lasts: 100 * day });
  const old = new X509Certificate(before.issuer);
  const [own, cross] = parts(made);
  expect(cross.checkIssued(old) && cross.verify(old.publicKey)).toBe(true);
  expect(own.checkIssued(own) && own.verify(own.publicKey)).toBe(true);
  expect(own.verify(old.publicKey)).toBe(false);
  expect([own.subject, cross.subject]).toEqual([old.subject, old.subject]);
  const spki = (key: string | Parameters<typeof createPublicKey>[0]) =>
    createPublicKey(key).export({ type: 'spki', format: 'pem' });
  expect(spki(made.privateKey)).toBe(own.publicKey.export({ type: 'spki', format: 'pem' }));
  expect([own.ca, cross.ca]).toEqual([true, true]);
});

test('it is vouched for as long as is asked, and never longer than the old authority lasts', async () => {
  const before = await authority();
  const lasting = async (days: number) => {
    const [, cross] = parts(await crossSigned({ ...before, now, lasts: days * day }));
    return (cross.validToDate.getTime() - now.getTime()) / day;
  };
  expect(await lasting(100)).toBe(100);
  expect(await lasting(5000)).toBe(1000);
});

test('an authority that was exchanged can be exchanged again', async () => {
  const before = await authority();
  const first = await crossSigned({ ...before, now, lasts: 100 * day });
  const second = await crossSigned({
    issuer: first.cross,
    privateKey: first.privateKey,
    now,
    lasts: 50 * day,
  });
  const [[, one], [, two]] = [parts(first), parts(second)];
  expect(two.checkIssued(one) && two.verify(one.publicKey)).toBe(true);
});
