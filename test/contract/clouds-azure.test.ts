import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Api } from '../../path/src/clouds/azure/api.ts';
import { azure } from '../../path/src/clouds/azure/cloud.ts';
import { enterAzure } from '../../path/src/clouds/azure/enter.ts';
import { dismantle } from '../../path/src/clouds/dismantle.ts';
import { ensure } from '../../path/src/clouds/ensure.ts';
import { observe } from '../../path/src/clouds/observe.ts';
import { Findings } from '../../path/src/clouds/seen.ts';
import type { Work } from '../../path/src/clouds/work.ts';
import type { Event } from '../../path/src/core/event.ts';
import { UserMistake } from '../../path/src/core/failure.ts';
import type { Context } from '../../path/src/effects/context.ts';
import type { CloudTarget, Project } from '../../path/src/project/project.ts';
import { type AzureStandIn, azureStandIn } from '../support/cloud/azure.ts';
import type { Call, Verdict } from '../support/cloud/stand-in.ts';

let standIn: AzureStandIn;
let now = 0;
const events: Event[] = [];

beforeAll(async () => {
  standIn = await azureStandIn();
});
afterAll(() => standIn.stop());
beforeEach(async () => {
  await standIn.reset();
  events.length = 0;
});

const kubeconfig = Buffer.from(
  'clusters: [{cluster: {server: "https://a.example.com:443", certificate-authority-data: "Q0E="}}]',
).toString('base64');

/** A clock that jumps ahead whenever somebody waits, so that waiting takes no time. */
function contextOf(signal: AbortSignal): Context {
  return {
    emit: (event) => events.push(event),
    clock: {
      monotonic: () => now,
      now: () => new Date(now),
      sleep: async (milliseconds, ended) => {
        ended?.throwIfAborted();
        now += milliseconds;
      },
    },
    processes: { find: async () => undefined } as unknown as Context['processes'],
    cache: '/nowhere',
    signal,
  };
}

function shop(cloud: Partial<CloudTarget> = {}, name = 'shop'): Project {
  return {
    name,
    folder: '/nowhere',
    components: [],
    services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
    target: {
      name: 'azure',
      cluster: 'aks',
      domain: `${name}.example.com`,
      namespace: name,
      instance: name,
      ports: { http: 80, https: 443 },
      cloud: {
        kind: 'aks',
        region: 'westeurope',
        access: [],
        databases: 'managed',
        acme: { server: 'https://acme.example.com/directory' },
        ...cloud,
      },
    },
  } as unknown as Project;
}

async function enter(project: Project, signal = new AbortController().signal): Promise<Work<Api>> {
  const context = contextOf(signal);
  const session = await enterAzure(context, project, { ...standIn.env });
  if (session === undefined) throw new Error('no credentials');
  return { context, cloud: azure, session, seen: new Findings(signal) };
}

async function up(project = shop(), signal?: AbortSignal): Promise<Work<Api>> {
  const work = await enter(project, signal);
  await ensure(work, project, azure.stack(project).resources);
  return work;
}

async function down(project = shop(), signal?: AbortSignal) {
  const work = await enter(project, signal);
  const { resources } = azure.stack(project);
  await observe(work, resources);
  return dismantle(work, resources, { lastCopy: true });
}

const changing = () => standIn.calls.filter(({ changes }) => changes).map(({ name }) => name);
const group = () => `/subscriptions/${standIn.account.id}/resourceGroups/shop-azure`;
const registryPath = () => `${group()}/providers/Microsoft.ContainerRegistry/registries/shopazure9fd9459f`;
const error = (status: number, code: string, headers = {}) => ({
  status,
  headers,
  body: JSON.stringify({ error: { code, message: `${code}, in words` } }),
});

/** What an undisturbed run makes. */
async function whole(): Promise<readonly string[]> {
  await up();
  const made = await standIn.inventory();
  await standIn.reset();
  return made;
}

test('everything is made, nothing is made the second time, and nothing is left', async () => {
  await up();
  const made = await standIn.inventory();
  expect(made.map((line) => line.split(' ', 2).join(' ').replace('/resourceGroups/shop-azure', ''))).toEqual([
    ' Succeeded',
    '-nodes Succeeded',
    '-nodes/providers/Microsoft.Network/loadBalancers/kubernetes Succeeded',
    '/providers/Microsoft.ContainerRegistry/registries/shopazure9fd9459f Succeeded',
    '/providers/Microsoft.ContainerRegistry/registries/shopazure9fd9459f shop-azure-agentpool',
    '/providers/Microsoft.ContainerService/managedClusters/shop-azure Succeeded',
    '/providers/Microsoft.ContainerService/managedClusters/shop-azure caller',
    '/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-azure-database-056b7997 Succeeded',
    '/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-azure-certificates Succeeded',
    '/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-azure-certificates/federatedIdentityCredentials/cert-manager Succeeded',
    '/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-azure-cluster Succeeded',
    '/providers/Microsoft.Network/dnsZones/shop.example.com Succeeded',
    '/providers/Microsoft.Network/dnsZones/shop.example.com shop-azure-certificates',
    '/providers/Microsoft.Network/privateDnsZones/shop-azure.private.postgres.database.azure.com Succeeded',
    '/providers/Microsoft.Network/privateDnsZones/shop-azure.private.postgres.database.azure.com/virtualNetworkLinks/shop-azure Succeeded',
    '/providers/Microsoft.Network/virtualNetworks/shop-azure Succeeded',
    '/providers/Microsoft.Network/virtualNetworks/shop-azure shop-azure-cluster',
  ]);
  standIn.forgetCalls();
  await up();
  expect(changing()).toEqual([]);
  expect(await standIn.inventory()).toEqual(made);
  await down();
  expect(await standIn.inventory()).toEqual([]);
});

test('the registry and the cluster without a database and a zone of its own', async () => {
  const project = shop({ databases: 'cluster', zone: 'example.com' });
  standIn.account.registered.set('Microsoft.Network', 'Registered');
  const other = `/subscriptions/${standIn.account.id}/resourceGroups/names`;
  standIn.act('PUT', other, '2025-04-01', { location: 'westeurope' });
  const zone = `${other}/providers/Microsoft.Network/dnsZones/example.com`;
  standIn.act('PUT', zone, '2018-05-01', { location: 'global' });
  const before = await standIn.inventory();
  const work = await up(project);
  const made = (await standIn.inventory()).join('\n');
  expect(made).not.toMatch(/flexibleServers|privateDnsZones|dnsZones\/shop/);
  expect(made).toMatch(/dnsZones\/example.com shop-azure-certificates befefa01/);
  await azure.point(work.session, project, work.seen, '192.0.2.7');
  expect((await standIn.inventory()).join('\n')).toMatch(/dnsZones\/example.com\/A\/shop .*192\.0\.2\.7/);
  await down(project);
  expect(await standIn.inventory()).toEqual(before);
});

test('drift is put right, and only there', async () => {
  await up();
  const made = await standIn.inventory();
  const patch = { properties: { adminUserEnabled: true } };
  expect(standIn.act('PATCH', registryPath(), '2025-11-01', patch).status).toBe(202);
  standIn.forgetCalls();
  await up();
  expect(changing()).toEqual([`PATCH ${registryPath()}`]);
  expect(await standIn.inventory()).toEqual(made);
});

test("somebody else's of the same name is refused, and neither changed nor deleted", async () => {
  await up();
  const path = `${group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-azure-certificates`;
  standIn.act('PUT', path, '2024-11-30', { location: 'westeurope', tags: { owner: 'somebody' } });
  await expect(up()).rejects.toThrow(/managed identity shop-azure-certificates is there already/);
  // All that is left is that one and what is in it, which would go with the group.
  await expect(down()).rejects.toThrow(
    /the resource group shop-azure holds what this ptp.yaml does not name: .*shop-azure-certificates/,
  );
  const left = await standIn.inventory();
  expect(left.map((line) => line.split(' ')[0]?.split('/').at(-1))).toEqual([
    'shop-azure',
    'shop-azure-certificates',
    'cert-manager',
  ]);
});

test('what an earlier ptp.yaml named is never deleted along with the group', async () => {
  await up();
  const stray = `${group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/of-before`;
  const tags = { 'ptp-project': 'shop', 'ptp-target': 'azure' };
  standIn.act('PUT', stray, '2024-11-30', { location: 'westeurope', tags });
  await expect(down()).rejects.toThrow(/holds what this ptp.yaml does not name: .*of-before/);
  standIn.act('DELETE', stray, '2024-11-30');
  await down();
  expect(await standIn.inventory()).toEqual([]);
});

test('another region than the one where everything is is a mistake, and nothing is made there', async () => {
  await up();
  const made = await standIn.inventory();
  await expect(up(shop({ region: 'northeurope' }))).rejects.toThrow(
    /is in westeurope, and ptp.yaml names north/,
  );
  expect(await standIn.inventory()).toEqual(made);
});

test("a neighbour's project in the same subscription is never touched", async () => {
  const neighbour = shop({}, 'books');
  await up(neighbour);
  const before = await standIn.inventory();
  await up();
  await down();
  expect(await standIn.inventory()).toEqual(before);
});

describe('a run ends as an undisturbed one does, where', () => {
  const troubles: Readonly<Record<string, (call: Call, times: number) => Verdict | undefined>> = {
    'every change is throttled at first': ({ changes }, times) =>
      changes && times === 1 ? error(429, 'TooManyRequests', { 'retry-after-ms': '5' }) : undefined,
    'the service is in trouble': (_call, times) => (times % 7 === 3 ? error(503, 'ServerBusy') : undefined),
    'changes take effect and are not answered': ({ changes }, times) =>
      changes && times === 1 ? 'take effect and break off' : undefined,
    'looks are not answered': ({ changes }, times) => (!changes && times === 1 ? 'break off' : undefined),
    'a new identity is not known everywhere yet': ({ name }, times) =>
      /PUT .*roleAssignments/.test(name) && times <= 3 ? error(400, 'PrincipalNotFound') : undefined,
    'a service is not switched on everywhere yet': ({ name }, times) =>
      /PUT .*registries\/\w+$/.test(name) && times <= 2
        ? error(409, 'MissingSubscriptionRegistration')
        : undefined,
    'another operation is in progress': ({ changes, name }, times) =>
      changes && times <= 2 && /PUT .*(managedClusters|flexibleServers)\//.test(name)
        ? error(409, 'AnotherOperationInProgress')
        : undefined,
  };
  for (const [name, trouble] of Object.entries(troubles))
    test(name, async () => {
      const made = await whole();
      const times = new Map<string, number>();
      standIn.intercept = (call) => {
        const count = (times.get(call.name) ?? 0) + 1;
        times.set(call.name, count);
        return trouble(call, count) ?? 'answer';
      };
      await up();
      expect(await standIn.inventory()).toEqual(made);
      times.clear();
      await down();
      expect(await standIn.inventory()).toEqual([]);
    });

  test('everything takes long', async () => {
    const made = await whole();
    standIn.account.looks = 9;
    await up();
    expect(await standIn.inventory()).toEqual(made);
    await down();
    expect(await standIn.inventory()).toEqual([]);
  });
});

test.each([
  'Microsoft.ContainerService/managedClusters',
  'Microsoft.DBforPostgreSQL/flexibleServers',
  'Microsoft.ContainerRegistry/registries',
])('%s: what failed when it was made is told, and the next run makes it anew', async (type) => {
  const made = await whole();
  standIn.account.failing.set(type, 'no capacity in westeurope');
  await expect(up()).rejects.toThrow(/no capacity in westeurope/);
  await up();
  expect(await standIn.inventory()).toEqual(made);
});

test.each([
  ['AuthorizationFailed', 403, /could not be made: AuthorizationFailed.*/s],
  ['QuotaExceeded', 409, /could not be made: QuotaExceeded/],
  ['InvalidParameter', 400, /could not be made: InvalidParameter/],
])('%s ends the run at once, and the next one goes on', async (code, status, message) => {
  const made = await whole();
  standIn.intercept = ({ name }) =>
    /PUT .*managedClusters\/[\w-]+$/.test(name) ? error(status, code) : 'answer';
  await expect(up()).rejects.toThrow(message);
  expect(changing().filter((name) => /managedClusters\/[\w-]+$/.test(name))).toHaveLength(1);
  standIn.intercept = undefined;
  await up();
  expect(await standIn.inventory()).toEqual(made);
});

/** Ends a run at its nth changing call, which takes effect and is not answered. Whether there was such a call. */
async function killed(nth: number, run: (signal: AbortSignal) => Promise<unknown>): Promise<boolean> {
  const kill = new AbortController();
  let count = 0;
  standIn.intercept = ({ changes }) => {
    if (changes) count += 1;
    if (kill.signal.aborted) return 'break off';
    if (!changes || count !== nth) return 'answer';
    kill.abort(new Error('killed'));
    return 'take effect and break off';
  };
  const outcome = await run(kill.signal).then(
    () => 'ended',
    () => 'killed',
  );
  standIn.intercept = undefined;
  expect(outcome).toBe(count >= nth ? 'killed' : 'ended');
  return count >= nth;
}

test('up: killed at every change, the next run ends as an undisturbed one does', async () => {
  const made = await whole();
  let kills = 0;
  while (await killed(kills + 1, (signal) => up(shop(), signal))) {
    kills += 1;
    await up();
    expect(await standIn.inventory(), `killed at change ${kills}`).toEqual(made);
    await standIn.reset();
  }
  // Seven registrations and as many changes as there are resources, but for the two that the cluster makes.
  expect(kills).toBe(7 + made.length - 2);
});

test('down: killed at every change, the next run leaves nothing', async () => {
  let kills = 0;
  for (;;) {
    await up();
    if (!(await killed(kills + 1, (signal) => down(shop(), signal)))) break;
    kills += 1;
    await down();
    expect(await standIn.inventory(), `killed at change ${kills}`).toEqual([]);
  }
  expect(kills).toBe(15);
});

test('the documented role is enough, and each of its actions is needed', async () => {
  const file = join(import.meta.dirname, '../../docs/permissions/azure.json');
  const role = JSON.parse(readFileSync(file, 'utf8')) as { readonly Actions: readonly string[] };
  standIn.account.granted = role.Actions;
  const project = shop();
  const work = await up(project);
  standIn.account.kubeconfig = () => kubeconfig;
  expect(await azure.obstacles(work.session, project, azure.stack(project).resources)).toEqual([]);
  await azure.cluster(work.session, project, work.seen);
  await azure.point(work.session, project, work.seen, '192.0.2.7');
  await azure.leftovers(work.session, project);
  await down(project);
  for (const address of ['2001:db8::7', 'lb.example.net']) {
    const borrowing = shop({ zone: 'example.com' });
    const names = `/subscriptions/${standIn.account.id}/resourceGroups/names`;
    standIn.act('PUT', names, '2025-04-01', { location: 'westeurope' });
    const zone = `${names}/providers/Microsoft.Network/dnsZones/example.com`;
    standIn.act('PUT', zone, '2018-05-01', { location: 'global' });
    const { session, seen } = await up(borrowing);
    await azure.point(session, borrowing, seen, address);
    await down(borrowing);
  }
  // What services ask of the caller themselves, and what the registry does: ARM sees no call for these.
  const unseen = /\/(join|assign)\/action$|subnets\/|registries\/(pull|push)\//;
  const needless = role.Actions.filter(
    (action) => !standIn.account.asked.has(action) && !unseen.test(action),
  );
  expect(needless).toEqual([]);
});

test('obstacles: quotas, names that others have, what the caller may not do', async () => {
  const project = shop();
  const work = await enter(project);
  const { resources } = azure.stack(project);
  expect(await azure.obstacles(work.session, project, resources)).toEqual([]);
  standIn.account.quota = { cores: 3, PublicIPAddresses: 20, VirtualNetworks: 0 };
  standIn.account.taken.add('shopazure9fd9459f');
  standIn.account.granted = ['Microsoft.Network/*', 'Microsoft.Resources/*', '*/read'];
  const problems = await azure.obstacles(work.session, project, resources);
  expect(problems.map(({ what }) => what)).toEqual([
    expect.stringMatching(/you may not do .*Microsoft.ContainerService\/managedClusters\/write/),
    "the subscription's quota leaves 3 processors in westeurope, and 4 are needed",
    "the subscription's quota leaves 0 virtual networks in westeurope, and 1 are needed",
    expect.stringMatching(/somebody else has a .* called shopazure9fd9459f/),
  ]);
  expect(changing()).toEqual([]);
});

test('leftovers: what bears our tags and is none of the stack, and what the cluster made', async () => {
  const work = await up();
  expect(await azure.leftovers(work.session, shop())).toEqual([]);
  const stray = `${group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/stray`;
  const tags = { 'ptp-project': 'shop', 'ptp-target': 'azure' };
  standIn.act('PUT', stray, '2024-11-30', { location: 'westeurope', tags });
  expect(await azure.leftovers(work.session, shop())).toEqual([
    { kind: 'Microsoft.ManagedIdentity/userAssignedIdentities', name: 'stray' },
  ]);
  // A cluster that went without its group.
  const [cluster] = [...standIn.account.items.keys()].filter((key) => /managedclusters\/[^/]+$/.test(key));
  standIn.account.items.delete(cluster ?? '');
  expect(await azure.leftovers(work.session, shop())).toContainEqual({
    kind: 'resource group',
    name: 'shop-azure-nodes',
  });
});

describe('letting in', () => {
  const context = () => contextOf(new AbortController().signal);
  test('no credentials at all are none, and no mistake', async () => {
    expect(await enterAzure(context(), shop(), { PATH: '' })).toBeUndefined();
  });
  test('a wrong secret is one clear mistake, which does not show it', async () => {
    const env = { ...standIn.env, AZURE_CLIENT_SECRET: 'guessed-and-wrong' };
    const mistake = await enterAzure(context(), shop(), env).catch((thrown) => thrown);
    expect(mistake).toBeInstanceOf(UserMistake);
    expect(mistake.problems).toHaveLength(1);
    expect(JSON.stringify(mistake.problems)).toMatch(/does not accept .*AADSTS7000215/);
    expect(JSON.stringify(mistake.problems)).not.toMatch(/guessed/);
  });
  test("another's subscription is told", async () => {
    const account = '22222222-2222-4333-8444-555555555555';
    await expect(enterAzure(context(), shop({ account }), { ...standIn.env })).rejects.toThrow(
      /may not see the subscription 22222222/,
    );
  });
  test('the only subscription is taken where none is named', async () => {
    const { AZURE_SUBSCRIPTION_ID: _, ...env } = standIn.env;
    const session = await enterAzure(context(), shop(), { ...env, AZURE_CONFIG_DIR: '/nowhere' });
    expect(session).toMatchObject({
      account: standIn.account.id,
      who: expect.stringMatching(/^application/),
    });
  });
  test('credentials that end in the middle are told, and nothing else is done', async () => {
    standIn.intercept = ({ name }) => {
      if (/PUT .*virtualNetworks\/shop-azure$/.test(name)) standIn.endTokens();
      return 'answer';
    };
    await expect(up()).rejects.toThrow(/ExpiredAuthenticationToken/);
  });
});

test('the stand-in refuses what Microsoft’s own models do not know', async () => {
  await up();
  const body = (properties: object) => ({ location: 'westeurope', sku: { name: 'Basic' }, properties });
  const put = (given: unknown) => standIn.act('PUT', registryPath(), '2025-11-01', given);
  expect(put(body({ adminUser: true }))).toMatchObject({ status: 400 });
  expect(put(body({ adminUserEnabled: 'yes' }))).toMatchObject({ status: 400 });
  expect(put({ ...body({}), sku: { name: 'Huge' } })).toMatchObject({ status: 400 });
  expect(put({ location: 'westeurope', properties: {} })).toMatchObject({ status: 400 });
  expect(standIn.act('PUT', registryPath(), '2019-01-01', body({}))).toMatchObject({ status: 400 });
});

test('a database password is set when it is asked for, and is in nothing that is shown', async () => {
  const work = await up();
  standIn.account.kubeconfig = () => kubeconfig;
  const cluster = await azure.cluster(work.session, shop(), work.seen);
  expect(cluster).toMatchObject({
    server: 'https://a.example.com:443',
    authority: 'CA',
    version: 'v1.35.4',
    certificates: { 'azure.workload.identity/client-id': expect.stringMatching(/^[\da-f-]{36}$/) },
  });
  const database = cluster.databases.database;
  expect(database).toMatchObject({
    host: 'shop-azure-database-056b7997.postgres.database.azure.com',
    port: 5432,
  });
  standIn.forgetCalls();
  const [one, two] = [await database?.admin.password(), await database?.admin.password()];
  expect(changing()).toHaveLength(2);
  expect(one?.reveal()).not.toBe(two?.reveal());
  expect(JSON.stringify(await standIn.inventory())).not.toContain(two?.reveal());
});
