import type { TokenCredential } from '@azure/identity';
import type { TokenSource } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';

/**
 * The application that stands for the API servers of all AKS clusters with Entra ID; the same in every tenant
 * (Microsoft's documentation of kubelogin, "server-id").
 */
export const apiServerScope = '6dae42f8-4368-4678-94ff-3960e28e3630/.default';

/** A token that ends within this many milliseconds is not given out any more. */
const margin = 5 * 60_000;

/**
 * Access tokens for a scope: one request at a time however many ask, the same token until shortly before it ends.
 * @param now milliseconds since 1970, as tokens tell their end
 */
export function tokenSource(
  credential: TokenCredential,
  scope: string,
  now: () => number = Date.now,
): TokenSource {
  let last: { readonly token: Secret; readonly ends: number } | undefined;
  let asking: Promise<Secret> | undefined;
  const ask = async () => {
    const given = await credential.getToken(scope);
    // The credentials' type allows it; no way in that is used here does it.
    if (given === null) throw new Error(`no token was given for ${scope}`);
    last = { token: new Secret(given.token), ends: given.expiresOnTimestamp };
    return last.token;
  };
  return () => {
    if (last !== undefined && last.ends - now() > margin) return Promise.resolve(last.token);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
