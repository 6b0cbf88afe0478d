import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a fake registry got. */
export interface Got {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Method and path with digests shortened: `HEAD /v2/hello/web/blobs/1234`. */
  readonly line: string;
}

/** Answers instead of the registry where it returns true; the request's body is still unread. */
export type Fault = (
  got: Got,
  response: ServerResponse,
  request: IncomingMessage,
) => boolean | Promise<boolean>;

/** A registry that demands who is there. */
export interface FakeAuthentication {
  readonly scheme: 'basic' | 'bearer';
  readonly username: string;
  readonly password: string;
  /** Seconds that a token lives; not told where absent. */
  readonly life?: number;
  /** The realm's address instead of the fake's own. */
  readonly realm?: string;
}

/** A registry in memory that goes wrong on demand. For tests only. */
export interface FakeRegistry {
  readonly url: string;
  readonly got: Got[];
  readonly lines: () => readonly string[];
  /** `hello/web` → digest → bytes. */
  readonly blobs: Map<string, Map<string, Buffer>>;
  /** `hello/web` → digest or tag → document. */
  readonly manifests: Map<string, Map<string, { readonly type: string; readonly bytes: Buffer }>>;
  /** Tokens that were given, newest last. */
  readonly tokens: string[];
  fault: Fault | undefined;
  authentication: FakeAuthentication | undefined;
  /** Whether `mount` is honoured. */
  mounts: boolean;
  close(): Promise<void>;
}

/** Starts a fake registry on a free port of this machine. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const uploads = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const fake: FakeRegistry = {
    url,
    got: [],
    lines: () => fake.got.map(({ line }) => line),
    blobs: new Map(),
    manifests: new Map(),
    tokens: [],
    fault: undefined,
    authentication: undefined,
    mounts: true,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const target = new URL(request.url ?? '/', url);
    const method = request.method ?? '';
    const line = `${method} ${target.pathname.replace(/sha256:([0-9a-f]{4})[0-9a-f]*/, '$1')}`;
    const got = { method, url: request.url ?? '', headers: request.headers, line };
    fake.got.push(got);
    if (await fake.fault?.(got, response, request)) return;
    if (target.pathname === '/token') return giveToken(fake, request, response, await readAll(request));
    const [, repository = '', kind, name = ''] =
      /^\/v2\/(.+)\/(manifests|blobs|referrers)\/(.+)$/.exec(target.pathname) ?? [];
    if (!authorized(fake, request, repository)) return challenge(fake, response, repository);
    const body = await readAll(request);
    const blobs = table(fake.blobs, repository);
    const manifests = table(fake.manifests, repository);
    const reply = (status: number, headers: Record<string, string> = {}, content?: Buffer) => {
      response.writeHead(status, { 'content-length': String(content?.length ?? 0), ...headers });
      response.end(method === 'HEAD' ? undefined : content);
    };
    const refuse = (status: number, code: string, message: string) =>
      reply(status, { 'content-type': 'application/json' }, errorBody(code, message));

    if (kind === 'manifests' && method === 'PUT') {
      const digest = digestOf(body);
      if (name.startsWith('sha256:') && name !== digest) return refuse(400, 'DIGEST_INVALID', 'other digest');
      const document = { type: request.headers['content-type'] ?? '', bytes: body };
      manifests.set(digest, document).set(name, document);
      return reply(201, { 'docker-content-digest': digest });
    }
    if (kind === 'manifests') {
      const found = manifests.get(name);
      if (found === undefined) return refuse(404, 'MANIFEST_UNKNOWN', 'no such manifest');
      const headers = { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) };
      return reply(200, headers, found.bytes);
    }
    if (kind === 'blobs' && name === 'uploads/' && method === 'POST') {
      const mount = target.searchParams.get('mount') ?? '';
      const blob = fake.blobs.get(target.searchParams.get('from') ?? '')?.get(mount);
      if (fake.mounts && blob !== undefined) {
        blobs.set(mount, blob);
        return reply(201, { location: `/v2/${repository}/blobs/${mount}` });
      }
      const id = `u${fake.got.length}`;
      uploads.set(id, Buffer.alloc(0));
      return reply(202, { location: `/v2/${repository}/blobs/uploads/${id}?_state=a%2Bb%3D` });
    }
    if (kind === 'blobs' && name.startsWith('uploads/')) {
      const id = name.slice('uploads/'.length);
      const before = uploads.get(id);
      if (before === undefined) return refuse(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload');
      if (target.search.split('&')[0] !== '?_state=a%2Bb%3D')
        return refuse(400, 'UNKNOWN', 'state was altered');
      const all = Buffer.concat([before, body]);
      if (method === 'PUT') {
        const digest = target.searchParams.get('digest') ?? '';
        if (digestOf(all) !== digest) return refuse(400, 'DIGEST_INVALID', 'provided digest did not match');
        blobs.set(digest, all);
        return reply(201, { 'docker-content-digest': digest, location: `/v2/${repository}/blobs/${digest}` });
      }
      const start = /^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1];
      if (method === 'PATCH' && start !== undefined && Number(start) !== before.length) {
        return refuse(416, 'BLOB_UPLOAD_INVALID', 'out of order');
      }
      uploads.set(id, all);
      const headers = { location: `${target.pathname}${target.search}`, range: `0-${all.length - 1}` };
      return reply(method === 'GET' ? 204 : 202, headers);
    }
    if (kind === 'blobs') {
      const blob = blobs.get(name);
      if (blob === undefined) return refuse(404, 'BLOB_UNKNOWN', 'no such blob');
      const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
      if (start === undefined) return reply(200, {}, blob);
      const range = `bytes ${start}-${blob.length - 1}/${blob.length}`;
      return reply(206, { 'content-range': range }, blob.subarray(Number(start)));
    }
    return refuse(404, 'UNSUPPORTED', 'no such page');
  };
  return fake;
}

/** An error list as registries send it. */
export function errorBody(code: string, message: string): Buffer {
  return Buffer.from(JSON.stringify({ errors: [{ code, message, detail: {} }] }));
}

function authorized(fake: FakeRegistry, request: IncomingMessage, repository: string): boolean {
  const wanted = fake.authentication;
  if (wanted === undefined) return true;
  const header = request.headers.authorization ?? '';
  if (wanted.scheme === 'basic') return header === basic(wanted);
  const token = header.replace('Bearer ', '');
  return fake.tokens.includes(token) && token.includes(`repository:${repository}:`);
}

function challenge(fake: FakeRegistry, response: ServerResponse, repository: string): void {
  const realm = fake.authentication?.realm ?? `${fake.url}/token`;
  const value =
    fake.authentication?.scheme === 'basic'
      ? 'Basic realm="fake"'
      : `Bearer realm="${realm}",service="fake, \\"quoted\\"",scope="repository:${repository}:pull"`;
  response.writeHead(401, { 'www-authenticate': value, 'content-type': 'application/json' });
  response.end(errorBody('UNAUTHORIZED', 'authentication required'));
}

function giveToken(
  fake: FakeRegistry,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const wanted = fake.authentication;
  const query = new URL(request.url ?? '/', fake.url).searchParams;
  const form = new URLSearchParams(body.toString('utf8'));
  const oauth = form.get('refresh_token') === wanted?.password && form.get('service') === 'fake, "quoted"';
  const direct = request.headers.authorization === (wanted === undefined ? '' : basic(wanted));
  if (!oauth && !direct) {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.end(errorBody('UNAUTHORIZED', `not you: ${request.headers.authorization ?? 'nobody'}`));
    return;
  }
  const scopes = oauth ? (form.get('scope') ?? '') : query.getAll('scope').join(' ');
  const token = `t${fake.tokens.length}-${scopes.replaceAll(' ', '+')}`;
  fake.tokens.push(token);
  const life = wanted?.life === undefined ? {} : { expires_in: wanted.life };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...(oauth ? { access_token: token } : { token }), ...life }));
}

function basic(wanted: FakeAuthentication): string {
  return `Basic ${Buffer.from(`${wanted.username}:${wanted.password}`).toString('base64')}`;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function table<T>(all: Map<string, Map<string, T>>, repository: string): Map<string, T> {
  const found = all.get(repository) ?? new Map<string, T>();
  all.set(repository, found);
  return found;
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}
