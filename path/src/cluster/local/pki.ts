import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { authorities, renewBefore, type Wanted, wanted } from './pki-plan.ts';
import type { Network } from './plan.ts';

/**
 * Makes what is missing or ends within 30 days: three authorities, the certificates, the service accounts' key pair
 * and the kubeconfigs; all mode 0600. Returns whether anything was made, so that what read the old ones can be
 * started again.
 */
export async function ensurePki(layout: Layout, network: Network, now: Date): Promise<boolean> {
  if (await isGood(layout, network, now)) return false;
  // What makes certificates takes a while to load.
  const { makePki } = await import('./make-pki.ts');
  return makePki(layout, network, now);
}

async function isGood(layout: Layout, network: Network, now: Date): Promise<boolean> {
  try {
    const found = await Promise.all(authorities.map((name) => readAuthority(layout, name)));
    const byName = new Map(authorities.map((name, index) => [name, found[index]]));
    const good = await Promise.all(
      wanted(network).map((want) => isCertificateGood(layout, want, byName.get(want.authority), now)),
    );
    return good.every(Boolean) && (await isServiceAccountKeyGood(layout));
  } catch {
    return false; // missing or cut off: it is made
  }
}

async function readAuthority(layout: Layout, name: string): Promise<X509Certificate> {
  const certificate = await readCertificate(layout, name);
  const key = createPrivateKey(await readFile(join(layout.pki, `${name}.key`)));
  if (!certificate.checkPrivateKey(key)) throw new Error(`the key of ${name} is another's`);
  return certificate;
}

async function isCertificateGood(
  layout: Layout,
  want: Wanted,
  authority: X509Certificate | undefined,
  now: Date,
): Promise<boolean> {
  const certificate = await readCertificate(layout, want.file);
  await readFile(join(layout.pki, `${want.file}.key`));
  if (want.kubeconfig !== undefined) await readFile(join(layout.etc, `${want.kubeconfig}.kubeconfig`));
  const left = certificate.validToDate.getTime() - now.getTime();
  return left >= renewBefore && authority !== undefined && certificate.verify(authority.publicKey);
}

async function isServiceAccountKeyGood(layout: Layout): Promise<boolean> {
  const key = createPublicKey(await readFile(join(layout.pki, 'service-account.key'), 'utf8'));
  const published = createPublicKey(await readFile(join(layout.pki, 'service-account.pub'), 'utf8'));
  return key.equals(published);
}

async function readCertificate(layout: Layout, name: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(layout.pki, `${name}.crt`)));
}
