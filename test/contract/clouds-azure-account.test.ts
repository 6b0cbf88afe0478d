import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { azure } from '../../path/src/clouds/azure/cloud.ts';
import { enterAzure } from '../../path/src/clouds/azure/enter.ts';
import { UserMistake } from '../../path/src/core/failure.ts';
import type { AzureStandIn } from '../support/cloud/azure.ts';
import { type Azure, contextOf, shop, startAzure } from './support/azure.ts';

let account: Azure;
let standIn: AzureStandIn;

beforeAll(async () => {
  account = await startAzure();
  standIn = account.standIn;
});
afterAll(() => standIn.stop());
beforeEach(() => standIn.reset());

const kubeconfig = Buffer.from(
  'clusters: [{cluster: {server: "https://a.example.com:443", certificate-authority-data: "Q0E="}}]',
).toString('base64');

test('the documented role is enough, and each of its actions is needed', async () => {
  const file = join(import.meta.dirname, '../../docs/permissions/azure.json');
  const role = JSON.parse(readFileSync(file, 'utf8')) as { readonly Actions: readonly string[] };
  standIn.account.granted = role.Actions;
  const project = shop();
  const work = await account.up(project);
  standIn.account.kubeconfig = () => kubeconfig;
  expect(await azure.obstacles(work.session, project, azure.stack(project).resources)).toEqual([]);
  await azure.cluster(work.session, project, work.seen);
  await azure.point(work.session, project, work.seen, '192.0.2.7');
  await azure.leftovers(work.session, project);
  await account.down(project);
  for (const address of ['2001:db8::7', 'lb.example.net']) {
    const borrowing = shop({ zone: 'example.com' });
    const names = `/subscriptions/${standIn.account.id}/resourceGroups/names`;
    standIn.act('PUT', names, '2025-04-01', { location: 'westeurope' });
    const zone = `${names}/providers/Microsoft.Network/dnsZones/example.com`;
    standIn.act('PUT', zone, '2018-05-01', { location: 'global' });
    const { session, seen } = await account.up(borrowing);
    await azure.point(session, borrowing, seen, address);
    await account.down(borrowing);
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
  const work = await account.enter(project);
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
  expect(account.changing()).toEqual([]);
});

test('leftovers: what bears our tags and is none of the stack, and what the cluster made', async () => {
  const work = await account.up();
  expect(await azure.leftovers(work.session, shop())).toEqual([]);
  const stray = `${account.group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/stray`;
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
    await expect(account.up()).rejects.toThrow(/ExpiredAuthenticationToken/);
  });
});

test('the stand-in refuses what Microsoft’s own models do not know', async () => {
  await account.up();
  const body = (properties: object) => ({ location: 'westeurope', sku: { name: 'Basic' }, properties });
  const put = (given: unknown) => standIn.act('PUT', account.registry(), '2025-11-01', given);
  expect(put(body({ adminUser: true }))).toMatchObject({ status: 400 });
  expect(put(body({ adminUserEnabled: 'yes' }))).toMatchObject({ status: 400 });
  expect(put({ ...body({}), sku: { name: 'Huge' } })).toMatchObject({ status: 400 });
  expect(put({ location: 'westeurope', properties: {} })).toMatchObject({ status: 400 });
  expect(standIn.act('PUT', account.registry(), '2019-01-01', body({}))).toMatchObject({ status: 400 });
});

test('a database password is set when it is asked for, and is in nothing that is shown', async () => {
  const work = await account.up();
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
  expect(account.changing()).toHaveLength(2);
  expect(one?.reveal()).not.toBe(two?.reveal());
  expect(JSON.stringify(await standIn.inventory())).not.toContain(two?.reveal());
});
