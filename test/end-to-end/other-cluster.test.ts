import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../path/src/core/secret.ts';
import { connect, type KubernetesClient } from '../../path/src/kubernetes/client.ts';
import { list } from '../../path/src/kubernetes/list.ts';
import type { AnyObject, Pod, SecretObject } from '../../path/src/kubernetes/objects.ts';
import { type Door, doorTo } from '../support/door.ts';
import { type Ended, jsonResult, tail } from '../support/ptp.ts';
import { until } from '../support/until.ts';

/*
 * `cluster: kubeconfig`: systems are carried to a cluster that somebody else runs. That somebody is an instance of the
 * local cluster with a system of its own in it; the guests know nothing of it but its kubeconfig and its registry, to
 * which they log in as to any other.
 */
const instance = 'ptp-other';
const ports = { http: 58_080, https: 58_443 };
// Made only when a test runs: a file whose tests are all left out is loaded too.
const root = join(tmpdir(), `ptp-other-cluster-${process.pid}`);
const main = join(import.meta.dirname, '../../path/src/main.ts');

const theirs = {
  PTP_INSTANCE: instance,
  PTP_HTTP_PORT: String(ports.http),
  PTP_HTTPS_PORT: String(ports.https),
};
const ours = { KUBECONFIG: join(root, 'kubeconfig.yaml'), DOCKER_CONFIG: join(root, 'docker') };

/** A system in a folder of its own: a package.json, a server, and what `ptp init` makes of them. */
class System {
  readonly folder: string;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;

  constructor(name: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.env = env;
    this.folder = join(root, name);
  }

  /** Writes its sources. */
  create(): void {
    mkdirSync(this.folder, { recursive: true });
    const manifest = { name: this.name, private: true, type: 'module', scripts: { start: 'node server.js' } };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(manifest));
    this.says('one');
  }

  /** Changes what its server answers. */
  says(word: string): void {
    writeFileSync(join(this.folder, 'server.js'), server.replace('WORD', word));
  }

  /** Changes its ptp.yaml. */
  edit(change: (text: string) => string): void {
    const file = join(this.folder, 'ptp.yaml');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  ptp(...args: readonly string[]): Promise<Ended> {
    const began = performance.now();
    const others = Object.entries(process.env).filter(
      ([name]) => !/^(VITEST|NODE_ENV$|NODE_OPTIONS$|TEST$|PTP_|KUBECONFIG$|DOCKER_CONFIG$)/.test(name),
    );
    const env = { ...Object.fromEntries(others), ...this.env };
    return new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [main, ...args],
        { cwd: this.folder, env, maxBuffer: 2 ** 26 },
        (_error, stdout, stderr) => {
          const seconds = (performance.now() - began) / 1000;
          resolve({ code: child.exitCode, signal: child.signalCode, stdout, stderr, seconds });
        },
      );
      child.stdin?.end();
    });
  }

  async must(...args: readonly string[]): Promise<Ended> {
    const ended = await this.ptp(...args);
    if (ended.code !== 0)
      throw new Error(`\`ptp ${args.join(' ')}\` ended with ${ended.code}:\n${tail(ended)}`);
    return ended;
  }
}

/** Answers a word, and at /database whether the database that it is bound to lets it connect. */
const server = `
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
const binding = (name) => readFileSync(process.env.SERVICE_BINDING_ROOT + '/database/' + name, 'utf8');
const door = createServer((request, response) => {
  console.log(request.method, request.url);
  if (request.url !== '/database') return response.end('WORD');
  const socket = connect(Number(binding('port')), binding('host'));
  socket.once('connect', () => { socket.destroy(); response.end('connected as ' + binding('username')); });
  socket.setTimeout(3000, () => socket.destroy(new Error('no answer')));
  socket.once('error', (error) => { response.statusCode = 502; response.end(error.message); });
}).listen(process.env.PORT);
const health = createServer((_, response) => response.end()).listen(process.env.MANAGEMENT_PORT);
process.once('SIGTERM', () => { door.close(); health.close(); });
`;

const neighbour = new System('neighbour', theirs);
const guest = new System('guest', ours);
const keeper = new System('keeper', ours);
let client: KubernetesClient;
let registry: string;

beforeAll(async () => {
  rmSync(root, { recursive: true, force: true });
  for (const system of [neighbour, guest, keeper]) system.create();
  await neighbour.must('init');
  await neighbour.must('down', '--data', '--yes'); // what an earlier run left when it was killed
  await neighbour.must('up');
  const kubeconfig = (await neighbour.must('kubeconfig')).stdout;
  writeFileSync(ours.KUBECONFIG, kubeconfig, { mode: 0o600 });
  client = await connect(new Secret(kubeconfig));
  registry = `${new URL(client.server).hostname}:5000`;
  const record = JSON.parse(readFileSync(`/var/lib/ptp/${instance}/instance.json`, 'utf8'));
  const auth = Buffer.from(`ptp:${record.registryPassword}`).toString('base64');
  mkdirSync(ours.DOCKER_CONFIG, { mode: 0o700 });
  writeFileSync(join(ours.DOCKER_CONFIG, 'config.json'), JSON.stringify({ auths: { [registry]: { auth } } }));
  for (const system of [guest, keeper]) {
    await system.must('init');
    system.edit((text) => text.replace(/^targets:[\s\S]*/m, `targets:\n  theirs: ${target(system.name)}\n`));
  }
  keeper.edit((text) =>
    text
      .replace('route: /', 'route: /\n    needs: [database]')
      .replace(/^targets:/m, 'services:\n  database: { type: postgres, storage: 256Mi }\n$&')
      // Whoever runs the cluster watches over this one.
      .replace(target('keeper'), target('keeper', unwatched)),
  );
});

afterAll(async () => {
  try {
    await client?.close();
    await neighbour.must('down', '--data', '--yes');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

const unwatched = ', monitoring: none';

const domainOf = (name: string) => `${name}.example.test`;

function target(name: string, more = ''): string {
  return `{ cluster: kubeconfig, domain: ${domainOf(name)}, registry: "http://${registry}/team"${more} }`;
}

/** The public door of a guest, as a user finds it once DNS leads there. */
async function door(name: string): Promise<Door> {
  const secret = await client.get<SecretObject>(`/api/v1/namespaces/${name}/secrets/public-tls`);
  const authority = Buffer.from(secret.data?.['ca.crt'] ?? '', 'base64').toString();
  return doorTo({ domain: domainOf(name), ...ports, authority });
}

/** What a person would see of a cluster, without what changes by itself: object → uid and generation. */
async function objects(such: (object: AnyObject) => boolean): Promise<Readonly<Record<string, string>>> {
  const kinds = [
    ['v1', 'Namespace'],
    ['v1', 'Secret'],
    ['v1', 'ConfigMap'],
    ['v1', 'Service'],
    ['v1', 'ServiceAccount'],
    ['v1', 'PersistentVolumeClaim'],
    ['v1', 'Pod'],
    ['apps/v1', 'Deployment'],
    ['apps/v1', 'StatefulSet'],
    ['networking.k8s.io/v1', 'NetworkPolicy'],
    ['storage.k8s.io/v1', 'StorageClass'],
    ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
    ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding'],
    ['gateway.networking.k8s.io/v1', 'GatewayClass'],
    ['gateway.networking.k8s.io/v1', 'Gateway'],
    ['gateway.networking.k8s.io/v1', 'HTTPRoute'],
    ['cert-manager.io/v1', 'Certificate'],
    ['cert-manager.io/v1', 'Issuer'],
  ] as const;
  const found = await Promise.all(kinds.map(([apiVersion, kind]) => list(client, { apiVersion, kind })));
  return Object.fromEntries(
    found
      .flat()
      .filter(such)
      .map(({ kind, metadata: { namespace = '', name, uid, generation = 0 } }) => [
        `${namespace}/${kind}/${name}`,
        `${uid} ${generation}`,
      ]),
  );
}

const outsideOf =
  (...names: readonly string[]) =>
  ({ kind, metadata }: AnyObject) =>
    !names.includes((kind === 'Namespace' ? metadata.name : metadata.namespace) ?? '');

describe('a system on a cluster of others', () => {
  let before: Readonly<Record<string, string>>;
  beforeAll(async () => {
    before = await objects(outsideOf('guest', 'guest-monitoring', 'keeper'));
  });

  test('doctor finds all that is needed, and changes nothing', async () => {
    const { checks, well } = jsonResult(await keeper.must('doctor', '--json'));
    expect(well).toBe(true);
    expect(checks).toContainEqual({
      name: 'gateway class',
      ok: true,
      found: 'traefik (traefik.io/gateway-controller)',
    });
    expect(checks).toContainEqual({ name: 'volumes', ok: true, found: 'storage class local-path' });
  });

  test('all that is missing is told at once, before anything is changed', async () => {
    const all = await objects(() => true);
    const wrong = `${unwatched}, namespace: neighbour, gatewayClass: none, storageClass: none`;
    const text = readFileSync(join(keeper.folder, 'ptp.yaml'), 'utf8');
    keeper.edit(() => text.replace(/theirs: .*/, `theirs: ${target('keeper', wrong)}`));
    const { code, stdout } = await keeper.ptp('up', '--json');
    keeper.edit(() => text);
    expect(code).toBe(2);
    const { problems } = jsonResult({ stdout } as Ended) as unknown as {
      readonly problems: readonly { readonly what: string; readonly next: string }[];
    };
    expect(problems.map(({ what }) => what)).toEqual([
      'namespace: the namespace neighbour is there already and belongs to the system neighbour',
      'gateway class: there is no none',
      'volumes: there is no storage class none, and database needs a volume',
    ]);
    expect(problems.map(({ next }) => next).join()).toContain('Name one of traefik');
    expect(await objects(() => true)).toEqual(all);
  });

  test('up carries it there, and says where DNS has to point', async () => {
    const { stdout, stderr } = await guest.must('up');
    expect(stdout).toContain('https://guest.example.test  release 1\n');
    expect(stderr).toContain(`Let guest.example.test point to ${new URL(client.server).hostname} (A).`);
    expect(stderr).toContain('which browsers do not know; `acme` of the target names a public one');
    const way = await door('guest');
    expect(await way.send('GET', '/')).toMatchObject({ status: 200, body: 'one' });
    expect((await way.send('GET', '/', { plain: true })).headers.location).toBe(
      'https://guest.example.test/',
    );
  });

  test('nodes pull with the credentials of this machine’s Docker configuration, and need them', async () => {
    expect((await fetch(`http://${registry}/v2/`)).status).toBe(401);
    const pods = await list<Pod>(client, {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace: 'guest',
      labels: 'ptp.dev/component=guest',
    });
    expect(pods.length).toBeGreaterThan(0);
    for (const { spec } of pods) {
      expect(spec?.imagePullSecrets).toEqual([{ name: 'registry-pull' }]);
      expect(spec?.containers[0]?.image).toMatch(new RegExp(`^${registry}/team/guest/guest@sha256:`));
    }
  });

  test('a change arrives, and the second time nothing is changed', async () => {
    guest.says('two');
    expect(jsonResult(await guest.must('up', '--json'))).toMatchObject({ rolled: ['guest'] });
    const way = await door('guest');
    // A pod that is leaving answers until every proxy has noticed.
    await until(
      'the new version answers',
      async () => (await way.send('GET', '/')).body,
      (body) => body === 'two',
      10,
    );
    const same = await guest.must('up', '--json');
    expect(jsonResult(same)).toMatchObject({ rolled: [] });
    const changed = same.stdout
      .split('\n')
      .filter((line) => /"change":"(created|configured|deleted)"/.test(line));
    expect(changed).toEqual([]);
  });

  test('status and logs', async () => {
    expect(jsonResult(await guest.must('status', '--json'))).toMatchObject({
      well: true,
      url: 'https://guest.example.test',
      cluster: { name: 'theirs', state: 'running' },
      components: [{ name: 'guest', ready: 2, wanted: 2, since: expect.stringMatching(/^20/) }],
    });
    await (await door('guest')).send('GET', '/a-request-to-find');
    await until(
      'the request is in the log',
      async () => (await guest.must('logs', '--since', '10m')).stdout,
      (text) => text.includes('guest  GET /a-request-to-find\n'),
      10,
    );
    expect((await guest.must('open', '--print')).stdout).toBe('https://guest.example.test\n');
  });

  test('it is watched over there, apart from what watches over the cluster’s own system', async () => {
    const health = await until(
      'its budget is reckoned',
      async () => jsonResult(await guest.ptp('status', '--json')).health as Health | undefined,
      (found) => found?.budgets.every(({ left }) => left !== undefined) === true,
    );
    expect(health).toMatchObject({
      monitoring: 'running',
      healthy: true,
      alerts: [],
      budgets: [
        { slo: 'availability', left: 1 },
        { slo: 'latency', left: expect.any(Number) },
      ],
    });
    // Its name is not known: it was asked for at the gateway. Of others' pods nothing is known there.
    const asked = async (query: string) => {
      const path = '/api/v1/namespaces/guest-monitoring/services/monitoring:prometheus/proxy/api/v1/query';
      const { data } = await client.get<{ readonly data: { readonly result: readonly Sample[] } }>(path, {
        query,
      });
      return data.result.map(({ metric, value }) => [metric.namespace ?? metric.url, value[1]]);
    };
    expect(await asked('max by (url) (probe_name_known)')).toEqual([['https://guest.example.test', '0']]);
    expect(await asked('max by (url) (probe_success)')).toEqual([['https://guest.example.test', '1']]);
    expect(await asked('count by (namespace) (kube_pod_status_phase)')).toEqual([['guest', '2']]);
    expect(await asked('count by (namespace) (container_memory_working_set_bytes)')).toEqual([
      ['guest', expect.any(String)],
    ]);
    const { checks } = jsonResult(await guest.must('doctor', '--json'));
    expect(checks).toContainEqual({ name: 'monitoring', ok: true, found: 'guest-monitoring' });
  });

  test('a database of its own, on the cluster’s default volumes', async () => {
    await keeper.must('up');
    const way = await door('keeper');
    // Network policies reach a new pod's node a moment after the pod.
    await until(
      'it connects',
      () => way.send('GET', '/database'),
      ({ status, body }) => status === 200 && body === 'connected as keeper',
      30,
    );
  });

  test('down takes it away and keeps the data; what others put beside it stays', async () => {
    const beside = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'of-somebody-else' } };
    await client.send({ method: 'POST', path: '/api/v1/namespaces/keeper/configmaps', body: beside });
    const [database, authority] = [databaseIdentity(), (await authorityOf('keeper')).toString()];
    const down = await keeper.must('down');
    expect(down.stdout).toMatch(
      /^Removed keeper from the namespace keeper \(\d+ objects\)\.\nKept the data of database/,
    );
    await until(
      'its pods are gone',
      () => podsIn('keeper'),
      (pods) => pods.length === 0,
    );
    const left = Object.keys(await objects(({ metadata }) => metadata.namespace === 'keeper'));
    expect(left.sort()).toEqual([
      'keeper/ConfigMap/kube-root-ca.crt',
      'keeper/ConfigMap/of-somebody-else',
      'keeper/PersistentVolumeClaim/data-database-0',
      'keeper/Secret/database-admin',
      'keeper/Secret/database-binding',
      'keeper/Secret/local-ca',
      'keeper/Secret/ptp-release-1',
      'keeper/Secret/public-tls',
      'keeper/ServiceAccount/default',
    ]);
    expect((await keeper.must('down')).stdout).toContain('Nothing was there to take away.');
    await keeper.must('up');
    expect(databaseIdentity()).toEqual(database);
    expect((await authorityOf('keeper')).toString()).toBe(authority);
  });

  test('down --data deletes only when told twice, and nothing of others', async () => {
    const refused = await keeper.ptp('down', '--data');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/database: 256Mi volume/);
    expect((await (await door('keeper')).send('GET', '/')).status).toBe(200);
    const removed = await Promise.all(
      [guest, keeper].map((system) => system.must('down', '--data', '--yes')),
    );
    expect(removed.map(({ stdout }) => stdout)).toEqual([
      'Removed the namespace guest with all its data.\nRemoved the namespace guest-monitoring with all its data.\n',
      'Removed the namespace keeper with all its data.\n',
    ]);
    expect(await objects(() => true)).toEqual(before);
    expect((await guest.ptp('status')).stdout).toContain('guest is not deployed');
    expect((await guest.ptp('logs')).code).toBe(1);
  });

  test('a cluster that does not answer is told, with what to do', async () => {
    writeFileSync(
      join(root, 'nobody.yaml'),
      readFileSync(ours.KUBECONFIG, 'utf8').replace(/server: .*/, 'server: https://127.0.0.1:1'),
    );
    const lost = { ...guest.env, KUBECONFIG: join(root, 'nobody.yaml') };
    const nobody = Object.assign(Object.create(System.prototype) as System, guest, { env: lost });
    const status = await nobody.ptp('status');
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/cluster theirs is unreachable\n.*127\.0\.0\.1:1.*\n.*ptp doctor/);
    expect(await nobody.ptp('down')).toMatchObject({ code: 1, stdout: '' });
  });
});

interface Health {
  readonly budgets: readonly { readonly left?: number }[];
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const podsIn = (namespace: string) => list(client, { apiVersion: 'v1', kind: 'Pod', namespace });

async function authorityOf(namespace: string): Promise<Buffer> {
  const secret = await client.get<SecretObject>(`/api/v1/namespaces/${namespace}/secrets/public-tls`);
  return Buffer.from(secret.data?.['ca.crt'] ?? '', 'base64');
}

/** The system identifier that PostgreSQL gave the keeper's data when it made it (the first bytes of pg_control). */
function databaseIdentity(): string {
  const volumes = `/var/lib/ptp/${instance}/volumes`;
  const own = readdirSync(volumes).filter((name) => name.includes('_keeper_'));
  expect(own).toHaveLength(1);
  const files = readdirSync(join(volumes, own[0] ?? ''), { recursive: true, encoding: 'utf8' });
  const control = files.find((path) => path.endsWith('global/pg_control')) ?? '';
  return readFileSync(join(volumes, own[0] ?? '', control))
    .subarray(0, 8)
    .toString('hex');
}
