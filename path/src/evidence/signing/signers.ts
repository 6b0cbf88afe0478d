import { type Environment, keyFileOf, openKeyFile } from './key-file.ts';
import { keySigner } from './key-signer.ts';
import { hasIdentity, keylessSigner } from './keyless.ts';
import type { Signer } from './signer.ts';

/** A way to sign: whether it is meant here, and how it is opened. */
interface SignerKind {
  readonly meant: (environment: Environment) => boolean;
  readonly open: (project: string, environment: Environment) => Promise<Signer>;
}

const keyFile: SignerKind = {
  meant: ({ PTP_SIGNING_KEY }) => PTP_SIGNING_KEY !== undefined && PTP_SIGNING_KEY !== '',
  open: async (project, environment) => {
    const file = keyFileOf(project, environment);
    return keySigner(await openKeyFile(file), file);
  },
};

/** The ways to sign; the first that is meant is taken, and the project's key where none is. */
const kinds: readonly SignerKind[] = [
  keyFile,
  { meant: hasIdentity, open: async (_project, environment) => keylessSigner(environment) },
];

/**
 * Who signs a project's images here: a key that is named, the identity of a CI job, otherwise the project's key, which
 * is made on first use. Throws UserMistake where a key can't be used.
 */
export function signerOf(project: string, environment: Environment): Promise<Signer> {
  const kind = kinds.find(({ meant }) => meant(environment)) ?? keyFile;
  return kind.open(project, environment);
}
