import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { UserMistake } from '../../core/failure.ts';
import type { Context } from '../../effects/context.ts';
import { nodeClock } from '../../effects/node/clock.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { connect } from '../../kubernetes/client.ts';
import { type FakeApi, kubeconfigFor, startFakeApi } from '../../kubernetes/testing/fake-api.ts';
import type { Project, Target } from '../../project/project.ts';
import { smallProject } from '../../project/testing/small-project.ts';
import type { Groundwork } from '../provider.ts';
import { kubeconfigProvider as provider } from './provider.ts';

let api: FakeApi;
let folder: string;
let events: Event[];
let context: Context;

const gateways = '/apis/gateway.networking.k8s.io/v1';
const classes = `${gateways}/gatewayclasses`;
const storage = '/apis/storage.k8s.io/v1/storageclasses';
const resources = (...names: string[]) => ({ resources: names.map((name) => ({ name })) });
const gatewayClass = (name: string, controllerName = 'example.com/controller', accepted = 'True') => ({
  metadata: { name },
  spec: { controllerName },
  status: { conditions: [{ type: 'Accepted', status: accepted }] },
});
const storageClass = (name: string, preset = false) => ({
  metadata: {
    name,
    annotations: { 'storageclass.kubernetes.io/is-default-class': String(preset) },
  },
});

/** A cluster with everything. */
const complete = () => ({
  '/version': { gitVersion: 'v1.33.1' },
  '/api/v1/nodes/a': { metadata: { name: 'a' }, status: { nodeInfo: { architecture: 'amd64' } } },
  [gateways]: resources('gatewayclasses', 'gateways', 'httproutes'),
  [`${classes}/main`]: gatewayClass('main'),
  '/apis/cert-manager.io/v1': resources('issuers', 'certificates'),
  [`${storage}/slow`]: storageClass('slow'),
  [`${storage}/fast`]: storageClass('fast', true),
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ptp-provider-'));
  api = await startFakeApi(complete());
  api.post = () => ({ status: { allowed: true } });
  await writeFile(join(folder, 'config'), kubeconfigFor(api.url));
  events = [];
  context = {
    emit: (event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    cache: folder,
    signal: AbortSignal.timeout(15_000),
  };
});
afterEach(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const project = (target: Partial<Target> = {}, services: Project['services'] = []): Project =>
  smallProject(
    { folder, services },
    {
      name: 'there',
      cluster: 'kubeconfig',
      domain: 'shop.example.com',
      namespace: 'shop',
      instance: 'shop',
      kubeconfig: join(folder, 'config'),
      registry: 'registry.example.com/team',
      ...target,
    },
  );
const database: Project['services'] = [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }];

async function problems(given: Project): Promise<readonly (readonly [string, string | undefined])[]> {
  const error: unknown = await provider.start(context, given, () => {}).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserMistake)) throw error;
  return error.problems.map(({ what, next }) => [what, next]);
}

test('a cluster with everything is used as it is, and only looked at', async () => {
  const grounds: Groundwork[] = [];
  const cluster = await provider.start(context, project({}, database), (ground) => grounds.push(ground));
  expect(cluster).toMatchObject({
    version: 'v1.33.1',
    gatewayClass: 'main',
    listenerPorts: { http: 80, https: 443 },
    registry: { url: 'registry.example.com', name: 'registry.example.com', prefix: 'team/shop' },
  });
  expect(cluster.entry).toBeUndefined();
  expect(grounds).toMatchObject([{ registry: cluster.registry, parts: [] }]);
  const asked = api.requests.filter((line) => !line.startsWith('GET '));
  expect(new Set(asked)).toEqual(new Set(['POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews']));
  expect(events).toMatchObject([{ kind: 'note', text: expect.stringContaining('context fake of') }]);
});

test('all that is missing is told at once', async () => {
  for (const path of [gateways, '/apis/cert-manager.io/v1', `${storage}/fast`, `${classes}/main`])
    api.documents.delete(path);
  api.documents.set('/version', { gitVersion: 'v1.27.4' });
  api.documents.set('/api/v1/nodes/a', {
    metadata: { name: 'a' },
    status: { nodeInfo: { architecture: 'arm64' } },
  });
  api.documents.set('/api/v1/namespaces/shop', { metadata: { name: 'shop' } });
  api.post = (_path, body) => {
    const { resource } = (body as { spec: { resourceAttributes: { resource: string } } }).spec
      .resourceAttributes;
    return { status: { allowed: resource !== 'secrets' } };
  };
  const told = await problems(project({ registry: 'http://' }, database));
  expect(told.map(([what]) => what)).toEqual([
    'version: Kubernetes v1.27.4',
    'nodes: 0 of 1 node is amd64',
    'namespace: the namespace shop is there already and is not of ptp’s making',
    'rights: the credentials may not patch secrets in shop',
    'Gateway API: the cluster does not know gateways and httproutes of gateway.networking.k8s.io/v1',
    'cert-manager: the cluster does not know issuers and certificates of cert-manager.io/v1',
    'volumes: no storage class is the default, and database needs a volume',
    'registry: this is no registry',
  ]);
  expect(told.every(([, next]) => next !== undefined)).toBe(true);
  expect(told[6]?.[1]).toContain('Name one of slow in targets.there.storageClass');
  const checks = await provider.check(context, project({ registry: 'http://' }, database));
  expect(checks.filter(({ ok }) => !ok).map(({ name, found }) => `${name}: ${found}`)).toEqual(
    told.map(([what]) => what),
  );
});

test('a public authority is asked where what answers HTTP01 is named by its digest, or nothing has to answer', async () => {
  const acme = { server: 'https://authority.test/directory' };
  const certManager = (image: string) => {
    api.documents.set('/apis/apps/v1', resources('deployments'));
    api.documents.set('/apis/apps/v1/deployments/cert-manager', {
      metadata: { name: 'cert-manager', labels: { 'app.kubernetes.io/name': 'cert-manager' } },
      spec: {
        template: {
          spec: { containers: [{ name: 'a', args: ['--v=2', `--acme-http01-solver-image=${image}`] }] },
        },
      },
    });
  };
  certManager('registry.example.com/solver:v1');
  expect(await problems(project({ acme }))).toEqual([
    [
      'solver: cert-manager answers HTTP01 with registry.example.com/solver:v1, which is not named by its digest',
      expect.stringContaining('--acme-http01-solver-image'),
    ],
  ]);
  certManager(`registry.example.com/solver@sha256:${'1'.repeat(64)}`);
  expect((await provider.start(context, project({ acme }), () => {})).acme).toEqual(acme);
  certManager('registry.example.com/solver:v1');
  await writeFile(join(folder, 'key'), 'c2VjcmV0');
  const key = { name: 'ptp', algorithm: 'hmac-sha256', file: join(folder, 'key') } as const;
  const rfc2136 = { nameServer: '192.0.2.53', key, wait: 10 };
  const cluster = await provider.start(context, project({ acme: { ...acme, rfc2136 } }), () => {});
  expect(cluster.acme).toMatchObject({ dns01: { rfc2136: { nameserver: '192.0.2.53' } } });
});

test('the gateway class is the only one, or the one that is named; Traefik’s listeners have ports of their own', async () => {
  api.documents.set(`${classes}/traefik`, gatewayClass('traefik', 'traefik.io/gateway-controller'));
  expect(await problems(project())).toEqual([
    ['gateway class: there are main, traefik', 'Choose one in targets.there.gatewayClass.'],
  ]);
  expect(await problems(project({ gatewayClass: 'none' }))).toEqual([
    ['gateway class: there is no none', 'Name one of main, traefik in targets.there.gatewayClass.'],
  ]);
  const cluster = await provider.start(context, project({ gatewayClass: 'traefik' }), () => {});
  expect(cluster).toMatchObject({ gatewayClass: 'traefik', listenerPorts: { http: 8000, https: 8443 } });
  api.documents.set(
    `${classes}/traefik`,
    gatewayClass('traefik', 'traefik.io/gateway-controller', 'Unknown'),
  );
  expect((await problems(project({ gatewayClass: 'traefik' })))[0]?.[0]).toContain(
    'no controller has accepted',
  );
});

test('a namespace is the project’s where its labels say so, and not another project’s', async () => {
  const labelled = (owner: string) => ({
    metadata: {
      name: 'shop',
      labels: { 'app.kubernetes.io/managed-by': 'ptp', 'ptp.dev/project': owner },
    },
  });
  api.documents.set('/api/v1/namespaces/shop', labelled('shop'));
  await provider.start(context, project(), () => {});
  api.documents.set('/api/v1/namespaces/shop', labelled('other'));
  expect((await problems(project()))[0]?.[0]).toContain('belongs to the system other');
});

test('what the credentials may not look at is left to the deploy to tell', async () => {
  for (const path of ['/api/v1/nodes', storage, '/api/v1/namespaces/shop', gateways, classes])
    api.documents.set(path, 403);
  const cluster = await provider.start(context, project({ gatewayClass: 'main' }, database), () => {});
  expect(cluster).toMatchObject({ gatewayClass: 'main', listenerPorts: { http: 80, https: 443 } });
  expect(await problems(project())).toEqual([
    ['gateway class: gateway classes may not be looked at', 'Name the class in targets.there.gatewayClass.'],
  ]);
});

test('credentials that are not accepted, and a server that is no Kubernetes, are told', async () => {
  api.documents.set('/version', 401);
  expect((await problems(project()))[0]?.[0]).toContain(
    'does not accept the credentials of the context fake',
  );
  const found = await provider.find(context, project());
  expect(found).toMatchObject({ state: 'unreachable', next: expect.stringContaining('Log in again') });
  api.documents.set('/version', 404);
  expect((await problems(project()))[0]?.[0]).toContain('does not answer as a Kubernetes does');
});

test('a kubeconfig that names a file that is not there is told, and found out without a request', async () => {
  const text = kubeconfigFor(api.url).replace('"user":{}', '"user":{"client-certificate":"gone.crt"}');
  await writeFile(join(folder, 'config'), text);
  expect((await problems(project()))[0]?.[0]).toContain(join(folder, 'gone.crt'));
  expect(api.requests).toEqual([]);
});

test('looking does not ask for what only a deploy needs, and nothing is ever removed', async () => {
  api.documents.delete(gateways);
  expect(await provider.find(context, project())).toMatchObject({ state: 'running' });
  expect(await provider.remove(context, project(), { data: true })).toMatchObject({ removed: [] });
  expect(api.requests).toEqual(['GET /version']);
});

const resourceOf = (body: unknown) =>
  (body as { readonly spec: { readonly resourceAttributes: Readonly<Record<string, string>> } }).spec
    .resourceAttributes;

test('what watches over a project is one more part, which no user waits for, from images of the project’s registry', async () => {
  const grounds: Groundwork[] = [];
  await provider.start(context, project({ monitoring: 'cluster' }), (ground) => grounds.push(ground));
  expect(grounds[0]?.parts.map(({ name }) => name)).toEqual(['prometheus']);
  expect(grounds[0]?.parts[0]?.atHand).toBeDefined();
  expect(grounds[0]?.partImages).toEqual({ prefix: 'team/shop/ptp', tag: 'current' });
  const checks = await provider.check(context, project({ monitoring: 'cluster' }));
  expect(checks).toContainEqual({ name: 'monitoring', ok: true, found: 'shop-monitoring' });
});

test('credentials that may not put it there are told of before anything is changed, with the way out', async () => {
  api.post = (_path, body) => {
    const { resource, namespace } = resourceOf(body);
    return { status: { allowed: !(namespace === 'shop-monitoring' && resource === 'deployments') } };
  };
  expect(await problems(project({ monitoring: 'cluster' }))).toEqual([
    [
      'monitoring: the credentials may not patch deployments for shop-monitoring',
      expect.stringContaining('write `monitoring: none` in targets.there'),
    ],
  ]);
  expect(await provider.start(context, project({ monitoring: 'none' }), () => {})).toBeDefined();
});

test('credentials that may not look at nodes suffice; doctor says what is not known then', async () => {
  api.post = (_path, body) => ({ status: { allowed: resourceOf(body).subresource !== 'metrics' } });
  const checks = await provider.check(context, project({ monitoring: 'cluster' }));
  expect(checks.find(({ name }) => name === 'monitoring')).toEqual({
    name: 'monitoring',
    ok: true,
    found: expect.stringContaining('how full volumes are is not known'),
  });
});

test('a namespace of others is not taken for the monitoring', async () => {
  api.documents.set('/api/v1/namespaces/shop-monitoring', { metadata: { name: 'shop-monitoring' } });
  expect((await problems(project({ monitoring: 'cluster' })))[0]?.[0]).toBe(
    'monitoring: the namespace shop-monitoring is there already and is not of ptp’s making',
  );
});

test('where nothing makes volumes, figures last as long as the pod, and that is told', async () => {
  api.documents.delete(`${storage}/fast`);
  await provider.start(context, project({ monitoring: 'cluster' }), () => {});
  expect(events).toContainEqual(
    expect.objectContaining({ kind: 'note', text: expect.stringContaining('only as long as its pod runs') }),
  );
});

test('none takes away what was put there, and nothing of others', async () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
  const kinds = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'];
  api.documents.set('/apis/rbac.authorization.k8s.io/v1', {
    resources: ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].map((kind, index) => ({
      name: kinds[index],
      kind,
      namespaced: index > 1,
    })),
  });
  const labelled = (name: string, owner: string) => ({
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'ptp', 'ptp.dev/project': owner } },
  });
  const ours = '/api/v1/namespaces/shop-monitoring';
  const put = (owner: string) => {
    api.documents.set(ours, labelled('shop-monitoring', owner));
    api.documents.set(
      `${roles}/${encodeURIComponent('ptp:shop-monitoring')}`,
      labelled('ptp:shop-monitoring', owner),
    );
  };
  const takeAway = async () => {
    const grounds: Groundwork[] = [];
    await provider.start(context, project({ monitoring: 'none' }), (ground) => grounds.push(ground));
    const client = await connect(api.kubeconfig);
    try {
      await grounds[0]?.parts[0]?.install(client, [], {});
    } finally {
      await client.close();
    }
    return [ours, `${roles}/${encodeURIComponent('ptp:shop-monitoring')}`].filter((path) =>
      api.documents.has(path),
    );
  };
  put('other');
  expect(await takeAway()).toHaveLength(2);
  put('shop');
  expect(await takeAway()).toEqual([]);
});
