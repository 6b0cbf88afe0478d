import { readFile } from 'node:fs/promises';
import { type Key, readCleartextMessage, readKey, readKeys, verify } from 'openpgp';
import { StepFailed, UserMistake } from '../../core/failure.ts';
import { oneLine } from '../../core/one-line.ts';

const mostReasons = 4;

/** Who may sign: paths of keyrings, an armoured key, or fingerprints of keys in the default keyring. */
export interface Trust {
  readonly signedBy: readonly string[];
  /** The keyring that fingerprints are looked up in. */
  readonly keyring?: string;
}

/**
 * Verifies a clear-signed document (RFC 9580, 7) and returns the text that was signed, and nothing around it.
 * One good signature by a trusted key is enough: Debian signs with the keys of two releases. `url` is for messages.
 * Throws StepFailed where there is none, UserMistake where the keys can't be read.
 */
export async function verifiedText(signed: string, trust: Trust, now: Date, url: string): Promise<string> {
  const keys = await trustedKeys(trust);
  const refused = (why: string) =>
    new StepFailed({
      what: `${url} is not signed by a key that this machine trusts: ${why}`,
      where: { file: trust.signedBy.find((one) => one.startsWith('/')) ?? 'Signed-By' },
      next: 'Update the package debian-archive-keyring, or use another mirror. Nothing was taken from this one.',
    });
  const message = await readCleartextMessage({ cleartextMessage: signed }).catch((error: Error) => {
    throw refused(`it is no clear-signed text (${oneLine(error.message, 100)})`);
  });
  const { signatures } = await verify({
    message,
    verificationKeys: keys,
    date: now,
    format: 'utf8',
  }).catch((error: Error) => {
    throw refused(`its signature cannot be read (${oneLine(error.message, 100)})`);
  });
  const reasons: string[] = [];
  for (const signature of signatures) {
    const good = await signature.verified.catch((error: Error) => {
      reasons.push(oneLine(error.message, 100));
      return false;
    });
    if (good) return message.getText();
  }
  throw refused(reasons.slice(0, mostReasons).join('; ') || 'it has no signature');
}

async function trustedKeys(trust: Trust): Promise<Key[]> {
  const keys: Key[] = [];
  const fingerprints = trust.signedBy.filter((one) => /^[0-9A-F]{40}!?$/iu.test(one));
  for (const one of trust.signedBy) {
    if (one.startsWith('/')) keys.push(...(await keyring(one)));
    else if (one.includes('BEGIN PGP')) keys.push(await readKey({ armoredKey: one }));
  }
  if (fingerprints.length > 0 && trust.keyring !== undefined) {
    const wanted = new Set(fingerprints.map((one) => one.slice(0, 40).toLowerCase()));
    for (const key of await keyring(trust.keyring)) {
      if (key.getKeys().some((part) => wanted.has(part.getFingerprint()))) keys.push(key);
    }
  }
  return keys;
}

async function keyring(path: string): Promise<Key[]> {
  try {
    const bytes = await readFile(path);
    const armored = bytes.subarray(0, 64).toString('latin1').trimStart().startsWith('-----BEGIN');
    return armored
      ? await readKeys({ armoredKeys: bytes.toString('utf8') })
      : await readKeys({ binaryKeys: new Uint8Array(bytes) });
  } catch (error) {
    throw new UserMistake({
      what: `the keys that sign Debian's packages can't be read: ${(error as Error).message}`,
      where: { file: path },
      next: 'Install the package debian-archive-keyring, or set PTP_DEBIAN_KEYRING to the file with the keys.',
    });
  }
}
