import { StepFailed } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';
import type { Environment } from './key-file.ts';
import type { Signer } from './signer.ts';

/** Whether this is a place that tells who runs here: GitHub Actions with `id-token: write`, or a token is given. */
export function hasIdentity(environment: Environment): boolean {
  const { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN, SIGSTORE_ID_TOKEN } = environment;
  return Boolean((ACTIONS_ID_TOKEN_REQUEST_URL && ACTIONS_ID_TOKEN_REQUEST_TOKEN) || SIGSTORE_ID_TOKEN);
}

/**
 * Signs without a key of one's own: Fulcio certifies a key that lives for one signature, for the identity that an
 * OpenID Connect token names, and Rekor's public log notes it. `SIGSTORE_FULCIO_URL` and `SIGSTORE_REKOR_URL` name
 * other servers than Sigstore's public ones.
 */
export function keylessSigner(environment: Environment): Signer {
  const { SIGSTORE_FULCIO_URL, SIGSTORE_REKOR_URL, GITHUB_WORKFLOW_REF } = environment;
  const who = GITHUB_WORKFLOW_REF ?? 'the identity token';
  return {
    id: `keyless:${SIGSTORE_FULCIO_URL ?? ''}:${who}`,
    what: `a certificate for ${who}`,
    sign: async (payloadType, payload) => {
      // Brings an HTTP client of its own.
      const { DSSEBundleBuilder, FulcioSigner, RekorWitness } = await import('@sigstore/sign');
      const { bundleToJSON } = await import('@sigstore/bundle');
      const token = await identityToken();
      const fulcio = SIGSTORE_FULCIO_URL === undefined ? {} : { fulcioBaseURL: SIGSTORE_FULCIO_URL };
      const rekor = SIGSTORE_REKOR_URL === undefined ? {} : { rekorBaseURL: SIGSTORE_REKOR_URL };
      const builder = new DSSEBundleBuilder({
        signer: new FulcioSigner({ ...fulcio, identityProvider: { getToken: async () => token.reveal() } }),
        witnesses: [new RekorWitness({ ...rekor, entryType: 'dsse' })],
      });
      try {
        const bundle = await builder.create({ type: payloadType, data: Buffer.from(payload) });
        return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
      } catch (error) {
        // Its messages may hold the token, and so may their causes: neither is handed on.
        throw failed((error as Error).message.replaceAll(token.reveal(), '[redacted]'));
      }
    },
  };
}

/** The token of this job, for Sigstore as its audience. Throws StepFailed where there is none. */
async function identityToken(): Promise<Secret> {
  const { CIContextProvider } = await import('@sigstore/sign');
  const token: unknown = await new CIContextProvider('sigstore').getToken().catch(() => undefined);
  if (typeof token === 'string' && token !== '') return new Secret(token);
  throw failed('this job gives no identity token');
}

function failed(why: string): StepFailed {
  return new StepFailed({
    what: `Sigstore did not sign: ${why}`,
    next: 'Look whether Fulcio and Rekor can be reached and the token is still valid, or name a key with PTP_SIGNING_KEY.',
  });
}
