import * as http from 'node:http';
import * as https from 'node:https';

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** The public way into a system. */
export interface Door {
  /** The URL users type. */
  readonly url: URL;
  /** PEM of the authority that its certificate comes from. */
  readonly authority: string;
  /** Sends one request on a connection of its own. The path is sent as it is given. */
  send(method: string, path: string, options?: { readonly plain?: boolean }): Promise<Answer>;
}

/** How to find the door: names below .localhost are this machine's, and one authority's certificates are accepted. */
export interface DoorAt {
  readonly domain: string;
  readonly http: number;
  readonly https: number;
  /** PEM of the one authority that is trusted. */
  readonly authority: string;
}

/** Milliseconds until an answer counts as none. */
const timeout = 15_000;

/** Goes through the public door with Node's own HTTP: no certificate error is passed over. */
export function doorTo(at: DoorAt): Door {
  return {
    url: new URL(`https://${at.domain}:${at.https}`),
    authority: at.authority,
    send: (method, path, { plain = false } = {}) =>
      new Promise((resolve, reject) => {
        const options: https.RequestOptions = {
          method,
          path,
          hostname: at.domain,
          lookup: (_name, { all }, answer) =>
            all === true ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4),
          agent: false,
          timeout,
        };
        const request = plain
          ? http.request({ ...options, port: at.http })
          : https.request({ ...options, port: at.https, ca: at.authority });
        let reached = 'no connection';
        request.once('socket', (socket) => {
          socket.once('connect', () => (reached = 'a connection'));
          socket.once('secureConnect', () => (reached = 'TLS'));
        });
        request.once('timeout', () => {
          const from = request.socket?.localPort;
          const how = `${reached} from port ${from} until ${new Date().toISOString()}`;
          request.destroy(new Error(`${method} ${path}: no answer in time (${how})`));
        });
        request.once('error', reject);
        request.once('response', (response) => {
          reached = 'half an answer';
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.once('error', reject);
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        });
        request.end();
      }),
  };
}
