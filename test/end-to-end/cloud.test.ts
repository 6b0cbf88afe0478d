import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { list } from '../../path/src/kubernetes/list.ts';
import type { Pod } from '../../path/src/kubernetes/objects.ts';
import { type AwsStandIn, startAws } from '../support/cloud/aws.ts';
import { databaseAddresses } from '../support/cloud/database-addresses.ts';
import { CloudGround } from '../support/cloud/ground.ts';
import { withEdit } from '../support/edit.ts';
import { startLoad } from '../support/load.ts';
import { jsonResult } from '../support/ptp.ts';
import { Rows } from '../support/rows.ts';
import { until } from '../support/until.ts';

/*
 * The reference system goes to AWS as far as that can be tried without AWS: its account is played by others' stand-ins,
 * the cluster, the registry and the database that they tell of are real ones, and what runs in the cluster is what would
 * run on EKS. The other clouds are in other-clouds.test.ts.
 */
const target = { name: 'aws', namespace: 'hello-aws', domain: 'hello.example.com' };
const rows = new Rows();
let ground: CloudGround;
let account: AwsStandIn;

beforeAll(async () => {
  ground = await CloudGround.open(
    { instance: 'ptp-cloud', ports: { http: 27_080, https: 27_443 } },
    knownToAws,
  );
  const database = await ground.database({
    cloud: 'aws',
    address: databaseAddresses.aws,
    admin: 'ptp_admin',
    port: 5432,
  });
  await ground.disk('ptp-gp3');
  account = await startAws({
    apiServer: ground.apiServer,
    registry: ground.registry.name,
    database: { host: database.host, port: 5432, authority: database.authority },
  });
  const { domain, namespace } = target;
  const line = `{ cluster: eks, region: eu-west-1, domain: ${domain}, namespace: ${namespace}, certificates: own }`;
  ground.enter('aws', line, account.env, [database.authority]);
});

afterAll(async () => {
  try {
    await account?.stop();
  } finally {
    await ground?.close();
  }
});

const aws = (...args: readonly string[]) => ground.must('aws', ...args);

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

interface Health {
  readonly budgets: readonly { readonly left?: number }[];
}

test('plan tells what would be made and what it costs, with credentials and without', async () => {
  const { bill } = jsonResult(await aws('plan', '--json')) as unknown as {
    readonly bill: Record<string, unknown>;
  };
  expect(bill).toMatchObject({ cloud: 'Amazon EKS', account: { name: '123456789012' }, currency: 'USD' });
  expect(account.calls.filter(({ changes }) => changes)).toEqual([]);
});

test('up without a word about money is refused, and nothing was made', async () => {
  const { code, stderr } = await ground.system.ptp('up', '--target', 'aws');
  expect(code).toBe(2);
  expect(stderr).toMatch(/this would cost about \$ \d+.* a month more, and there is no terminal to ask at/);
  expect(account.calls.filter(({ changes }) => changes)).toEqual([]);
});

test('up ends with the system serving, from images of its registry and rows in its database', async () => {
  const up = jsonResult(await aws('up', '--yes', '--json')) as unknown as { readonly url: string };
  expect(up.url).toBe(`https://${target.domain}`);
  await rows.make(await ground.door(target));
  for (const { spec } of await ground.pods(target))
    for (const { image } of spec?.containers ?? [])
      expect(image).toMatch(new RegExp(`^${ground.registry.name}/hello-aws/[a-z0-9-]+@sha256:`));
  expect([...ground.registry.users]).toEqual(['AWS']);
  expect(ground.apiServer.count.refused).toBe(0);
  // At first there was no node for them.
  expect(ground.controllers.waited.size).toBeGreaterThan(0);
  // The zone leads to the gateway.
  const inventory = await account.inventory();
  expect(inventory.filter((line) => line.includes(target.domain)).join('\n')).toMatch(
    /route ?53|zone|record/i,
  );
});

test('it is watched over: from the cloud’s registry, on its disk, at its door', async () => {
  const { health } = await until(
    'the budget is reckoned',
    async () =>
      jsonResult(await ground.system.ptp('status', '--target', 'aws', '--json')) as { health?: Health },
    (status) => status.health?.budgets.every(({ left }) => left !== undefined) === true,
  );
  expect(health).toMatchObject({
    monitoring: 'running',
    healthy: true,
    budgets: [{ slo: 'availability' }, { slo: 'latency' }],
  });
  const [pod] = await ground.system.cluster((client) =>
    list<Pod>(client, { apiVersion: 'v1', kind: 'Pod', namespace: 'ptp-monitoring' }),
  );
  for (const { image } of pod?.spec?.containers ?? [])
    expect(image).toMatch(new RegExp(`^${ground.registry.name}/hello-aws/(prometheus|alertmanager)@sha256:`));
});

test('the same once more changes nothing, neither in the account nor in the cluster', async () => {
  const before = (await ground.pods(target)).map(({ metadata }) => metadata.uid).sort();
  account.calls.length = 0;
  const up = jsonResult(await aws('up', '--yes', '--json')) as unknown as { readonly isNew: boolean };
  expect(up.isNew).toBe(false);
  expect((await ground.pods(target)).map(({ metadata }) => metadata.uid).sort()).toEqual(before);
  expect(
    account.calls.filter(({ changes, name }) => changes && !name.includes('ChangeResourceRecordSets')),
  ).toEqual([]);
});

test('a change is rolled out under requests of which none fails', async () => {
  const load = startLoad({ door: await ground.door(target), rate: 20, rows });
  const page = join(ground.system.place.folder, 'system/frontend/src/app.tsx');
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
  expect(await rows.lost(await ground.door(target))).toEqual([]);
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
  expect(await rows.lost(await ground.door(target))).toEqual([]);
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
