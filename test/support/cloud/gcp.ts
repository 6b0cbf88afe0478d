import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { Account, type Doc, type Handler, Refused } from './gcp/account.ts';
import { compute } from './gcp/compute.ts';
import { container } from './gcp/container.ts';
import {
  type DiscoveryDocument,
  type DiscoveryMethod,
  discoveryDocuments,
  methodsOf,
} from './gcp/discovery.ts';
import { dns } from './gcp/dns.ts';
import {
  artifactregistry,
  cloudresourcemanager,
  iam,
  servicenetworking,
  serviceusage,
} from './gcp/others.ts';
import { sqladmin } from './gcp/sqladmin.ts';
import { type Checks, checksOf, queryTrouble } from './gcp/validate.ts';
import type { Call, Reality, StandIn, Verdict } from './stand-in.ts';

/** The stand-in for Google Cloud, with the account that is behind it. */
export interface GoogleStandIn extends StandIn {
  readonly account: Account;
  readonly calls: Call[];
  /** Whether credentials are taken. */
  tokens: boolean;
  /** Seconds that a token lasts. */
  tokenLife: number;
  /** The token that was given last; no other one is good. */
  token: string;
}

const handlers: Readonly<Record<string, Handler>> = {
  ...compute,
  ...container,
  ...sqladmin,
  ...dns,
  ...iam,
  ...cloudresourcemanager,
  ...artifactregistry,
  ...serviceusage,
  ...servicenetworking,
};

/** A method with what its path has to look like. */
interface Route {
  readonly service: string;
  readonly document: DiscoveryDocument;
  readonly method: DiscoveryMethod;
  readonly pattern: RegExp;
  readonly names: readonly string[];
  /** How much of the path is written out: the more, the sooner it is taken. */
  readonly exact: number;
}

const routesOnce = discoveryDocuments().then((documents) =>
  documents.flatMap((document) => methodsOf(document).map((method) => routeOf(document, method))),
);
routesOnce.catch(() => {}); // told by whoever starts a stand-in

function routeOf(document: DiscoveryDocument, method: DiscoveryMethod): Route {
  const template = `${document.servicePath}${method.flatPath ?? method.path}`;
  const names: string[] = [];
  const pattern = template
    .split(/(\{[^}]+\})/)
    .map((part) => {
      const name = /^\{\+?([^}]+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(name);
      return '([^/]+?)';
    })
    .join('');
  return {
    service: document.name,
    document,
    method,
    pattern: new RegExp(`^${pattern}$`),
    names,
    exact: template.replaceAll(/\{[^}]+\}/g, '').length,
  };
}

const checks = new Map<string, Checks>();

function checksFor(document: DiscoveryDocument): Checks {
  const known = checks.get(document.name) ?? checksOf(document);
  checks.set(document.name, known);
  return known;
}

/**
 * Starts a server for Google Cloud. Google wrote what says which methods there are, where, and what they take and answer:
 * the discovery documents, by which each request and each answer is checked. Ours is what keeps state behind it
 * (`gcp/*.ts`): how a thing becomes what it is to be, what is refused, and in which words.
 */
export async function startGoogle(reality: Reality = {}): Promise<GoogleStandIn> {
  const routes = await routesOnce;
  const account = new Account();
  account.reality = reality;
  const calls: Call[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'ptp-gcp-'));
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 501, { error: { code: 501, message: String(error) } });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await Promise.all([
    writeFile(join(folder, 'subject'), 'a token of another provider'),
    writeFile(join(folder, 'credentials.json'), JSON.stringify(credentials(base, folder, account))),
  ]);

  const standIn: GoogleStandIn = {
    account,
    calls,
    intercept: undefined,
    tokens: true,
    tokenLife: 3600,
    token: '',
    env: {
      GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'credentials.json'),
      GOOGLE_CLOUD_PROJECT: account.project,
      ...Object.fromEntries(
        [...new Set(routes.map(({ document }) => document))].map(({ name, servicePath }) => [
          `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name.toUpperCase()}`,
          `${base}/${name}/${servicePath}`,
        ]),
      ),
    },
    inventory: async () => account.inventory(),
    reset: async () => {
      account.reset();
      calls.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', base);
    const body = await textOf(request);
    if (url.pathname === '/sts/v1/token' || url.pathname.startsWith('/iamcredentials/')) {
      if (!url.pathname.startsWith('/sts/')) standIn.token = `ya29.stand-in-${account.next()}`;
      if (standIn.tokens) answer(response, 200, tokenFor(url, standIn));
      else answer(response, 400, { error: 'invalid_grant', error_description: 'The credential is expired.' });
      return;
    }
    const [, service = '', ...rest] = url.pathname.split('/');
    const path = decodeURIComponent(rest.join('/'));
    const route = routes
      .filter((each) => each.service === service && each.method.httpMethod === request.method)
      .filter(({ pattern }) => pattern.test(path))
      .toSorted((one, other) => other.exact - one.exact)[0];
    if (route === undefined) {
      answer(response, 404, {
        error: { code: 404, message: `no method: ${request.method} ${url.pathname}` },
      });
      return;
    }
    const call: Call = {
      number: calls.length + 1,
      name: route.method.id,
      changes: request.method !== 'GET' && !/\.(getIamPolicy|testIamPermissions)$/.test(route.method.id),
    };
    calls.push(call);
    const verdict: Verdict = (await standIn.intercept?.(call)) ?? 'answer';
    if (typeof verdict === 'object') {
      response.writeHead(verdict.status, { 'content-type': 'application/json', ...verdict.headers });
      response.end(verdict.body);
      return;
    }
    if (verdict === 'break off') {
      request.socket.destroy();
      return;
    }
    const [status, result] = perform(account, route, path, url.searchParams, body, request);
    if (verdict === 'take effect and break off') request.socket.destroy();
    else answer(response, status, result);
  }
  return standIn;
}

/** Does what a call asks for, between the checks of what goes in and what comes out. */
function perform(
  account: Account,
  { service, document, method, pattern, names }: Route,
  path: string,
  query: URLSearchParams,
  body: string,
  request: IncomingMessage,
): readonly [number, Doc] {
  const { request: checkRequest, answer: checkAnswer } = checksFor(document);
  try {
    if (!/^Bearer ya29\.stand-in/.test(request.headers.authorization ?? ''))
      throw new Refused(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.');
    if (!account.enabled.has(`${service}.googleapis.com`))
      throw new Refused(
        403,
        'SERVICE_DISABLED',
        `${service} has not been used in project ${account.number} before or it is disabled.`,
      );
    const trouble = queryTrouble({ ...document.parameters, ...method.parameters }, query);
    if (trouble !== undefined) throw new Refused(400, 'INVALID_ARGUMENT', trouble);
    const value: unknown = body === '' ? undefined : JSON.parse(body);
    if (method.request === undefined ? value !== undefined : value === undefined)
      throw new Refused(400, 'INVALID_ARGUMENT', 'a body where none is taken, or none where one is');
    const wrong = method.request === undefined ? undefined : checkRequest(method.request.$ref, value);
    if (wrong !== undefined)
      throw new Refused(400, 'INVALID_ARGUMENT', `Invalid JSON payload received. ${wrong}`);
    const handler = handlers[method.id];
    if (handler === undefined) throw new Refused(501, 'UNIMPLEMENTED', `the stand-in cannot ${method.id}`);
    const found = pattern.exec(path)?.slice(1) ?? [];
    const parameters = Object.fromEntries(names.map((name, index) => [name, found[index] ?? '']));
    const result = handler({ parameters, query, body: (value ?? {}) as Doc, account });
    const invented = method.response === undefined ? undefined : checkAnswer(method.response.$ref, result);
    if (invented !== undefined) throw new Error(`the stand-in answered ${method.id} wrongly: ${invented}`);
    return [200, result];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status, reason, message } = error;
    const canonical = /^[A-Z_]+$/.test(reason) ? { status: reason } : {};
    const errors = [{ reason, message, domain: 'global' }];
    return [status, { error: { code: status, message, ...canonical, errors } }];
  }
}

/** Credentials of workload identity federation, as pipelines have them (external_account). */
function credentials(base: string, folder: string, account: Account): Doc {
  const email = `ptp@${account.project}.iam.gserviceaccount.com`;
  return {
    type: 'external_account',
    audience: `//iam.googleapis.com/projects/${account.number}/locations/global/workloadIdentityPools/ci/providers/ci`,
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${base}/sts/v1/token`,
    service_account_impersonation_url: `${base}/iamcredentials/v1/projects/-/serviceAccounts/${email}:generateAccessToken`,
    cloud_resource_manager_url: `${base}/cloudresourcemanager/v1/projects/`,
    credential_source: { file: join(folder, 'subject') },
  };
}

function tokenFor({ pathname }: URL, { token, tokenLife }: GoogleStandIn): Doc {
  if (pathname === '/sts/v1/token')
    return {
      access_token: 'ya29.stand-in-federated',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: tokenLife,
    };
  return { accessToken: token, expireTime: new Date(Date.now() + tokenLife * 1000).toISOString() };
}

function answer(response: ServerResponse, status: number, body: Doc): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
