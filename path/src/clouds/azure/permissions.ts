/**
 * Every action that this folder asks ARM for (Microsoft's documentation, "Azure permissions"); docs/permissions has them
 * as a role. What a role assignment may give away is narrowed there by a condition.
 */
export const neededActions = [
  'Microsoft.Resources/subscriptions/read',
  'Microsoft.Resources/subscriptions/resources/read',
  'Microsoft.Resources/subscriptions/providers/read',
  ...all('Microsoft.Resources/subscriptions/resourceGroups'),
  'Microsoft.Resources/subscriptions/resourceGroups/resources/read',
  ...['Microsoft.ContainerService', 'Microsoft.ContainerRegistry', 'Microsoft.DBforPostgreSQL'].map(
    registering,
  ),
  ...['Microsoft.ManagedIdentity', 'Microsoft.Network', 'Microsoft.Compute'].map(registering),
  'Microsoft.PolicyInsights/register/action',
  'Microsoft.Authorization/permissions/read',
  ...all('Microsoft.Authorization/roleAssignments'),
  ...all('Microsoft.ManagedIdentity/userAssignedIdentities'),
  'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
  ...all('Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials'),
  ...all('Microsoft.Network/virtualNetworks'),
  'Microsoft.Network/virtualNetworks/join/action',
  'Microsoft.Network/virtualNetworks/subnets/read',
  'Microsoft.Network/virtualNetworks/subnets/write',
  'Microsoft.Network/virtualNetworks/subnets/join/action',
  ...all('Microsoft.Network/privateDnsZones'),
  'Microsoft.Network/privateDnsZones/join/action',
  ...all('Microsoft.Network/privateDnsZones/virtualNetworkLinks'),
  ...all('Microsoft.Network/dnsZones'),
  ...all('Microsoft.Network/dnsZones/A'),
  ...all('Microsoft.Network/dnsZones/AAAA'),
  ...all('Microsoft.Network/dnsZones/CNAME'),
  'Microsoft.Network/locations/usages/read',
  'Microsoft.Compute/locations/usages/read',
  ...all('Microsoft.ContainerService/managedClusters'),
  'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
  ...all('Microsoft.ContainerRegistry/registries'),
  'Microsoft.ContainerRegistry/registries/pull/read',
  'Microsoft.ContainerRegistry/registries/push/write',
  'Microsoft.ContainerRegistry/checkNameAvailability/read',
  ...all('Microsoft.DBforPostgreSQL/flexibleServers'),
  'Microsoft.DBforPostgreSQL/checkNameAvailability/action',
] as const;

/** A role's actions as ARM tells of them: with `*` for any words. */
export interface Granted {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
}

/** The needed actions that no granted role has. A role's own exceptions count for that role alone. */
export function lacking(granted: readonly Granted[]): readonly string[] {
  return neededActions.filter(
    (action) =>
      !granted.some(({ actions, notActions }) => covers(actions, action) && !covers(notActions, action)),
  );
}

/** Whether one of the patterns is for an action; letters' case does not count. */
export function covers(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => {
    const words = pattern.split('*').map((word) => word.toLowerCase().replaceAll(/[^\w/]/g, '\\$&'));
    return new RegExp(`^${words.join('.*')}$`).test(action.toLowerCase());
  });
}

function all(type: string): readonly string[] {
  return ['read', 'write', 'delete'].map((verb) => `${type}/${verb}`);
}

function registering(service: string): string {
  return `${service}/register/action`;
}
