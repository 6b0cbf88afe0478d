import 'reflect-metadata';
import { createPrivateKey, randomBytes } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** The authority that signs, and how long what it signs is to be good for. */
export interface CrossSigning {
  /** Its certificate and key, PEM. */
  readonly issuer: string;
  readonly privateKey: string;
  readonly now: Date;
  /** Milliseconds; never longer than the authority itself. */
  readonly lasts: number;
}

/** An authority with a new key, PEM. */
export interface NewAuthority {
  readonly privateKey: string;
  /** Its own certificate, signed with its own key. */
  readonly own: string;
  /** A certificate of the same key, signed by the authority before. */
  readonly cross: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

/** What the new one takes over as it is: basic constraints, key usage, name constraints (RFC 5280, 4.2.1). */
const kept = ['2.5.29.19', '2.5.29.15', '2.5.29.30'];

/**
 * Makes an authority of the same name and constraints with a new key, and has the one before sign that as well, so that
 * chains lead to either (RFC 4210, 4.4).
 */
export async function crossSigned({ issuer, privateKey, now, lasts }: CrossSigning): Promise<NewAuthority> {
  const before = new X509Certificate(issuer);
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  // However the key is written (SEC 1, PKCS #8).
  const pkcs8 = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
  const taken = before.extensions.filter(({ type }) => kept.includes(type));
  const common = {
    subject: before.subject,
    notBefore: new Date(now.getTime() - 3_600_000),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
  };
  const identifier = await SubjectKeyIdentifierExtension.create(keys.publicKey);
  const own = await X509CertificateGenerator.create({
    ...common,
    serialNumber: serial(),
    issuer: before.subject,
    notAfter: new Date(now.getTime() + 3650 * day),
    signingKey: keys.privateKey,
    extensions: [...taken, identifier],
  });
  const cross = await X509CertificateGenerator.create({
    ...common,
    serialNumber: serial(),
    issuer: before.subject,
    notAfter: new Date(Math.min(now.getTime() + lasts, before.notAfter.getTime())),
    signingKey,
    extensions: [...taken, identifier, await identifierOf(before)],
  });
  const der = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    privateKey: `${PemConverter.encode(der, 'PRIVATE KEY')}\n`,
    own: own.toString('pem'),
    cross: cross.toString('pem'),
  };
}

/** What names the key of an authority: as its certificate does, however that was made of it (RFC 5280, 4.2.1.1). */
async function identifierOf(authority: X509Certificate): Promise<AuthorityKeyIdentifierExtension> {
  const named = authority.getExtension(SubjectKeyIdentifierExtension);
  return named === null
    ? AuthorityKeyIdentifierExtension.create(authority.publicKey)
    : new AuthorityKeyIdentifierExtension(named.keyId);
}

function serial(): string {
  return `4${randomBytes(15).toString('hex').slice(1)}`;
}
