import { StepFailed } from '../../core/failure.ts';
import type { Environment } from './key-file.ts';
import type { Signer } from './signer.ts';

/** Whether this is a place that tells who runs here: GitHub Actions with `id-token: write`, or a token is given. */
export function hasIdentity(environment: Environment): boolean {
  const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, SIGSTORE_ID_TOKEN } = environment;
  return [ACTIONS_ID_TOKEN_REQUEST_URL && ACTIONS_ID_TOKEN_REQUEST_TOKEN, SIGSTORE_ID_TOKEN].some(Boolean);
}

/**
 * Signs without a key of one's own: Fulcio certifies a key that lives for one signature, for the identity that an
 * OpenID Connect token names, and Rekor's public log notes it. `SIGSTORE_FULCIO_URL` and `SIGSTORE_REKOR_URL` name
 * other servers than Sigstore's public ones.
 */
export function keylessSigner(environment: Environment): Signer {
  const fulcioBaseURL = environment.SIGSTORE_FULCIO_URL;
  const rekorBaseURL = environment.SIGSTORE_REKOR_URL;
  const workflow = environment.GITHUB_WORKFLOW_REF ?? 'a given identity token';
  return {
    id: `keyless:${fulcioBaseURL ?? ''}:${workflow}`,
    what: `the identity of ${workflow}`,
    sign: async (payloadType, payload) => {
      // Brings an HTTP client of its own.
      const { CIContextProvider, DSSEBundleBuilder, FulcioSigner, RekorWitness } = await import(
        '@sigstore/sign'
      );
      const { bundleToJSON } = await import('@sigstore/bundle');
      const builder = new DSSEBundleBuilder({
        signer: new FulcioSigner({
          identityProvider: new CIContextProvider('sigstore'),
          ...(fulcioBaseURL === undefined ? {} : { fulcioBaseURL }),
        }),
        witnesses: [
          new RekorWitness({ ...(rekorBaseURL === undefined ? {} : { rekorBaseURL }), entryType: 'dsse' }),
        ],
      });
      try {
        const bundle = await builder.create({ type: payloadType, data: Buffer.from(payload) });
        return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
      } catch (error) {
        throw new StepFailed(
          {
            what: `Sigstore did not sign: ${(error as Error).message}`,
            next: 'Look whether Fulcio and Rekor can be reached and the token is still valid, or name a key with PTP_SIGNING_KEY.',
          },
          { cause: error },
        );
      }
    },
  };
}
