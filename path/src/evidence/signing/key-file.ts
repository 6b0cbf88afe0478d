import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserMistake } from '../../core/failure.ts';
import type { Secret } from '../../core/secret.ts';
import { type Environment, type KeyFile, keyFolder, openKey, readKey } from '../../oci/key-file.ts';

export type { Environment };

/** Where a project's own key is. */
export function keyFileOf(project: string, environment: Environment): string {
  return join(keyFolder(environment), `${project}.pem`);
}

/**
 * The private key (PKCS #8, PEM; ECDSA on P-256) in a file, which is made with a new key where it is missing. Of two
 * processes that make it at once both get the same. Throws UserMistake for a file that others may read, or that holds
 * no such key.
 */
export function openKeyFile(file: string): Promise<Secret> {
  return openKey(signingKey(file));
}

/** The key in a file; undefined where there is no file. Throws as `openKeyFile` does. */
export function readKeyFile(file: string): Promise<Secret | undefined> {
  return readKey(signingKey(file));
}

/** The key object of a key file's text. Throws UserMistake where it is none. */
export function privateKey(text: string, file: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    // The parser's own words might hold parts of the key.
    throw new UserMistake({
      what: 'it holds no private key in PEM that can be read without a password: it may be cut off',
      where: { file },
      next: 'Put the key back from where it is kept, or move the file away: a new key is made, and what the old one signed has to be signed again.',
    });
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new UserMistake({
      what: 'it holds a key, but none for ECDSA on P-256',
      where: { file },
      next: 'Name a file with such a key.',
    });
  return key;
}

function signingKey(file: string): KeyFile {
  return {
    file,
    what: 'the key that images are signed with',
    variable: 'PTP_SIGNING_KEY',
    parse(text) {
      privateKey(text, file);
      return text;
    },
    async make() {
      const pair = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
      return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    },
  };
}
