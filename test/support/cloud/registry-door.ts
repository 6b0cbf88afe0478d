import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { selfSigned } from '../../../path/src/effects/self-signed.fixture.ts';

/** A registry as a cloud shows it: over TLS, for whoever has credentials of the cloud's; its nodes need none. */
export interface RegistryDoor {
  /** `10.77.3.1:40123` */
  readonly name: string;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  /** Usernames that requests came with. */
  readonly users: ReadonlySet<string>;
  stop(): Promise<void>;
}

/**
 * Stands before the registry of a local cluster, at the host's end of the cluster's own network, and tells its nodes
 * that they may pull from there.
 */
export async function registryDoor(instance: string, node: string): Promise<RegistryDoor> {
  const etc = `/var/lib/ptp/${instance}/etc`;
  const record = JSON.parse(readFileSync(`/var/lib/ptp/${instance}/instance.json`, 'utf8'));
  const password = Buffer.from(`ptp:${record.registryPassword}`).toString('base64');
  const host = node.replace(/\.\d+$/, '.1');
  const own = await selfSigned(host);
  const users = new Set<string>();
  const server = createServer({ cert: own.certificate, key: own.key }, (incoming, answer) => {
    // Azure's gives a token of its own for one of Entra ID's.
    if (incoming.url === '/oauth2/exchange') {
      incoming.resume();
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(JSON.stringify({ refresh_token: 'a-token-of-the-registry' }));
      return;
    }
    const { authorization = '', ...headers } = incoming.headers;
    const user =
      Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
        .toString()
        .split(':')[0] ?? '';
    if (user === '') {
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="cloud"' });
      answer.end();
      incoming.resume();
      return;
    }
    users.add(user);
    const passed = request(
      {
        host: node,
        port: 5000,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, authorization: `Basic ${password}` },
      },
      (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        pipeline(given, answer, () => {});
      },
    );
    passed.once('error', () => answer.destroy());
    pipeline(incoming, passed, () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const name = `${host}:${(server.address() as AddressInfo).port}`;
  const known = readFileSync(join(etc, 'certs.d/registry.ptp.internal/hosts.toml'), 'utf8');
  mkdirSync(join(etc, 'certs.d', name), { recursive: true });
  writeFileSync(join(etc, 'certs.d', name, 'hosts.toml'), known);
  return {
    name,
    authority: own.certificate,
    users,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
