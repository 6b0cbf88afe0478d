import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { parse } from 'yaml';
import { selfSigned } from '../../../path/src/effects/self-signed.fixture.ts';

/** An API server as a cloud shows it: it takes bearer tokens, and stands before a real cluster. */
export interface CloudApiServer {
  /** `https://localhost:…` */
  readonly url: string;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  /** How many requests came with a token that was taken, and how many were turned away. */
  readonly count: { taken: number; refused: number };
  stop(): Promise<void>;
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

/**
 * Stands before the cluster of a kubeconfig. Whoever has a token that `accepts` takes is its administrator; everybody
 * else is answered 401, as a managed cluster does.
 */
export async function cloudApiServer(
  kubeconfig: string,
  accepts: (token: string) => Promise<boolean>,
): Promise<CloudApiServer> {
  const { clusters, users } = parse(kubeconfig) as Kubeconfig;
  const data = (of: Readonly<Record<string, string>>, key: string) =>
    Buffer.from(of[`${key}-data`] ?? '', 'base64');
  const [{ cluster }, { user }] = [clusters[0], users[0]];
  const behind = new URL(cluster.server ?? '');
  const tls = {
    ca: data(cluster, 'certificate-authority'),
    ...(user.token === undefined
      ? { cert: data(user, 'client-certificate'), key: data(user, 'client-key') }
      : {}),
  };
  const own = await selfSigned('localhost');
  const count = { taken: 0, refused: 0 };
  const server: Server = createServer({ cert: own.certificate, key: own.key }, (incoming, answer) => {
    const { authorization = '', host: _host, connection: _connection, ...headers } = incoming.headers;
    const token = /^Bearer (\S+)$/.exec(authorization)?.[1];
    const refuse = () => {
      count.refused += 1;
      answer.writeHead(401, { 'content-type': 'application/json' });
      answer.end(
        JSON.stringify({
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          message: 'Unauthorized',
          reason: 'Unauthorized',
          code: 401,
        }),
      );
    };
    if (token === undefined) return refuse();
    accepts(token).then(
      (taken) => {
        if (!taken) return refuse();
        count.taken += 1;
        const passed = request(
          {
            host: behind.hostname,
            port: behind.port,
            method: incoming.method,
            path: incoming.url,
            headers: {
              ...headers,
              ...(user.token === undefined ? {} : { authorization: `Bearer ${user.token}` }),
            },
            ...tls,
          },
          (given) => {
            answer.writeHead(given.statusCode ?? 502, given.headers);
            pipeline(given, answer, () => {});
          },
        );
        passed.once('error', () => answer.destroy());
        // Who goes away while a watch is open ends it.
        answer.once('close', () => passed.destroy());
        pipeline(incoming, passed, () => {});
      },
      () => refuse(),
    );
  });
  // Commands in containers go over WebSockets.
  server.on('upgrade', (incoming, socket, head) => {
    const { authorization = '', host: _host, ...headers } = incoming.headers;
    const token = /^Bearer (\S+)$/.exec(authorization)?.[1] ?? '';
    accepts(token).then(
      (taken) => {
        if (!taken) return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
        count.taken += 1;
        const { method, url: path } = incoming;
        const passed = request({ host: behind.hostname, port: behind.port, method, path, headers, ...tls });
        passed.once('upgrade', (given, other, first) => {
          const lines = Object.entries(given.headers).map(([name, value]) => `${name}: ${value}`);
          socket.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'));
          other.write(head);
          socket.write(first);
          pipeline(socket, other, () => {});
          pipeline(other, socket, () => {});
        });
        passed.once('response', (given) => socket.end(`HTTP/1.1 ${given.statusCode} Refused\r\n\r\n`));
        passed.once('error', () => socket.destroy());
        passed.end();
      },
      () => socket.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    authority: own.certificate,
    count,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
