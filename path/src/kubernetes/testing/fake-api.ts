import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { Secret } from '../../core/secret.ts';

/** What the server was asked for and what it holds; a path's document is what GET answers. */
export interface FakeApi {
  /** Path → document, or an HTTP status; DELETE takes away. */
  readonly documents: Map<string, unknown>;
  /** `GET /version`, in the order of arrival; without the query. */
  readonly requests: readonly string[];
  /** Answers a POST, with a document or an HTTP status; 404 unless set. */
  post: (path: string, body: unknown) => unknown;
  readonly url: string;
  readonly kubeconfig: Secret;
  close(): Promise<void>;
}

/**
 * An API server with fixed documents over plain HTTP, for tests of what a client makes of its answers. A path that ends
 * in a collection (`/api/v1/pods`) answers the list of the documents below it that a label selector (`a=b,c=d`) selects.
 */
export async function startFakeApi(documents: Readonly<Record<string, unknown>> = {}): Promise<FakeApi> {
  const held = new Map(Object.entries(documents));
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    requests.push(`${request.method} ${pathname}`);
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method === 'POST') {
      const body = api.post(pathname, await bodyOf(request));
      if (typeof body === 'number') return answer(body, { message: `status ${body}` });
      return body === undefined ? answer(404, {}) : answer(201, body);
    }
    const found = held.get(pathname) ?? listBelow(held, pathname, searchParams.get('labelSelector') ?? '');
    if (found === undefined) return answer(404, { message: `no ${pathname}`, reason: 'NotFound' });
    if (typeof found === 'number') return answer(found, { message: `status ${found}` });
    if (request.method === 'DELETE') held.delete(pathname);
    return typeof found === 'string' ? response.end(found) : answer(200, found);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}`;
  const api: FakeApi = {
    documents: held,
    requests,
    post: () => undefined,
    url,
    kubeconfig: new Secret(kubeconfigFor(url)),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return api;
}

/** A kubeconfig with one context, `fake`. */
export function kubeconfigFor(server: string): string {
  return JSON.stringify({
    'current-context': 'fake',
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
    clusters: [{ name: 'fake', cluster: { server } }],
    users: [{ name: 'fake', user: {} }],
  });
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function listBelow(held: ReadonlyMap<string, unknown>, path: string, selector: string): unknown {
  const wanted = selector
    .split(',')
    .filter(Boolean)
    .map((part) => part.split('='));
  const items = [...held].flatMap(([key, value]) => {
    if (!key.startsWith(`${path}/`) || key.slice(path.length + 1).includes('/')) return [];
    const { metadata } = value as { metadata?: { labels?: Record<string, string> } };
    return wanted.every(([name = '', is]) => metadata?.labels?.[name] === is) ? [value] : [];
  });
  return items.length === 0 ? undefined : { metadata: { resourceVersion: '1' }, items };
}
