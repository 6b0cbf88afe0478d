import type { TokenCredential } from '@azure/identity';
import type { PathUncheckedResponse } from '@azure-rest/core-client';
import { type Answer, type Api, AzureError, type Caller, part, text } from './api.ts';
import { tokenSource } from './token.ts';

/** Where ARM is and who speaks to it. */
export interface Connection {
  /** `https://management.azure.com` */
  readonly endpoint: string;
  readonly credential: TokenCredential;
  readonly subscription: string;
  readonly tenant: string;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** ARM's address: the public cloud's, or that of another one of Microsoft's (US Government, China). */
export function armEndpoint(env: NodeJS.ProcessEnv): string {
  return (env.AZURE_RESOURCE_MANAGER_ENDPOINT ?? 'https://management.azure.com').replace(/\/+$/, '');
}

/** The scope of ARM's access tokens. */
export function armScope(endpoint: string): string {
  return `${endpoint}/.default`;
}

/**
 * ARM by the official client's own core: authentication, retries by Retry-After, proxies. Each service's own package
 * adds serializers and waiting to that, and takes 90 MB altogether (docs/decisions/0056).
 */
export async function connectArm(connection: Connection): Promise<Api> {
  const { getClient } = await import('@azure-rest/core-client');
  const { endpoint, credential, subscription, tenant, caller, signal: whole } = connection;
  const client = getClient(endpoint, credential, {
    credentials: { scopes: [armScope(endpoint)] },
    // What lasts longer is tried again by whoever asked; ARM says in Retry-After how long to wait, and that is kept to.
    retryOptions: { maxRetries: 2, retryDelayInMs: 200 },
    userAgentOptions: { userAgentPrefix: 'ptp' },
  });
  /** Where ARM tells what becomes of a request that it has taken, by the path that was asked for. */
  const operations = new Map<string, string>();
  const tokens = new Map<string, ReturnType<typeof tokenSource>>();
  const ask = (path: string, version: string, signal: AbortSignal, body?: unknown) => ({
    at: client.pathUnchecked(path),
    options: {
      abortSignal: signal,
      timeout: 60_000,
      // The next page's address has its version, and whatever else it needs.
      ...(path.startsWith('https:') ? {} : { queryParameters: { 'api-version': version } }),
      ...(body === undefined ? {} : { body }),
    },
  });
  const list = async (path: string, version: string, signal: AbortSignal): Promise<readonly Answer[]> => {
    const { at, options } = ask(path, version, signal);
    const page = answered('GET', await at.get(options));
    const value = Array.isArray(page.value) ? (page.value as readonly Answer[]) : [];
    const next = text(page, 'nextLink');
    return next === undefined || next === '' ? value : [...value, ...(await list(next, version, signal))];
  };
  return {
    subscription,
    tenant,
    caller,
    signal: whole,
    async get(path, version, signal) {
      const { at, options } = ask(path, version, signal);
      const response = await at.get(options);
      if (response.status === '404' && codeOf(response.body) !== 'SubscriptionNotFound') return undefined;
      return answered('GET', response);
    },
    list,
    async send(method, path, version, signal, body) {
      const { at, options } = ask(path, version, signal, body);
      const verbs = { PUT: at.put, PATCH: at.patch, POST: at.post, DELETE: at.delete };
      const response = await verbs[method](options);
      const operation = response.headers['azure-asyncoperation'];
      // What a deleted resource came to does not matter: it is looked at until it has gone.
      if (method === 'DELETE' || operation === undefined) operations.delete(path);
      else operations.set(path, operation);
      return answered(method, response);
    },
    async outcome(path, signal) {
      const operation = operations.get(path);
      if (operation === undefined) return undefined;
      const { at, options } = ask(operation, '', signal);
      const response = await at.get(options);
      if (text(response.body, 'status') !== 'Failed') return undefined;
      const message = text(response.body, 'error', 'message') ?? 'no reason is told';
      return new AzureError('PUT', 409, codeOf(response.body), message);
    },
    token(scope) {
      const known = tokens.get(scope) ?? tokenSource(credential, scope);
      tokens.set(scope, known);
      return known();
    },
  };
}

function answered(method: string, response: PathUncheckedResponse): Answer {
  const status = Number(response.status);
  if (status >= 200 && status < 300) return part(response.body);
  const body: unknown = response.body;
  const message = text(body, 'error', 'message') ?? text(body, 'message') ?? `HTTP ${status}`;
  throw new AzureError(method, status, codeOf(body), message);
}

/** An error's code (ARM's RPC, "Error response content"); older services leave the outer object out. */
function codeOf(body: unknown): string {
  return text(body, 'error', 'code') ?? text(body, 'code') ?? '';
}
