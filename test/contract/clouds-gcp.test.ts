import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Session } from '../../path/src/clouds/cloud.ts';
import { dismantle } from '../../path/src/clouds/dismantle.ts';
import { ensure } from '../../path/src/clouds/ensure.ts';
import type { GoogleApi } from '../../path/src/clouds/gcp/api.ts';
import { googleCloud } from '../../path/src/clouds/gcp/cloud.ts';
import { permissions } from '../../path/src/clouds/gcp/permissions.ts';
import { googleProject } from '../../path/src/clouds/gcp/project.test-support.ts';
import { observe } from '../../path/src/clouds/observe.ts';
import { Findings } from '../../path/src/clouds/seen.ts';
import type { Work } from '../../path/src/clouds/work.ts';
import { kubeconfigFor } from '../../path/src/cluster/managed/kubeconfig.ts';
import type { Event } from '../../path/src/core/event.ts';
import { UserMistake } from '../../path/src/core/failure.ts';
import type { Context } from '../../path/src/effects/context.ts';
import { selfSigned } from '../../path/src/effects/self-signed.fixture.ts';
import { connect } from '../../path/src/kubernetes/client.ts';
import { list } from '../../path/src/kubernetes/list.ts';
import type { CloudTarget, Project } from '../../path/src/project/project.ts';
import { type CloudApiServer, cloudApiServer } from '../support/cloud/api-server.ts';
import { permissionsFor } from '../support/cloud/gcp/permission.ts';
import { takenNames } from '../support/cloud/gcp/sqladmin.ts';
import { type GoogleStandIn, startGoogle } from '../support/cloud/gcp.ts';
import type { Verdict } from '../support/cloud/stand-in.ts';

let google: GoogleStandIn;
const environment = { ...process.env };

beforeAll(async () => {
  google = await startGoogle();
  Object.assign(process.env, google.env);
});

afterAll(async () => {
  for (const session of sessions) await session.close();
  process.env = environment;
  await google?.stop();
});

beforeEach(async () => {
  google.intercept = undefined;
  google.account.patience = 1;
  await google.reset();
});

/** Every method that was called in any of the tests. */
const called = new Set<string>();

afterEach(() => {
  for (const { name } of google.calls) called.add(name);
});

/** A system with a database, in a zone of its own. */
function projectCalled(name: string, cloud: Partial<CloudTarget> = {}): Project {
  return googleProject(cloud, { name });
}

const shop = projectCalled('shop');

/** What works on the stand-in, with a clock that jumps ahead whenever somebody waits. */
async function workOf(
  project: Project,
  signal: AbortSignal = new AbortController().signal,
): Promise<Work<GoogleApi> & { readonly events: readonly Event[] }> {
  let now = 0;
  const events: Event[] = [];
  const context: Context = {
    emit: (event) => events.push(event),
    clock: {
      monotonic: () => now,
      now: () => new Date(now),
      sleep: async (milliseconds, ended) => {
        ended?.throwIfAborted();
        const until = now + milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
        now = Math.max(now, until);
      },
    },
    processes: { run: () => Promise.reject(new Error('no programs here')) } as never,
    cache: '/nowhere',
    signal,
  };
  const session = (await googleCloud.enter(context, project)) as Session<GoogleApi>;
  return { context, cloud: googleCloud, session, seen: new Findings(signal), events };
}

async function up(project: Project = shop, signal?: AbortSignal): Promise<Work<GoogleApi>> {
  const work = await workOf(project, signal);
  try {
    await ensure(work, project, googleCloud.stack(project).resources);
  } finally {
    await work.session.close();
  }
  return work;
}

async function down(project: Project = shop, lastCopy = false, signal?: AbortSignal) {
  const work = await workOf(project, signal);
  const { resources } = googleCloud.stack(project);
  try {
    await observe(work, resources);
    return await dismantle(work, resources, { lastCopy });
  } finally {
    await work.session.close();
  }
}

const sessions: Session<GoogleApi>[] = [];

async function sessionOf(project: Project): Promise<Session<GoogleApi>> {
  const { session } = await workOf(project);
  sessions.push(session);
  return session;
}

const changing = () => google.calls.filter(({ changes }) => changes).map(({ name }) => name);

/** What stays in a project: the services that were enabled. */
const onlyServices = (all: readonly string[]) => all.filter((line) => !line.startsWith('service '));

describe('a stack', () => {
  test('is made, found again without a change, and taken away in order with nothing left', async () => {
    await up();
    const made = await google.inventory();
    expect(made.filter((line) => line.startsWith('dns/'))).toHaveLength(2);
    for (const service of ['container', 'sqladmin', 'artifactregistry'])
      expect(made.filter((line) => line.startsWith(`${service}/`))).toHaveLength(1);
    expect(made.filter((line) => line.startsWith('policy '))).toHaveLength(4);
    const calls = google.calls.length;
    await up();
    expect(google.calls.slice(calls).filter(({ changes }) => changes)).toEqual([]);
    google.calls.length = 0;
    await down();
    expect(onlyServices(await google.inventory())).toEqual([]);
    const order = changing();
    const last = (name: string) => order.lastIndexOf(name);
    expect(last('container.projects.locations.clusters.delete')).toBeLessThan(
      last('compute.subnetworks.delete'),
    );
    expect(last('sql.instances.delete')).toBeLessThan(
      last('servicenetworking.services.connections.deleteConnection'),
    );
    expect(last('compute.networks.delete')).toBe(order.length - 1);
  });

  test('is put right where it differs, and only there', async () => {
    await up();
    const cluster = `container/projects/${google.account.project}/locations/europe-west1/clusters/shop-gcp`;
    const there = google.account.things.get(cluster) ?? {};
    google.account.put(cluster, {
      ...there,
      controlPlaneEndpointsConfig: {
        ipEndpointsConfig: { enabled: true, enablePublicEndpoint: true, authorizedNetworksConfig: {} },
      },
    });
    const database = `sqladmin/projects/${google.account.project}/instances/shop-gcp-db`;
    const { settings, ...rest } = google.account.things.get(database) ?? {};
    google.account.put(database, { ...rest, settings: { ...(settings as object), tier: 'db-g1-small' } });
    const router = `compute/projects/${google.account.project}/regions/europe-west1/routers/shop-gcp`;
    google.account.put(router, { ...google.account.things.get(router), nats: [] });
    google.calls.length = 0;
    await up();
    expect(changing().toSorted()).toEqual([
      'compute.routers.patch',
      'container.projects.locations.clusters.update',
      'sql.instances.patch',
    ]);
    expect(JSON.stringify(google.account.things.get(cluster))).toContain('203.0.113.0/24');
    expect(JSON.stringify(google.account.things.get(database))).toContain('db-f1-micro');
  });

  test("keeps a last backup of the database unless told otherwise, and finds it among what's left", async () => {
    await up();
    const { copies } = await down(shop, true);
    expect(copies).toEqual(['final backup of shop-gcp-db, kept for 30 days']);
    const work = await workOf(shop);
    const left = await googleCloud.leftovers(work.session, shop);
    await work.session.close();
    expect(left.map(({ kind, kept }) => [kind, kept])).toEqual([['last backup', true]]);
  });

  test("of a neighbour's is never touched", async () => {
    const neighbour = projectCalled('shopping');
    await up(neighbour);
    const before = await google.inventory();
    await up();
    await down();
    expect(await google.inventory()).toEqual(before);
  });

  test.each([
    ['compute/projects/P/global/networks/shop-gcp', { name: 'shop-gcp', description: 'ours since 2019' }],
    [
      'container/projects/P/locations/europe-west1/clusters/shop-gcp',
      { name: 'shop-gcp', status: 'RUNNING', resourceLabels: { team: 'x' } },
    ],
    [
      'sqladmin/projects/P/instances/shop-gcp-db',
      { name: 'shop-gcp-db', state: 'RUNNABLE', settings: { userLabels: { 'ptp-project': 'shop' } } },
    ],
    ['dns/projects/P/managedZones/shop-gcp', { name: 'shop-gcp', dnsName: 'shop.example.com.' }],
    [
      'artifactregistry/projects/P/locations/europe-west1/repositories/shop-gcp',
      { format: 'DOCKER', labels: { 'ptp-project': 'shop', 'ptp-target': 'other' } },
    ],
  ] as const)(
    "with somebody else's %s in its place is refused, and that is left alone",
    async (path, doc) => {
      // Services are enabled: else nothing could be there.
      await up();
      await down();
      const key = path.replace('/P/', `/${google.account.project}/`);
      google.account.put(key, doc);
      await expect(up().then(() => 'made')).rejects.toThrow(/is there already and is not this project's/);
      const { foreign } = await down();
      expect(foreign).toHaveLength(1);
      expect(google.account.things.get(key)).toEqual(doc);
    },
  );

  test('of another region, domain or version is told of and never made twice', async () => {
    await up();
    const elsewhere = projectCalled('shop', { region: 'us-east1' });
    const session = await sessionOf(shop);
    const [problem] = await googleCloud.obstacles(session, elsewhere, []);
    expect(problem?.what).toBe(
      "this target's cluster shop-gcp is in europe-west1, and ptp.yaml names another region",
    );
    const left = await googleCloud.leftovers(session, elsewhere);
    expect(left.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['GKE cluster shop-gcp (europe-west1)']);
    const without = await googleCloud.leftovers(session, projectCalled('shop', { databases: 'cluster' }));
    expect(without.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'Cloud SQL instance shop-gcp-db (db)',
    ]);
    google.calls.length = 0;
    const renamed = { ...shop, target: { ...shop.target, domain: 'store.example.com' } };
    await expect(up(renamed)).rejects.toThrow(
      /DNS zone shop-gcp is for shop.example.com, and ptp.yaml names store/,
    );
    const services = [{ name: 'db', type: 'postgres', version: 17, storage: '1Gi' }] as const;
    await expect(up({ ...shop, services })).rejects.toThrow(
      'Cloud SQL instance shop-gcp-db has databaseVersion POSTGRES_18, and ptp.yaml wants POSTGRES_17',
    );
    expect(changing()).toEqual([]);
    await down(renamed);
    expect(onlyServices(await google.inventory())).toEqual([]);
  });

  test('goes though Google keeps the connection of a database that is gone', async () => {
    await up();
    google.account.lingering = true;
    google.calls.length = 0;
    await down();
    expect(changing()).toContain('compute.networks.removePeering');
    expect(onlyServices(await google.inventory())).toEqual([]);
  });

  test('takes another name for a database where the first is taken by one that is gone', async () => {
    takenNames.add('shop-gcp-db');
    try {
      await up();
      expect(
        (await google.inventory()).filter((line) => line.includes('instances/shop-gcp-db-2 ')),
      ).toHaveLength(1);
      google.calls.length = 0;
      await up();
      expect(changing()).toEqual([]);
      await down();
      expect(onlyServices(await google.inventory())).toEqual([]);
    } finally {
      takenNames.clear();
    }
  });

  test("writes to a zone that is somebody else's, and takes only its own records away", async () => {
    const account = google.account;
    const project = projectCalled('shop', { zone: 'example.com' });
    await expect(up(project).then(() => 'made')).rejects.toThrow(/there is no DNS zone example.com/);
    const zone = `dns/projects/${account.project}/managedZones/main`;
    account.put(zone, { name: 'main', dnsName: 'example.com.', visibility: 'public' });
    const before = account.things.get(zone);
    const work = await up(project);
    await googleCloud.point(await sessionOf(project), project, work.seen, '203.0.113.7');
    const records = async () =>
      (await google.inventory()).filter((line) => line.includes('managedZones/main/'));
    expect(await records()).toHaveLength(2);
    google.calls.length = 0;
    await googleCloud.point(await sessionOf(project), project, work.seen, '203.0.113.7');
    expect(changing()).toEqual([]);
    await googleCloud.point(await sessionOf(project), project, work.seen, '203.0.113.8');
    expect((await records()).join()).toContain('203.0.113.8');
    await down(project);
    expect(await records()).toEqual([]);
    expect(account.things.get(zone)).toEqual(before);
    const foreign = { name: 'shop.example.com.', type: 'A', ttl: 300, rrdatas: ['198.51.100.1'] };
    account.put(`records${zone.slice('dns'.length)}/shop.example.com./A`, foreign);
    await expect(up(project).then(() => 'made')).rejects.toThrow(
      /DNS record shop.example.com is there already/,
    );
  });
});

describe('what the path goes on with', () => {
  test('is the cluster with tokens and its database, the registry, and name servers', async () => {
    const work = await up();
    const session = await sessionOf(shop);
    const cluster = await googleCloud.cluster(session, shop, work.seen);
    expect(cluster).toMatchObject({
      name: 'shop-gcp',
      version: 'v1.36.2-gke.1001',
      server: 'https://203.0.113.10',
      authority: 'authority',
      storageClass: 'standard-rwo',
      acme: { dns01: { cloudDNS: { project: google.account.project, hostedZoneName: 'shop-gcp' } } },
      certificates: {
        'iam.gke.io/gcp-service-account': `shop-gcp-dns@${google.account.project}.iam.gserviceaccount.com`,
      },
      databases: { db: { host: 'db.uid.europe-west1.sql-psa.goog', port: 5432, cidr: '10.200.0.0/20' } },
    });
    expect((await cluster.token()).reveal()).toMatch(/^ya29\.stand-in-\d+$/);
    const registry = await googleCloud.registry(session, shop, work.seen);
    expect(registry).toMatchObject({
      url: 'https://europe-west1-docker.pkg.dev',
      name: 'europe-west1-docker.pkg.dev',
      prefix: `${google.account.project}/shop-gcp`,
      credentials: { username: 'oauth2accesstoken' },
    });
    expect(googleCloud.nameServers(work.seen, shop)).toHaveLength(4);
    google.calls.length = 0;
    const passwords = [cluster.databases.db, cluster.databases.db].map((each) => each?.admin.password());
    const [one, other] = (await Promise.all(passwords)).map((secret) => secret?.reveal());
    expect(one).toHaveLength(32);
    expect(other).not.toBe(one);
    expect(JSON.stringify(cluster)).not.toContain(one);
    expect(changing()).toEqual(['sql.users.update', 'sql.users.update']);
  });

  test('is told of quotas that are too small and of rights that lack', async () => {
    await up();
    await down();
    for (const nth of [1, 2, 3, 4, 5])
      google.account.put(`compute/projects/${google.account.project}/global/networks/n${nth}`, {
        name: `n${nth}`,
      });
    google.account.lacking.add('container.clusters.create');
    const session = await sessionOf(shop);
    const problems = await googleCloud.obstacles(session, shop, googleCloud.stack(shop).resources);
    expect(problems.map(({ what }) => what)).toEqual([
      `${session.who} lacks 1 permissions in ${google.account.project}`,
      `${google.account.project} has too small a quota: NETWORKS in the project: 5 of 5 are used, 1 more are needed`,
    ]);
    expect(problems[0]?.details).toEqual(['container.clusters.create']);
    expect(changing().slice(-1)).not.toContain('testIamPermissions');
  });

  test('is nothing where services are not enabled yet, and looking changes nothing', async () => {
    const work = await workOf(shop);
    const { resources } = googleCloud.stack(shop);
    await observe(work, resources);
    expect(resources.filter((each) => work.seen.find(each) !== undefined)).toEqual([]);
    expect(await googleCloud.obstacles(work.session, shop, resources)).toEqual([]);
    expect(await googleCloud.leftovers(work.session, shop)).toEqual([]);
    await work.session.close();
    expect(changing()).toEqual([]);
  });

  test('is what a cluster made and left behind', async () => {
    await up();
    const { account } = google;
    const network = `https://www.googleapis.com/compute/v1/projects/${account.project}/global/networks/shop-gcp`;
    const at = `compute/projects/${account.project}`;
    const address = `${at}/regions/europe-west1/addresses/shop-gcp`;
    account.put(address, {
      ...account.things.get(address),
      users: [`https://www.googleapis.com/compute/v1/projects/p/regions/europe-west1/forwardingRules/a1`],
    });
    account.put(`${at}/global/firewalls/gke-shop-gcp-1-vms`, { name: 'gke-shop-gcp-1-vms', network });
    account.put(`${at}/disks/gk3-boot`, {
      name: 'gk3-boot',
      labels: { 'goog-k8s-cluster-name': 'shop-gcp' },
    });
    account.put(`${at}/global/firewalls/k8s-fw-a1`, { name: 'k8s-fw-a1', network });
    account.put(`${at}/global/firewalls/theirs`, { name: 'theirs', network: `${network}-other` });
    account.put(`${at}/disks/pvc-1`, {
      name: 'pvc-1',
      sizeGb: '10',
      labels: { 'goog-k8s-cluster-name': 'shop-gcp' },
    });
    account.put(`${at}/disks/pvc-2`, { name: 'pvc-2', labels: { 'goog-k8s-cluster-name': 'other' } });
    const left = await googleCloud.leftovers(await sessionOf(shop), shop);
    expect(left.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'load balancer a1',
      'firewall rule k8s-fw-a1',
      'firewall rule gke-shop-gcp-1-vms',
      'disk pvc-1',
    ]);
    // What is there as long as the cluster is must not be waited for before the cluster goes.
    expect(left.filter(({ byCluster }) => byCluster !== true).map(({ name }) => name)).toEqual([
      'gke-shop-gcp-1-vms',
    ]);
  });
});

describe('credentials', () => {
  const entering = async (env: Readonly<Record<string, string | undefined>>, project = shop) => {
    const before = { ...process.env };
    for (const [key, value] of Object.entries(env))
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    try {
      const { session } = await workOf(project);
      await session?.close();
      return session;
    } finally {
      process.env = before;
    }
  };
  const file = async (content: object) => {
    const path = join(await mkdtemp(join(tmpdir(), 'ptp-gcp-test-')), 'credentials.json');
    await writeFile(path, JSON.stringify(content));
    return path;
  };

  test('that are nowhere are none', async () => {
    const none = {
      GOOGLE_APPLICATION_CREDENTIALS: undefined,
      HOME: '/nowhere',
      METADATA_SERVER_DETECTION: 'none',
    };
    expect(await entering(none)).toBeUndefined();
  });

  test("of another project's are told of with both names", async () => {
    await expect(entering({}, projectCalled('shop', { account: 'somebody-elses' }))).rejects.toThrow(
      /^targets: ptp@stand-in-project\.iam\.gserviceaccount\.com is not let into the Google Cloud project somebody-elses/,
    );
  });

  test('without a project ask for one', async () => {
    await expect(
      entering({ GOOGLE_CLOUD_PROJECT: undefined, PATH: '/nowhere', METADATA_SERVER_DETECTION: 'none' }),
    ).rejects.toThrow(/name a Google Cloud project/);
  });

  test('that are no credentials, or are not taken, are one clear mistake', async () => {
    const broken = await file({ type: 'external_account' });
    await expect(entering({ GOOGLE_APPLICATION_CREDENTIALS: broken })).rejects.toThrow(UserMistake);
    google.tokens = false;
    try {
      await expect(entering({})).rejects.toThrow(/Google does not take the credentials that were found/);
    } finally {
      google.tokens = true;
    }
  });

  test('that end while the path is walked are told of as such, and renewed as soon as they are taken again', async () => {
    const work = await up();
    // Every use renews them.
    google.tokenLife = 1;
    try {
      const session = await sessionOf(shop);
      const { token } = await googleCloud.cluster(session, shop, work.seen);
      await token();
      google.tokens = false;
      await expect(token()).rejects.toThrow(UserMistake);
      await expect(token()).rejects.toThrow(/The credential is expired/);
      const looking = googleCloud.stack(shop).resources[0]?.find(session.api, work.seen);
      expect(googleCloud.failure(await looking?.catch((error: unknown) => error))).toBe('credentials');
      google.tokens = true;
      expect((await token()).reveal()).toBe(google.token);
    } finally {
      google.tokens = true;
      google.tokenLife = 3600;
    }
  });
});

describe('a call that', () => {
  const message = (status: number, reason: string, text: string) => ({
    status,
    body: JSON.stringify({ error: { code: status, message: text, status: reason, errors: [{ reason }] } }),
  });
  const cases: Readonly<Record<string, Verdict>> = {
    'is throttled': message(429, 'rateLimitExceeded', 'slow down'),
    'meets an error of the service': message(500, 'INTERNAL', 'internal error'),
    'meets a service that is not there': message(503, 'UNAVAILABLE', 'try later'),
    'is not answered and took no effect': 'break off',
    'takes effect and is not answered': 'take effect and break off',
  };
  test.each(Object.entries(cases))(
    '%s, once each, ends well and nothing is made twice',
    async (_name, verdict) => {
      await up();
      const whole = await google.inventory();
      await google.reset();
      const seen = new Set<string>();
      google.intercept = ({ name, changes }) => {
        if (!changes || seen.has(name)) return 'answer';
        seen.add(name);
        return verdict;
      };
      await up();
      expect(await google.inventory()).toEqual(whole);
      seen.clear();
      await down();
      expect(onlyServices(await google.inventory())).toEqual([]);
    },
  );

  test('looks and meets trouble is made again', async () => {
    let count = 0;
    google.intercept = ({ changes }) => {
      count += 1;
      return !changes && count % 5 === 0 ? message(500, 'INTERNAL', 'internal error') : 'answer';
    };
    await up();
    await down();
    expect(onlyServices(await google.inventory())).toEqual([]);
  });

  test.each([
    [403, 'PERMISSION_DENIED', /GKE cluster shop-gcp could not be made: not for you/, 'docs/permissions'],
    [401, 'UNAUTHENTICATED', /GKE cluster shop-gcp could not be made: not for you/, 'gcloud auth'],
    [429, 'QUOTA_EXCEEDED', /GKE cluster shop-gcp could not be made: not for you/, 'quota raised'],
  ] as const)('is refused with %i %s is told of, with what to do', async (status, reason, what, next) => {
    google.intercept = ({ name }) =>
      name === 'container.projects.locations.clusters.create'
        ? message(status, reason, 'not for you')
        : 'answer';
    const error = (await up().catch((thrown: unknown) => thrown)) as UserMistake;
    expect(error.message).toMatch(what);
    expect(error.problems[0]?.next).toContain(next);
  });

  test('waits for what another one does at the same time', async () => {
    let times = 0;
    google.intercept = ({ name }) => {
      if (name !== 'cloudresourcemanager.projects.setIamPolicy') return 'answer';
      times += 1;
      return times < 3 ? message(409, 'ABORTED', 'There were concurrent policy changes.') : 'answer';
    };
    await up();
    expect(times).toBe(3);
  });

  test('is for something that another one makes just then finds it there', async () => {
    let raced = false;
    google.intercept = async ({ name }): Promise<Verdict> => {
      if (raced || name !== 'container.projects.locations.clusters.create') return 'answer';
      raced = true;
      // The other run is as far as this one.
      google.intercept = undefined;
      await up();
      return 'answer';
    };
    await up();
    expect(changing().filter((name) => name === 'container.projects.locations.clusters.create')).toHaveLength(
      2,
    );
    expect((await google.inventory()).filter((line) => line.startsWith('container/'))).toHaveLength(1);
  });
});

describe("the cluster's API server", () => {
  let behind: Server;
  let door: CloudApiServer;

  beforeAll(async () => {
    const own = await selfSigned('localhost');
    const namespace = { metadata: { name: 'default' } };
    behind = createServer({ cert: own.certificate, key: own.key }, (_request, answer) => {
      answer.writeHead(200, { 'content-type': 'application/json' });
      answer.end(
        JSON.stringify({ apiVersion: 'v1', kind: 'NamespaceList', metadata: {}, items: [namespace] }),
      );
    });
    await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
    const server = `https://localhost:${(behind.address() as AddressInfo).port}`;
    const authority = Buffer.from(own.certificate).toString('base64');
    const kubeconfig = stringify({
      clusters: [{ cluster: { server, 'certificate-authority-data': authority } }],
      users: [{ user: { token: 'an administrator' } }],
    });
    door = await cloudApiServer(kubeconfig, async (token) => token === google.token);
  });

  afterAll(async () => {
    google.account.reality = {};
    await door?.stop();
    behind?.closeAllConnections();
    behind?.close();
  });

  test('takes the tokens that are made for it, each before it ends', async () => {
    google.account.reality = { apiServer: door };
    const work = await up();
    // Every use renews them, and the one before is good no more.
    google.tokenLife = 1;
    try {
      const session = await sessionOf(shop);
      const cluster = await googleCloud.cluster(session, shop, work.seen);
      const client = await connect(kubeconfigFor(shop, cluster), () => cluster.token());
      const namespaces = { apiVersion: 'v1', kind: 'Namespace' } as const;
      const [one] = await list(client, namespaces);
      const first = google.token;
      const [other] = await list(client, namespaces);
      await client.close();
      expect(other?.metadata.name).toBe(one?.metadata.name);
      expect(google.token).not.toBe(first);
      expect(door.count.refused).toBe(0);
      expect(door.count.taken).toBeGreaterThan(1);
    } finally {
      google.tokenLife = 3600;
    }
  });
});

test('what takes long is waited for', async () => {
  google.account.patience = 40;
  await up();
  await down();
  expect(onlyServices(await google.inventory())).toEqual([]);
});

test('a cluster that failed is told of with its reason; the next run makes it anew', async () => {
  const cluster = `container/projects/${google.account.project}/locations/europe-west1/clusters/shop-gcp`;
  google.account.failing.add('shop-gcp');
  await expect(up().then(() => 'made')).rejects.toThrow(
    'GKE cluster shop-gcp failed: no capacity in the zone',
  );
  google.account.failing.clear();
  await up();
  expect(google.account.things.get(cluster)?.status).toBe('RUNNING');
});

test('a database that failed is told of and never made anew: it may hold data', async () => {
  google.account.failing.add('shop-gcp-db');
  await expect(up().then(() => 'made')).rejects.toThrow('Cloud SQL instance shop-gcp-db failed');
  google.account.failing.clear();
  google.calls.length = 0;
  await expect(up().then(() => 'made')).rejects.toThrow('Cloud SQL instance shop-gcp-db failed');
  expect(changing()).not.toContain('sql.instances.delete');
});

describe('a kill', () => {
  /** Ends a run at its nth changing call, before it or after it took effect. */
  function killAt(nth: number, when: 'before' | 'after'): AbortSignal {
    const killed = new AbortController();
    let count = 0;
    google.intercept = ({ changes }) => {
      if (killed.signal.aborted) return 'break off';
      if (changes) count += 1;
      if (!changes || count !== nth) return 'answer';
      killed.abort(new Error('killed'));
      return when === 'after' ? 'take effect and break off' : 'break off';
    };
    return killed.signal;
  }

  test.each(['before', 'after'] as const)(
    '%s any call of making changes nothing of the end',
    async (when) => {
      await up();
      const whole = await google.inventory();
      const most = changing().length;
      expect(most).toBeGreaterThan(15);
      for (let nth = 1; nth <= most; nth += 1) {
        await google.reset();
        await expect(up(shop, killAt(nth, when))).rejects.toThrow('killed');
        google.intercept = undefined;
        await up();
        expect(await google.inventory(), `killed ${when} call ${nth}`).toEqual(whole);
      }
    },
  );

  test.each(['before', 'after'] as const)('%s any call of taking away leaves nothing', async (when) => {
    await up();
    const restore = google.account.snapshot();
    google.calls.length = 0;
    await down();
    const most = changing().length;
    expect(most).toBeGreaterThan(13);
    for (let nth = 1; nth <= most; nth += 1) {
      restore();
      await expect(down(shop, false, killAt(nth, when))).rejects.toThrow('killed');
      google.intercept = undefined;
      await down();
      expect(onlyServices(await google.inventory()), `killed ${when} call ${nth}`).toEqual([]);
    }
  });
});

test('the role in docs/permissions has what the calls of all these tests need, and nothing else', () => {
  const needed = new Set([...called].flatMap(permissionsFor));
  // Of the registry's own protocol, which is no call of these services.
  for (const each of ['downloadArtifacts', 'uploadArtifacts'])
    needed.add(`artifactregistry.repositories.${each}`);
  expect([...needed].toSorted()).toEqual(permissions.toSorted());
});
