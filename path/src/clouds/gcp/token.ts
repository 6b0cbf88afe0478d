import { Secret } from '../../core/secret.ts';

/** What gives access tokens, and renews them: a client of google-auth-library. */
export interface TokenGiver {
  getAccessToken(): Promise<{ token?: string | null | undefined }>;
}

/**
 * Tokens that the cluster's API server takes: access tokens of the same account, good for up to an hour. The library
 * keeps one and renews it minutes before it ends; callers that come meanwhile wait for the same renewal.
 * @throws Error in the library's words where there is none
 */
export function tokensOf(giver: TokenGiver): () => Promise<Secret> {
  let asked: Promise<Secret> | undefined;
  return () => {
    asked ??= giver
      .getAccessToken()
      .then(({ token }) => {
        if (typeof token !== 'string' || token === '') throw new Error('Google gave no access token');
        return new Secret(token);
      })
      .finally(() => {
        asked = undefined;
      });
    return asked;
  };
}
