import { createPrivateKey } from 'node:crypto';
import 'reflect-metadata';
import {
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its key, PEM. */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** What an authority (on P-256) has signed for a domain, and what ended an hour ago. */
export async function expiredCertificate(authority: Pair, domain: string): Promise<Pair> {
  const { subject } = new X509Certificate(authority.certificate);
  const der = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await crypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']);
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const hour = 3_600_000;
  const certificate = await X509CertificateGenerator.create({
    issuer: subject,
    serialNumber: '1d',
    notBefore: new Date(Date.now() - 48 * hour),
    notAfter: new Date(Date.now() - hour),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: domain }])],
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
}
