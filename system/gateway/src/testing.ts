/** What the tests share: real servers on free ports of 127.0.0.1, and a client that sends what it is told. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import { type App, startApp } from './app.ts';
import { readConfig } from './config.ts';
import { openLog } from './log.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];

/** Stops everything that was started; for `afterEach`. */
export async function stopAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

/** An HTTP server in the place of an upstream; `requests` are those it got. */
export interface FakeUpstream {
  readonly origin: string;
  readonly port: number;
  readonly server: Server;
  readonly requests: IncomingMessage[];
}

/** Starts an upstream; without a handler it answers 200 with the request as it saw it. */
export async function startUpstream(
  handler: (request: IncomingMessage, response: ServerResponse) => void = echo,
  port = 0,
): Promise<FakeUpstream> {
  const requests: IncomingMessage[] = [];
  const server = createServer((req, res) => {
    requests.push(req);
    handler(req, res);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${address.port}`, port: address.port, server, requests };
}

function echo(req: IncomingMessage, res: ServerResponse): void {
  req.resume();
  const seen = JSON.stringify({ method: req.method, url: req.url, headers: req.headers });
  res.writeHead(200, { 'content-type': 'application/json' }).end(seen);
}

/** Starts a server of bare connections, for what no HTTP server would do. */
export async function startTcp(
  handler: (socket: Socket) => void,
): Promise<{ readonly origin: string; readonly server: TcpServer }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    handler(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The gateway, running in this process. */
export interface RunningGateway extends App {
  /** The log's lines. */
  readonly lines: Record<string, unknown>[];
  /** Resolves when the log has a line like this. */
  logged(match: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  metrics(): Promise<string>;
}

/** Starts the gateway on free ports with this environment. */
export async function startGateway(env: Record<string, string>): Promise<RunningGateway> {
  const lines: Record<string, unknown>[] = [];
  const watchers = new Set<() => void>();
  const log = openLog('info', {
    write(line) {
      lines.push(JSON.parse(line));
      for (const watcher of watchers) watcher();
    },
  });
  const config = readConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    LAME_DUCK_SECONDS: '0',
    DRAIN_SECONDS: '1',
    ...env,
  });
  const app = await startApp(config, log);
  let stopped: Promise<boolean> | undefined;
  const stop = (): Promise<boolean> => {
    stopped ??= app.stop();
    return stopped;
  };
  cleanups.push(stop);
  return {
    ...app,
    stop,
    lines,
    logged: (match) =>
      new Promise((resolve) => {
        const look = (): void => {
          const line = lines.find(match);
          if (line === undefined) return;
          watchers.delete(look);
          resolve(line);
        };
        watchers.add(look);
        look();
      }),
    metrics: async () => (await send(app.managementPort, { path: '/metrics' })).body,
  };
}

/** A whole response. */
export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** Sends one request on a connection of its own and reads the response. */
export async function send(
  port: number,
  options: {
    method?: string;
    path?: string;
    headers?: Record<string, string | string[]>;
    body?: string;
  } = {},
): Promise<Received> {
  const { method = 'GET', path = '/', headers = {}, body } = options;
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    body: Buffer.concat(chunks).toString(),
  };
}

/** Sends bytes as they are and returns all that comes back until the other side closes. */
export async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  socket.write(bytes, 'latin1');
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}
