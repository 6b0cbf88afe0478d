import 'reflect-metadata';
import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type GeneralNameType,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { writeAtomically } from '../../effects/write-atomically.ts';
import type { Layout } from './layout.ts';
import { goodAuthority, isCertificateGood, isServiceAccountKeyGood } from './pki-check.ts';
import { authorities as names, type Wanted, wanted } from './pki-plan.ts';
import type { ClusterNode, Network } from './plan.ts';

const day = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
type KeyPair = CryptoKeyPair;

interface Authority {
  readonly keys: KeyPair;
  readonly certificate: X509Certificate;
}

/** Makes what `ensurePki` finds missing or not good. Returns whether anything was made. */
export async function makePki(
  layout: Layout,
  network: Network,
  nodes: readonly ClusterNode[],
  now: Date,
): Promise<boolean> {
  await mkdir(layout.pki, { recursive: true, mode: 0o700 });
  await mkdir(layout.etc, { recursive: true, mode: 0o700 });
  const authorities = new Map<string, Authority>();
  let made = false;
  for (const name of names) {
    const { authority, fresh } = await ensureAuthority(layout, name, now);
    authorities.set(name, authority);
    made ||= fresh;
  }
  for (const want of wanted(network, nodes)) {
    const authority = authorities.get(want.authority);
    if (authority === undefined) throw new Error(`no authority ${want.authority}`);
    const signer = await goodAuthority(layout, want.authority, now);
    if (!(await isCertificateGood(layout, want, signer, now))) {
      await issue(layout, network, want, authority, now);
      made = true;
    }
  }
  if (await ensureServiceAccountKey(layout)) made = true;
  return made;
}

async function ensureAuthority(layout: Layout, name: string, now: Date) {
  if ((await goodAuthority(layout, name, now)) !== undefined)
    return { authority: await readAuthority(layout, name), fresh: false };
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=ptp ${layout.instance} ${name}`,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + 3650 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await write(join(layout.pki, `${name}.key`), await keyPem(keys));
  await write(join(layout.pki, `${name}.crt`), `${certificate.toString('pem')}\n`);
  return { authority: { keys, certificate }, fresh: true };
}

async function readAuthority(layout: Layout, name: string): Promise<Authority> {
  const certificate = new X509Certificate(await readFile(join(layout.pki, `${name}.crt`), 'utf8'));
  const [der] = PemConverter.decode(await readFile(join(layout.pki, `${name}.key`), 'utf8'));
  if (der === undefined) throw new Error('no key');
  const privateKey = await crypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
  const publicKey = await certificate.publicKey.export(algorithm, ['verify']);
  return { keys: { privateKey, publicKey }, certificate };
}

async function issue(layout: Layout, network: Network, want: Wanted, authority: Authority, now: Date) {
  const keys = await newKeys();
  const names = [
    ...(want.dns ?? []).map((value) => ({ type: 'dns' as GeneralNameType, value })),
    ...(want.ip ?? []).map((value) => ({ type: 'ip' as GeneralNameType, value })),
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: want.group === undefined ? `CN=${want.name}` : `CN=${want.name}, O=${want.group}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - day),
    notAfter: new Date(now.getTime() + 365 * day),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
    ],
  });
  const key = await keyPem(keys);
  const pem = `${certificate.toString('pem')}\n`;
  await write(join(layout.pki, `${want.file}.key`), key);
  await write(join(layout.pki, `${want.file}.crt`), pem);
  if (want.kubeconfig !== undefined) {
    const path = join(layout.etc, `${want.kubeconfig}.kubeconfig`);
    await write(path, kubeconfig(layout, network, `${authority.certificate.toString('pem')}\n`, pem, key));
  }
}

function kubeconfig(layout: Layout, network: Network, ca: string, certificate: string, key: string): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${layout.instance}
    cluster:
      server: https://${network.node}:6443
      certificate-authority-data: ${base64(ca)}
users:
  - name: ${layout.instance}
    user:
      client-certificate-data: ${base64(certificate)}
      client-key-data: ${base64(key)}
contexts:
  - name: ${layout.instance}
    context: { cluster: ${layout.instance}, user: ${layout.instance} }
current-context: ${layout.instance}
`;
}

async function ensureServiceAccountKey(layout: Layout): Promise<boolean> {
  if (await isServiceAccountKeyGood(layout)) return false;
  const path = join(layout.pki, 'service-account.key');
  const publicPath = join(layout.pki, 'service-account.pub');
  const publicOf = (pem: string) => createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  try {
    // Where only the public one is not good it follows from the other, and tokens stay what they are.
    await write(publicPath, publicOf(await readFile(path, 'utf8')));
  } catch {
    const pem = await keyPem(await newKeys());
    await write(publicPath, publicOf(pem));
    await write(path, pem);
  }
  return true;
}

function newKeys(): Promise<KeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<KeyPair>;
}

async function keyPem(keys: KeyPair): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')}\n`;
}

function serial(): string {
  return `4${randomBytes(15).toString('hex').slice(1)}`;
}

const write = (path: string, content: string) => writeAtomically(path, content, 0o600);
