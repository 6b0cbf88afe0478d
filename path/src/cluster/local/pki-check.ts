import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { renewBefore, type Wanted } from './pki-plan.ts';

/**
 * The certificate of an authority that may go on signing; undefined where it, or its key, is missing, cut off,
 * another's, or of another time.
 */
export async function goodAuthority(
  layout: Layout,
  name: string,
  now: Date,
): Promise<X509Certificate | undefined> {
  try {
    const certificate = await readPair(layout, name);
    return isOfNow(certificate, now) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a certificate, its key and its kubeconfig are there, belong together and serve for another 30 days. */
export async function isCertificateGood(
  layout: Layout,
  want: Wanted,
  authority: X509Certificate | undefined,
  now: Date,
): Promise<boolean> {
  try {
    if (authority === undefined) return false;
    const certificate = await readPair(layout, want.file);
    if (!isOfNow(certificate, now) || !certificate.verify(authority.publicKey)) return false;
    if (want.kubeconfig === undefined) return true;
    const text = await readFile(join(layout.etc, `${want.kubeconfig}.kubeconfig`), 'utf8');
    const files = [`${want.authority}.crt`, `${want.file}.crt`, `${want.file}.key`];
    const parts = await Promise.all(files.map((file) => readFile(join(layout.pki, file), 'base64')));
    return parts.every((part) => text.includes(` ${part}\n`));
  } catch {
    return false;
  }
}

/** Whether the service accounts' keys are there and belong together. */
export async function isServiceAccountKeyGood(layout: Layout): Promise<boolean> {
  try {
    const key = createPublicKey(await readFile(join(layout.pki, 'service-account.key'), 'utf8'));
    const published = createPublicKey(await readFile(join(layout.pki, 'service-account.pub'), 'utf8'));
    return key.equals(published);
  } catch {
    return false;
  }
}

/** Throws where a file is missing or cut off, or one is another's. A run may have been killed between the two. */
async function readPair(layout: Layout, name: string): Promise<X509Certificate> {
  const certificate = new X509Certificate(await readFile(join(layout.pki, `${name}.crt`)));
  const key = createPrivateKey(await readFile(join(layout.pki, `${name}.key`)));
  if (!certificate.checkPrivateKey(key)) throw new Error(`the key of ${name} is another's`);
  return certificate;
}

/** Those of the future were made while the machine's clock was wrong: nobody accepts them now. */
function isOfNow({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && validToDate.getTime() - now.getTime() >= renewBefore;
}
