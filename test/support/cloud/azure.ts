import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { selfSigned } from '../../../path/src/effects/self-signed.fixture.ts';
import { type Reply, refusal, Subscription, tenant } from './azure/account.ts';
import { azureModels } from './azure/models.ts';
import type { Call, Reality, StandIn, Verdict } from './stand-in.ts';

/** Azure Resource Manager and Entra ID's login, as this project wrote them: nobody else's stand-in can be had. */
export interface AzureStandIn extends StandIn {
  /** The account itself: what is slow, what fails, what the caller may do. */
  readonly account: Subscription;
  /** Does something in the account as somebody else would, past interception. */
  act(method: string, path: string, version: string, body?: unknown): Reply;
  /** Begins to count calls anew. */
  forgetCalls(): void;
  /** Every token given so far has ended now. */
  endTokens(): void;
}

const client = {
  id: '00000000-aaaa-4bbb-8ccc-dddddddddddd',
  secret: 'a stand-in’s secret',
  object: '0b0b0b0b-1111-4222-8333-444444444444',
};

/**
 * Starts it at https://localhost. This process trusts its certificate from then on; others do by NODE_EXTRA_CA_CERTS.
 * Bodies of requests are held against the models of Microsoft's own packages for Python (azure/models.py).
 */
export async function azureStandIn(reality: Reality = {}): Promise<AzureStandIn> {
  const models = await azureModels();
  const { certificate, key } = await selfSigned('localhost');
  const folder = mkdtempSync(join(tmpdir(), 'ptp-azure-'));
  writeFileSync(join(folder, 'authority.pem'), certificate);
  setDefaultCACertificates([...getCACertificates('default'), certificate]);

  const calls: Call[] = [];
  let number = 0;
  const ended = new Set<string>();
  const given = new Set<string>();

  const port = () => (server.address() as AddressInfo).port;
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const method = request.method ?? 'GET';
    const body = await text(request);
    const reply = (answer: Reply) => {
      const written = answer.body === undefined ? '' : JSON.stringify(answer.body);
      response
        .writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
        .end(written);
    };
    if (url.pathname.startsWith(`/${tenant}/`) || /^\/(common|organizations)\//.test(url.pathname)) {
      reply(login(url, new URLSearchParams(body), port(), given));
      return;
    }
    if (url.pathname === '/oauth2/exchange') {
      reply({ status: 200, body: { refresh_token: 'a-token-of-the-registry' } });
      return;
    }
    number += 1;
    const call = { number, name: `${method} ${url.pathname}`, changes: changes(method, url.pathname) };
    calls.push(call);
    const verdict: Verdict = (await standIn.intercept?.(call)) ?? 'answer';
    if (verdict === 'break off') {
      request.socket.destroy();
      return;
    }
    if (typeof verdict === 'object') {
      response
        .writeHead(verdict.status, { 'content-type': 'application/json', ...verdict.headers })
        .end(verdict.body);
      return;
    }
    const denied = whyNotIn(request, given, ended);
    if (denied !== undefined) {
      reply(denied);
      return;
    }
    const parsed: unknown = body === '' ? undefined : JSON.parse(body);
    const answer = account.handle(method, decodeURIComponent(url.pathname), url.searchParams, parsed);
    if (verdict === 'take effect and break off') request.socket.destroy();
    else reply(answer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  let account = newAccount();

  function newAccount(): Subscription {
    const made = new Subscription(models);
    made.principals.set(client.object, 'caller');
    const { apiServer, registry, database } = reality;
    made.endpoint = `https://localhost:${port()}`;
    if (registry !== undefined) made.loginServer = () => registry;
    if (database !== undefined) made.databaseHost = () => database.host;
    if (apiServer !== undefined) made.kubeconfig = () => kubeconfigOf(apiServer);
    return made;
  }

  const standIn: AzureStandIn = {
    env: {
      AZURE_AUTHORITY_HOST: `https://localhost:${port()}`,
      AZURE_RESOURCE_MANAGER_ENDPOINT: `https://localhost:${port()}`,
      AZURE_TENANT_ID: tenant,
      AZURE_CLIENT_ID: client.id,
      AZURE_CLIENT_SECRET: client.secret,
      AZURE_SUBSCRIPTION_ID: account.id,
      NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
    },
    get account() {
      return account;
    },
    calls,
    intercept: undefined,
    act: (method, path, version, body) =>
      account.handle(method, path, new URLSearchParams({ 'api-version': version }), body, true),
    forgetCalls() {
      calls.length = 0;
      number = 0;
    },
    endTokens() {
      for (const token of given) ended.add(token);
    },
    inventory: async () => account.inventory(),
    async reset() {
      account = newAccount();
      standIn.forgetCalls();
      standIn.intercept = undefined;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return standIn;
}

/** Asking for a name or for a kubeconfig changes nothing, though it is a POST. */
function changes(method: string, path: string): boolean {
  if (method === 'POST') return /\/register$/.test(path);
  return method !== 'GET';
}

/** Entra ID's part: who may have a token (OAuth 2.0, client credentials). */
function login(url: URL, form: URLSearchParams, port: number, given: Set<string>): Reply {
  const root = `https://localhost:${port}/${tenant}`;
  if (url.pathname.endsWith('/.well-known/openid-configuration'))
    return {
      status: 200,
      body: {
        issuer: `${root}/v2.0`,
        authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
        token_endpoint: `${root}/oauth2/v2.0/token`,
        jwks_uri: `${root}/discovery/v2.0/keys`,
      },
    };
  if (!url.pathname.endsWith('/oauth2/v2.0/token')) return refusal(404, 'NotFound', url.pathname);
  const scope = form.get('scope') ?? '';
  const right = form.get('client_id') === client.id && form.get('client_secret') === client.secret;
  if (!right)
    return {
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: 'AADSTS7000215: Invalid client secret provided.',
        error_codes: [7000215],
      },
    };
  const claims = {
    aud: scope.replace(/\/\.default.*/, ''),
    oid: client.object,
    tid: tenant,
    idtyp: 'app',
    appid: client.id,
  };
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = [{ alg: 'none' }, { ...claims, exp, jti: given.size }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  given.add(`${token}.`);
  return { status: 200, body: { token_type: 'Bearer', expires_in: 3600, access_token: `${token}.` } };
}

/** ARM lets in who has a token that is for it and has not ended. */
function whyNotIn(
  request: IncomingMessage,
  given: ReadonlySet<string>,
  ended: ReadonlySet<string>,
): Reply | undefined {
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return refusal(401, 'AuthenticationFailed', 'the Authorization header is missing');
  if (ended.has(token)) return refusal(401, 'ExpiredAuthenticationToken', 'The access token has expired.');
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return given.has(token) && claims.includes('"aud":"https://localhost:')
    ? undefined
    : refusal(401, 'InvalidAuthenticationToken', 'The access token is invalid.');
}

function kubeconfigOf({ url, authority }: NonNullable<Reality['apiServer']>): string {
  const data = Buffer.from(authority).toString('base64');
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster: { server: url, 'certificate-authority-data': data } }],
    users: [],
    contexts: [],
  };
  return Buffer.from(JSON.stringify(document)).toString('base64');
}
