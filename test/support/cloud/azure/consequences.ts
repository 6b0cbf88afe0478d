import { randomUUID } from 'node:crypto';
import type { Subscription } from './account.ts';
import { keyOf } from './path.ts';
import { at, type Item } from './rules.ts';

/** What comes of a resource that has been made. */
export function completed(account: Subscription, item: Item): void {
  const { name, type, made } = item;
  if (/userAssignedIdentities$/.test(type)) account.principals.set(made.principal, name);
  if (/\/dnsZones$/.test(type))
    item.answers = () => ({ nameServers: ['ns1-01.azure-dns.com.', 'ns2-01.azure-dns.net.'] });
  if (/registries$/.test(type)) item.answers = () => ({ loginServer: account.loginServer(name) });
  if (/flexibleServers$/.test(type))
    item.answers = (state) => ({
      state: {
        Creating: 'Starting',
        Updating: 'Updating',
        Deleting: 'Dropping',
        Succeeded: 'Ready',
        Failed: 'Disabled',
      }[state],
      fullyQualifiedDomainName: account.databaseHost(name),
    });
  if (!/managedClusters$/.test(type)) return;
  account.principals.set(made.principal, `${name}-agentpool`);
  const group = String(at(item.body, 'nodeResourceGroup'));
  const path = `/subscriptions/${account.id}/resourceGroups/${group}`;
  const done = {
    state: 'Succeeded',
    looks: 0,
    made: { principal: randomUUID(), client: randomUUID() },
  } as const;
  account.items.set(keyOf(path), {
    ...done,
    path,
    type: 'Microsoft.Resources/resourceGroups',
    name: group,
    group: keyOf(group),
    body: { location: item.body.location ?? '', managedBy: item.path },
  });
  // It has one for what goes out as soon as it is there.
  const balancer = `${path}/providers/Microsoft.Network/loadBalancers/kubernetes`;
  account.items.set(keyOf(balancer), {
    ...done,
    path: balancer,
    type: 'Microsoft.Network/loadBalancers',
    name: 'kubernetes',
    group: keyOf(group),
    body: { location: item.body.location ?? '' },
  });
  item.answers = () => ({
    currentKubernetesVersion: '1.35.4',
    fqdn: `${name}-0a1b2c3d.hcp.${item.body.location}.azmk8s.io`,
    oidcIssuerProfile: {
      enabled: true,
      issuerURL: `https://${item.body.location}.oic.prod-aks.azure.com/${made.client}/`,
    },
    identityProfile: { kubeletidentity: { objectId: made.principal, clientId: made.client } },
  });
}

/** What goes along with a resource that has gone. */
export function afterDelete(account: Subscription, item: Item): void {
  account.principals.delete(item.made.principal);
  const within = keyOf(item.path);
  const nodes = /managedClusters$/.test(item.type)
    ? String(at(item.body, 'nodeResourceGroup')).toLowerCase()
    : undefined;
  for (const [key, other] of account.items)
    if (key.startsWith(`${within}/`) || (nodes !== undefined && other.group === nodes))
      account.items.delete(key);
}
