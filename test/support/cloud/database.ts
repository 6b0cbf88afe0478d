import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { selfSigned } from '../../../path/src/effects/self-signed.fixture.ts';
import type { KubernetesClient } from '../../../path/src/kubernetes/client.ts';
import { until } from '../until.ts';

/** A PostgreSQL server as a cloud runs one: over TLS alone, at an address outside of the cluster, its administrator no superuser. */
export interface CloudDatabase {
  /** The name that it is known by in the cluster, as the cloud's own DNS would know it. */
  readonly host: string;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  stop(): Promise<void>;
}

/** Which one of several it is, the address it is reached at, and who administers it. */
export interface CloudDatabasePlace {
  /** `aws` */
  readonly cloud: string;
  readonly address: string;
  readonly admin: string;
  /** The port that it has on the node; at its address it is at 5432. */
  readonly port: number;
}

/**
 * Runs PostgreSQL on a cluster's node, outside of its pods' network, and lends it an address of this machine.
 * @param image of PostgreSQL, as the cluster's nodes pull it
 */
export async function cloudDatabase(
  client: KubernetesClient,
  image: string,
  node: string,
  at: CloudDatabasePlace,
): Promise<CloudDatabase> {
  const namespace = `database-of-${at.cloud}`;
  const host = `postgres.${namespace}.svc`;
  const { certificate, key } = await selfSigned(host);
  const bin = '/usr/lib/postgresql/17/bin';
  const script = [
    'set -eu',
    'cd /data',
    `rm -rf /data/pg; ${bin}/initdb -D /data/pg -U owner --auth=trust --encoding=UTF8 --locale=C > /dev/null`,
    `echo 'CREATE ROLE "${at.admin}" LOGIN CREATEROLE CREATEDB;' | ${bin}/postgres --single -D /data/pg postgres > /dev/null`,
    `printf 'hostssl postgres "${at.admin}" all trust\\nhostssl all all all scram-sha-256\\n' > /data/pg/pg_hba.conf`,
    `exec ${bin}/postgres -D /data/pg -p ${at.port} -c listen_addresses='*' -c unix_socket_directories= -c ssl=on -c ssl_cert_file=/tls/tls.crt -c ssl_key_file=/tls/tls.key`,
  ].join('\n');
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  await send(client, '/api/v1/namespaces', { kind: 'Namespace', metadata: { name: namespace } });
  await send(client, `/api/v1/namespaces/${namespace}/secrets`, {
    kind: 'Secret',
    metadata: { name: 'tls', namespace },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': encoded(certificate), 'tls.key': encoded(key) },
  });
  await send(client, `/api/v1/namespaces/${namespace}/pods`, {
    kind: 'Pod',
    metadata: { name: 'postgres', namespace },
    spec: {
      hostNetwork: true,
      // Before the cluster has a node for anybody else.
      tolerations: [{ operator: 'Exists' }],
      securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
      containers: [
        {
          name: 'postgres',
          image,
          command: ['/bin/sh', '-c', script],
          volumeMounts: [
            { name: 'data', mountPath: '/data' },
            { name: 'tls', mountPath: '/tls', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'tls', secret: { secretName: 'tls', defaultMode: 0o440 } },
      ],
    },
  });
  await send(client, `/api/v1/namespaces/${namespace}/services`, {
    kind: 'Service',
    metadata: { name: 'postgres', namespace },
    spec: { ports: [{ name: 'postgres', port: 5432 }] },
  });
  await send(client, `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'postgres', namespace, labels: { 'kubernetes.io/service-name': 'postgres' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [at.address], conditions: { ready: true } }],
    ports: [{ name: 'postgres', port: 5432, protocol: 'TCP' }],
  });
  await until('PostgreSQL listens', () => listens(node, at.port), Boolean);
  const place = [`${at.address}/32`, 'dev', 'lo'];
  execFileSync('ip', ['addr', 'replace', ...place]);
  // A process of its own: the tests' has the clouds, the registry and the requests to see to, and would be late.
  const passing = spawn(process.execPath, ['-e', passOn, at.address, node, String(at.port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(passing, 'exit').then(() => {
    throw new Error(`nobody passes on what comes to ${at.address}`);
  });
  await Promise.race([once(passing.stdout, 'data'), ended]);
  return {
    host,
    authority: certificate,
    async stop() {
      passing.kill();
      execFileSync('ip', ['addr', 'del', ...place]);
    },
  };
}

/** A program that passes on what comes to an address, and says when it listens. It ends with whoever started it. */
const passOn = `
const { createServer, connect } = require('node:net');
const [address, node, port] = process.argv.slice(1);
createServer((incoming) => {
  const passed = connect(Number(port), node);
  for (const [one, other] of [[incoming, passed], [passed, incoming]]) {
    one.pipe(other);
    one.once('error', () => other.destroy());
    one.once('close', () => other.destroy());
  }
}).listen(5432, address, () => console.log('listens'));
process.stdin.resume().once('close', () => process.exit());
`;

async function send(client: KubernetesClient, path: string, body: object): Promise<void> {
  await client.send({ method: 'POST', path, body: { apiVersion: 'v1', ...body } });
}

function listens(node: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, node);
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('timeout', () => resolve(false));
  });
}
