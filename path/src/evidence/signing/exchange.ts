import { createPublicKey } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { type Environment, keyFileOf, openKeyFile, privateKey } from './key-file.ts';
import { keySigner } from './key-signer.ts';
import { hasIdentity } from './keyless.ts';
import type { Signer } from './signer.ts';

/** A project's key that is exchanged for a new one. */
export interface KeyExchange {
  /** The public half (PEM) of the key that signs until now. */
  readonly from: string;
  /** Signs with the new key. */
  readonly signer: Signer & { readonly publicKey: string };
  /** Makes the new key the project's. The one before is kept beside it, as `<project>.previous.pem`. */
  commit(): Promise<void>;
}

/**
 * Makes a new key beside a project's own, which stays the one that counts until `commit`. A new key that was made before
 * and never came to count is gone on with. Undefined where the project has no key of its own here: one is named, or
 * certificates sign.
 */
export async function exchangeKey(
  project: string,
  environment: Environment,
): Promise<KeyExchange | undefined> {
  if ((environment.PTP_SIGNING_KEY ?? '') !== '' || hasIdentity(environment)) return undefined;
  const file = keyFileOf(project, environment);
  const beside = (word: string) => file.replace(/\.pem$/, `.${word}.pem`);
  const [next, previous] = [beside('next'), beside('previous')];
  const current = createPublicKey(privateKey((await openKeyFile(file)).reveal(), file));
  const signer = keySigner(await openKeyFile(next), next);
  const { publicKey } = signer;
  if (publicKey === undefined) throw new Error('a key has a public half');
  return {
    from: current.export({ type: 'spki', format: 'pem' }).toString(),
    signer: { ...signer, publicKey },
    async commit() {
      await rm(previous, { force: true });
      await link(file, previous);
      // At every moment there is a key in its place: else the next one who signs would make yet another.
      await rename(next, file);
    },
  };
}
