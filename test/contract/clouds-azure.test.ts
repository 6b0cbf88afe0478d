import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { azure } from '../../path/src/clouds/azure/cloud.ts';
import type { AzureStandIn } from '../support/cloud/azure.ts';
import { type Azure, shop, startAzure } from './support/azure.ts';

let account: Azure;
let standIn: AzureStandIn;

beforeAll(async () => {
  account = await startAzure();
  standIn = account.standIn;
});
afterAll(() => standIn.stop());
beforeEach(() => standIn.reset());

test('everything is made, nothing is made the second time, and nothing is left', async () => {
  await account.up();
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
  await account.up();
  expect(account.changing()).toEqual([]);
  expect(await standIn.inventory()).toEqual(made);
  await account.down();
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
  const work = await account.up(project);
  const made = (await standIn.inventory()).join('\n');
  expect(made).not.toMatch(/flexibleServers|privateDnsZones|dnsZones\/shop/);
  expect(made).toMatch(/dnsZones\/example.com shop-azure-certificates befefa01/);
  await azure.point(work.session, project, work.seen, '192.0.2.7');
  expect((await standIn.inventory()).join('\n')).toMatch(/dnsZones\/example.com\/A\/shop .*192\.0\.2\.7/);
  await account.down(project);
  expect(await standIn.inventory()).toEqual(before);
});

test('drift is put right, and only there', async () => {
  await account.up();
  const made = await standIn.inventory();
  const patch = { properties: { adminUserEnabled: true } };
  expect(standIn.act('PATCH', account.registry(), '2025-11-01', patch).status).toBe(202);
  standIn.forgetCalls();
  await account.up();
  expect(account.changing()).toEqual([`PATCH ${account.registry()}`]);
  expect(await standIn.inventory()).toEqual(made);
});

test("somebody else's of the same name is refused, and neither changed nor deleted", async () => {
  await account.up();
  const path = `${account.group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-azure-certificates`;
  standIn.act('PUT', path, '2024-11-30', { location: 'westeurope', tags: { owner: 'somebody' } });
  await expect(account.up()).rejects.toThrow(/managed identity shop-azure-certificates is there already/);
  // All that is left is that one and what is in it, which would go with the group.
  await expect(account.down()).rejects.toThrow(
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
  await account.up();
  const stray = `${account.group()}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/of-before`;
  const tags = { 'ptp-project': 'shop', 'ptp-target': 'azure' };
  standIn.act('PUT', stray, '2024-11-30', { location: 'westeurope', tags });
  await expect(account.down()).rejects.toThrow(/holds what this ptp.yaml does not name: .*of-before/);
  standIn.act('DELETE', stray, '2024-11-30');
  await account.down();
  expect(await standIn.inventory()).toEqual([]);
});

test('another region than the one where everything is is a mistake, and nothing is made there', async () => {
  await account.up();
  const made = await standIn.inventory();
  await expect(account.up(shop({ region: 'northeurope' }))).rejects.toThrow(
    /is in westeurope, and ptp.yaml names north/,
  );
  expect(await standIn.inventory()).toEqual(made);
});

test("a neighbour's project in the same subscription is never touched", async () => {
  const neighbour = shop({}, 'books');
  await account.up(neighbour);
  const before = await standIn.inventory();
  await account.up();
  await account.down();
  expect(await standIn.inventory()).toEqual(before);
});
