import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { list } from '../../path/src/kubernetes/list.ts';
import type { Pod, SecretObject, StatefulSet } from '../../path/src/kubernetes/objects.ts';
import { type CloudApiServer, cloudApiServer } from '../support/cloud/api-server.ts';
import { type AwsStandIn, startAws } from '../support/cloud/aws.ts';
import { type CloudDatabase, cloudDatabase, databaseHost } from '../support/cloud/database.ts';
import { type RegistryDoor, registryDoor } from '../support/cloud/registry-door.ts';
import { type Door, doorTo } from '../support/door.ts';
import { withEdit } from '../support/edit.ts';
import { startLoad } from '../support/load.ts';
import { jsonResult, ptp } from '../support/ptp.ts';
import { Rows } from '../support/rows.ts';
import { System } from '../support/system.ts';
import { until } from '../support/until.ts';

/*
 * The reference system goes to AWS as far as that can be tried without AWS: its account is played by others' stand-ins,
 * the cluster, the registry and the database that they tell of are real ones, and what runs in the cluster is what would
 * run on EKS.
 */
const instance = 'ptp-cloud';
const namespace = 'hello-aws';
const domain = 'hello.example.com';
const ports = { http: 27_080, https: 27_443 };

/** Somebody's Kubernetes: an instance of the local cluster with a system of its own. */
const ground = new System({ instance, ports });
const rows = new Rows();
let folder: string;
let account: AwsStandIn;
let apiServer: CloudApiServer;
let registry: RegistryDoor;
let postgres: CloudDatabase;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ptp-cloud-'));
  await ground.must('down', '--data', '--yes'); // what an earlier run left when it was killed
  // The cluster is somebody's: it has no monitoring of ours yet.
  await ptp({ ...ground.place, env: { ...ground.place.env, PTP_MONITORING: 'none' } }, ['up']);
  const kubeconfig = (await ground.must('kubeconfig')).stdout;
  const node = /server: https:\/\/([\d.]+):/.exec(kubeconfig)?.[1] ?? '';
  registry = await registryDoor(instance, node);
  apiServer = await cloudApiServer(kubeconfig, knownToAws);
  postgres = await ground.cluster(async (client) => {
    const set = await client.get<StatefulSet>('/apis/apps/v1/namespaces/hello/statefulsets/database');
    const image = set.spec?.template.spec?.containers[0]?.image ?? '';
    return cloudDatabase(client, image, node, { address: '10.20.128.10', admin: 'ptp_admin' });
  });
  await diskFor('ptp-gp3');
  account = await startAws({
    apiServer,
    registry: registry.name,
    database: { host: databaseHost, port: 5432 },
  });
  const authorities = join(folder, 'authorities.pem');
  // What this machine trusts already, it goes on trusting.
  const { NODE_EXTRA_CA_CERTS: known = '' } = process.env;
  const others = known === '' ? [] : [readFileSync(known, 'utf8')];
  writeFileSync(authorities, [...others, registry.authority, postgres.authority].join('\n'));
  Object.assign(ground.place.env, {
    ...account.env,
    NODE_EXTRA_CA_CERTS: authorities,
    AWS_CA_BUNDLE: authorities,
  });
  const file = join(ground.place.folder, 'ptp.yaml');
  const target = `  aws: { cluster: eks, region: eu-west-1, domain: ${domain}, namespace: ${namespace}, certificates: own }\n`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^ {2}aws: .*\n/m, target));
});

afterAll(async () => {
  try {
    await account?.stop();
    await apiServer?.stop();
    await registry?.stop();
    await postgres?.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await ground.remove();
  }
});

/** What AWS would make of a claim of this class: a disk. */
async function diskFor(storageClassName: string): Promise<void> {
  const path = `/var/lib/ptp/${instance}/volumes/disk-of-a-cloud`;
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o777); // what `fsGroup` does to a disk
  const body = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'disk-of-a-cloud' },
    spec: {
      storageClassName,
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '2Gi' },
      hostPath: { path },
    },
  };
  await ground.cluster((client) => client.send({ method: 'POST', path: '/api/v1/persistentvolumes', body }));
}

const aws = (...args: readonly string[]) => ground.must(...args, '--target', 'aws');

/** As EKS does it: the token is a signed question who one is, and AWS answers it. */
async function knownToAws(token: string): Promise<boolean> {
  const [prefix, rest = ''] = token.split('k8s-aws-v1.');
  if (prefix !== '') return false;
  const url = new URL(Buffer.from(rest, 'base64url').toString());
  if (!(url.searchParams.get('X-Amz-SignedHeaders') ?? '').includes('x-k8s-aws-id')) return false;
  const { hostname, port } = new URL(account.moto);
  // moto knows whom a request is for by its header alone: what is signed in the URL says the same.
  const signed = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? '';
  const authorization = `${signed('Algorithm')} Credential=${signed('Credential')}, SignedHeaders=${signed('SignedHeaders')}, Signature=${signed('Signature')}`;
  const headers = { authorization, 'x-k8s-aws-id': 'hello-aws' };
  const answer = await new Promise<string>((resolve, reject) => {
    const asked = request({ hostname, port, path: `${url.pathname}${url.search}`, headers }, (given) => {
      text(given).then(resolve, reject);
    });
    asked.once('error', reject);
    asked.end();
  });
  return answer.includes('GetCallerIdentityResult');
}

async function door(): Promise<Door> {
  const secret = await ground.cluster((client) =>
    client.get<SecretObject>(`/api/v1/namespaces/${namespace}/secrets/public-tls`),
  );
  const authority = Buffer.from(secret.data?.['ca.crt'] ?? '', 'base64').toString();
  return doorTo({ domain, ...ports, authority });
}

interface Health {
  readonly budgets: readonly { readonly left?: number }[];
}

function pods(): Promise<readonly Pod[]> {
  return ground.cluster((client) => list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace }));
}

test('plan tells what would be made and what it costs, with credentials and without', async () => {
  const { bill } = jsonResult(await aws('plan', '--json')) as unknown as {
    readonly bill: Record<string, unknown>;
  };
  expect(bill).toMatchObject({ cloud: 'Amazon EKS', account: { name: '123456789012' }, currency: 'USD' });
  expect(account.calls.filter(({ changes }) => changes)).toEqual([]);
});

test('up without a word about money is refused, and nothing was made', async () => {
  const { code, stderr } = await ground.ptp('up', '--target', 'aws');
  expect(code).toBe(2);
  expect(stderr).toMatch(/this would cost about \$ \d+.* a month more, and there is no terminal to ask at/);
  expect(account.calls.filter(({ changes }) => changes)).toEqual([]);
});

test('up ends with the system serving, from images of its registry and rows in its database', async () => {
  const up = jsonResult(await aws('up', '--yes', '--json')) as unknown as { readonly url: string };
  expect(up.url).toBe(`https://${domain}`);
  await rows.make(await door());
  for (const { spec } of await pods())
    for (const { image } of spec?.containers ?? [])
      expect(image).toMatch(new RegExp(`^${registry.name}/hello-aws/[a-z0-9-]+@sha256:`));
  expect([...registry.users]).toEqual(['AWS']);
  expect(apiServer.count.refused).toBe(0);
  // The zone leads to the gateway.
  const inventory = await account.inventory();
  expect(inventory.filter((line) => line.includes(domain)).join('\n')).toMatch(/route ?53|zone|record/i);
});

test('it is watched over: from the cloud’s registry, on its disk, at its door', async () => {
  const { health } = await until(
    'the budget is reckoned',
    async () => jsonResult(await ground.ptp('status', '--target', 'aws', '--json')) as { health?: Health },
    (status) => status.health?.budgets.every(({ left }) => left !== undefined) === true,
  );
  expect(health).toMatchObject({
    monitoring: 'running',
    healthy: true,
    budgets: [{ slo: 'availability' }, { slo: 'latency' }],
  });
  const [pod] = await ground.cluster((client) =>
    list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace: 'ptp-monitoring' }),
  );
  for (const { image } of pod?.spec?.containers ?? [])
    expect(image).toMatch(new RegExp(`^${registry.name}/hello-aws/(prometheus|alertmanager)@sha256:`));
});

test('the same once more changes nothing, neither in the account nor in the cluster', async () => {
  const before = (await pods()).map(({ metadata }) => metadata.uid).sort();
  account.calls.length = 0;
  const up = jsonResult(await aws('up', '--yes', '--json')) as unknown as { readonly isNew: boolean };
  expect(up.isNew).toBe(false);
  expect((await pods()).map(({ metadata }) => metadata.uid).sort()).toEqual(before);
  expect(
    account.calls.filter(({ changes, name }) => changes && !name.includes('ChangeResourceRecordSets')),
  ).toEqual([]);
});

test('a change is rolled out under requests of which none fails', async () => {
  const load = startLoad({ door: await door(), rate: 20, rows });
  const page = join(ground.place.folder, 'system/frontend/src/app.tsx');
  const [line = ''] = /.*click.*/i.exec(readFileSync(page, 'utf8')) ?? [];
  await withEdit(page, [line, line.replace('click', 'press')], async () => {
    const up = jsonResult(await aws('up', '--yes', '--json')) as unknown as {
      readonly rolled: readonly string[];
    };
    expect(up.rolled).toEqual(['frontend']);
  });
  const { requests, failures } = await load.stop();
  expect(requests).toBeGreaterThan(20);
  expect(failures).toEqual([]);
  expect(await rows.lost(await door())).toEqual([]);
});

test('the credentials of the database are exchanged while they are in use', async () => {
  const [result] = (
    jsonResult(await aws('rotate', 'database', '--rate', '20', '--json')) as unknown as {
      readonly results: readonly {
        readonly outcome: string;
        readonly traffic?: { readonly failed: number };
      }[];
    }
  ).results;
  expect(result).toMatchObject({ outcome: 'passed', traffic: { failed: 0 } });
  expect(await rows.lost(await door())).toEqual([]);
});

test('down leaves nothing in the account but a last copy of the data', async () => {
  const { removed, left } = jsonResult(await aws('down', '--yes', '--json')) as unknown as {
    readonly removed: readonly string[];
    readonly left: readonly string[];
  };
  expect(removed.join()).toContain('EKS cluster hello-aws');
  expect(left.join()).toContain('the last copy of data');
  const inventory = await account.inventory();
  expect(inventory.filter((line) => !/snapshot/i.test(line))).toEqual([]);
});
