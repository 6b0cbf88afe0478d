import { UserMistake } from '../../core/failure.ts';
import { type Environment, keyFileOf, openKeyFile, readKeyFile } from './key-file.ts';
import { keySigner } from './key-signer.ts';
import { hasIdentity, keylessSigner } from './keyless.ts';
import type { Signer } from './signer.ts';

/** A way to sign: whether it is meant here, and how it is opened. */
interface SignerKind {
  readonly meant: (environment: Environment) => boolean;
  readonly open: (project: string, environment: Environment) => Promise<Signer>;
}

const namedKey: SignerKind = {
  meant: ({ PTP_SIGNING_KEY }) => PTP_SIGNING_KEY !== undefined && PTP_SIGNING_KEY !== '',
  open: async (_project, { PTP_SIGNING_KEY: file = '' }) => {
    // A new key for a mistyped name would be one that nobody trusts.
    const key = await readKeyFile(file);
    if (key !== undefined) return keySigner(key, file);
    throw new UserMistake({
      what: 'there is no key in the place that PTP_SIGNING_KEY names',
      where: { file },
      next: 'Correct it, or leave it out: the project then has a key of its own.',
    });
  },
};

const ownKey: SignerKind = {
  meant: () => true,
  open: async (project, environment) => {
    const file = keyFileOf(project, environment);
    return keySigner(await openKeyFile(file), file);
  },
};

/** The ways to sign; the first that is meant is taken. */
const kinds: readonly SignerKind[] = [
  namedKey,
  { meant: hasIdentity, open: async (_project, environment) => keylessSigner(environment) },
  ownKey,
];

/**
 * Who signs a project's images here: a key that is named, the identity of a CI job, otherwise the project's key, which
 * is made on first use. Throws UserMistake where a key can't be used.
 */
export function signerOf(project: string, environment: Environment): Promise<Signer> {
  const kind = kinds.find(({ meant }) => meant(environment)) ?? ownKey;
  return kind.open(project, environment);
}

/** The public key (PEM) that verifies what `signerOf` signs. Throws UserMistake where there is none. */
export async function signingKey(project: string, environment: Environment): Promise<string> {
  const { publicKey, what } = await signerOf(project, environment);
  if (publicKey !== undefined) return publicKey;
  throw new UserMistake({
    what: `images are signed with ${what} here, which has no key of its own`,
    next: 'Verify them by that identity, or name a key with PTP_SIGNING_KEY.',
  });
}
