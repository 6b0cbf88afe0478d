import type { Subscription } from './account.ts';
import { type ArmPath, keyOf } from './path.ts';

/** What is in a subscription. */
export interface Item {
  readonly path: string;
  readonly type: string;
  readonly name: string;
  /** The group's name, in small letters. */
  readonly group?: string;
  body: {
    readonly location?: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly sku?: Readonly<Record<string, unknown>>;
    readonly identity?: { readonly userAssignedIdentities?: Readonly<Record<string, unknown>> };
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly managedBy?: string;
  };
  readonly made: { readonly principal: string; readonly client: string };
  state: 'Creating' | 'Updating' | 'Succeeded' | 'Failed' | 'Deleting';
  /** Looks until it goes on. */
  looks: number;
  why?: string;
  /** Fields that the service adds. */
  answers?: (state: Item['state']) => Readonly<Record<string, unknown>>;
}

/** A request that the service does not do. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Whether a type's requests are taken now and done later. */
export function needsTime(type: string): boolean {
  return /\/(virtualNetworks|registries|managedClusters|privateDnsZones|virtualNetworkLinks|flexibleServers)$/.test(
    type,
  );
}

const names: Readonly<Record<string, RegExp>> = {
  'Microsoft.Resources/resourceGroups': /^[\w().-]{0,89}[\w()-]$/,
  'Microsoft.Network/virtualNetworks': /^[a-z\d][\w.-]{0,78}\w$/i,
  'Microsoft.Network/dnsZones': /^[a-z\d-]+(\.[a-z\d-]+){1,33}$/i,
  'Microsoft.Network/privateDnsZones': /^[a-z\d-]+(\.[a-z\d-]+){1,33}$/i,
  'Microsoft.ManagedIdentity/userAssignedIdentities': /^[a-z\d][\w-]{2,127}$/i,
  'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials': /^[a-z\d][\w-]{2,119}$/i,
  'Microsoft.Authorization/roleAssignments': /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  'Microsoft.ContainerService/managedClusters': /^[a-z\d]([\w-]{0,61}[a-z\d])?$/i,
  'Microsoft.ContainerRegistry/registries': /^[a-z\d]{5,50}$/i,
  'Microsoft.DBforPostgreSQL/flexibleServers': /^[a-z\d][a-z\d-]{1,61}[a-z\d]$/,
};
const roles: Readonly<Record<string, string>> = {
  '4d97b98b-1d4f-4787-a291-c67834d212e7': 'Network Contributor',
  '7f951dda-4ed3-4680-a7ca-43fe172d538d': 'AcrPull',
  'befefa01-2a29-4197-83a8-272ff33ce314': 'DNS Zone Contributor',
  'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b': 'AKS RBAC Cluster Admin',
};
type Body = Item['body'];
type Rule = (account: Subscription, path: ArmPath, body: Body, before: Item | undefined) => void;

/** Throws what the service would say to a request that its models allow. */
export function whyNot(account: Subscription, path: ArmPath, body: Body, before: Item | undefined): void {
  if (names[path.type]?.test(path.name) === false)
    refuse(400, 'InvalidResourceName', `'${path.name}' is no name of a ${path.type}`);
  if (Object.keys(body.tags ?? {}).length > 50) refuse(400, 'TooManyTags', 'more than 50 tags');
  whyNotThere(path, body);
  rules[path.type]?.(account, path, body, before);
}

function whyNotThere({ type }: ArmPath, { location }: Body): void {
  const everywhere = /\/(dnsZones|privateDnsZones|virtualNetworkLinks)$/.test(type);
  if (everywhere && location?.toLowerCase() !== 'global')
    refuse(400, 'LocationNotAvailableForResourceType', `${type} is in 'global' alone`);
  if (
    !everywhere &&
    location !== undefined &&
    !/^(westeurope|northeurope|swedencentral|eastus2)$/.test(location)
  )
    refuse(400, 'LocationNotAvailableForResourceType', `${location} is not available for ${type}`);
}

const rules: Readonly<Record<string, Rule>> = {
  'Microsoft.Network/virtualNetworks': (account, path, body, before) => {
    const [space] = at<readonly string[]>(body, 'addressSpace', 'addressPrefixes') ?? [];
    const subnets = subnetsOf(body);
    for (const { name, prefix } of subnets) {
      if (space === undefined || !within(prefix, space))
        refuse(400, 'NetcfgSubnetRangeOutsideVnet', `${name} is not within ${space}`);
      if (
        subnets.some(
          (other) => other.name !== name && (within(other.prefix, prefix) || within(prefix, other.prefix)),
        )
      )
        refuse(400, 'NetcfgSubnetRangesOverlap', `${name} overlaps with another subnet`);
    }
    if (before === undefined) return;
    for (const { name } of subnetsOf(before.body))
      if (
        !subnets.some((subnet) => subnet.name === name) &&
        usersOf(account, `${before.path}/subnets/${name}`).length > 0
      )
        refuse(400, 'InUseSubnetCannotBeDeleted', `${path.name}/${name} is in use`);
  },
  'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials': (
    _account,
    _path,
    body,
  ) => {
    const { issuer, subject, audiences } = body.properties ?? {};
    if (typeof issuer !== 'string' || !issuer.startsWith('https://')) refuse(400, 'BadRequest', 'no issuer');
    if (typeof subject !== 'string' || subject === '') refuse(400, 'BadRequest', 'no subject');
    if (!Array.isArray(audiences) || audiences.length !== 1)
      refuse(400, 'BadRequest', 'one audience has to be given');
  },
  'Microsoft.Authorization/roleAssignments': (account, path, body, before) => {
    const { principalId, roleDefinitionId } = body.properties ?? {};
    const role = String(roleDefinitionId).split('/').at(-1) ?? '';
    if (roles[role] === undefined) refuse(400, 'RoleDefinitionDoesNotExist', `there is no role ${role}`);
    if (!account.principals.has(String(principalId)))
      refuse(400, 'PrincipalNotFound', `Principal ${principalId} does not exist in the directory`);
    if (before !== undefined && before.body.properties?.principalId !== principalId)
      refuse(400, 'RoleAssignmentUpdateNotPermitted', 'the principal of a role assignment cannot be changed');
    for (const other of account.items.values()) {
      if (other.type !== path.type || other === before) continue;
      const { principalId: who, roleDefinitionId: what } = other.body.properties ?? {};
      if (who === principalId && what === roleDefinitionId && scopeOf(other) === keyOf(path.parent ?? ''))
        refuse(409, 'RoleAssignmentExists', 'The role assignment already exists.');
    }
  },
  'Microsoft.ContainerService/managedClusters': (account, _path, body) => {
    if (body.sku?.name !== 'Automatic' || body.sku.tier !== 'Standard')
      refuse(400, 'InvalidParameter', 'an Automatic cluster has the tier Standard');
    if (String(at(body, 'dnsPrefix') ?? '').length > 54)
      refuse(400, 'InvalidParameter', 'the DNS prefix is too long');
    if (String(at(body, 'nodeResourceGroup') ?? '').length > 80)
      refuse(400, 'InvalidParameter', 'the name of the group of nodes is too long');
    const server = at<string>(body, 'apiServerAccessProfile', 'subnetId');
    const nodes = at<string>(body, 'hostedSystemProfile', 'nodeSubnetID');
    const system = at<string>(body, 'hostedSystemProfile', 'systemNodeSubnetID');
    const given = [server, nodes, system].filter((id) => id !== undefined);
    if (given.length !== 0 && given.length !== 3)
      refuse(400, 'InvalidParameter', 'all three subnets, or none');
    if (nodes === system) refuse(400, 'InvalidParameter', 'the nodes and the system have a subnet each');
    for (const [id, most, delegation] of [
      [server, 28, 'Microsoft.ContainerService/managedClusters'],
      [nodes, 26, undefined],
      [system, 26, undefined],
    ] as const) {
      const subnet = subnetAt(account, id ?? '');
      if (subnet.length > most) refuse(400, 'InsufficientSubnetSize', `${id} has to be a /${most} at least`);
      if (subnet.delegation !== delegation)
        refuse(400, 'SubnetDelegationInvalid', `${id} is delegated to ${subnet.delegation}`);
    }
    const network = server?.slice(0, server.lastIndexOf('/subnets/')) ?? '';
    const [identity] = Object.keys(body.identity?.userAssignedIdentities ?? {});
    const principal = account.items.get(keyOf(identity ?? ''))?.made.principal;
    const allowed = [...account.items.values()].some(
      (item) =>
        item.type === 'Microsoft.Authorization/roleAssignments' &&
        scopeOf(item) === keyOf(network) &&
        item.body.properties?.principalId === principal,
    );
    if (principal === undefined || !allowed)
      refuse(400, 'CustomVNetIdentityNotAuthorized', `the cluster's identity may not use ${network}`);
  },
  'Microsoft.ContainerRegistry/registries': (account, path) => {
    if (account.taken.has(path.name))
      refuse(409, 'AlreadyInUse', `The registry DNS name ${path.name} is already in use.`);
  },
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': (account, _path, body) => {
    const network = at<string>(body, 'virtualNetwork', 'id');
    if (!account.items.has(keyOf(network ?? ''))) refuse(400, 'BadRequest', `there is no network ${network}`);
  },
  'Microsoft.DBforPostgreSQL/flexibleServers': (account, path, body, before) => {
    if (account.taken.has(path.name))
      refuse(409, 'ServerNameAlreadyExists', `Server name ${path.name} is taken.`);
    const tier = { B: 'Burstable', D: 'GeneralPurpose', E: 'MemoryOptimized' }[
      String(body.sku?.name)[9] ?? ''
    ];
    if (body.sku === undefined || tier !== body.sku.tier)
      refuse(400, 'InvalidSku', `${body.sku?.name} is not ${body.sku?.tier}`);
    if (!/^1[3-8]$/.test(String(at(body, 'version'))))
      refuse(400, 'InvalidParameterValue', 'no such version');
    if (![32, 64, 128, 256, 512].includes(Number(at(body, 'storage', 'storageSizeGB'))))
      refuse(400, 'InvalidParameterValue', 'no such size of storage');
    const login = String(at(body, 'administratorLogin') ?? '');
    if (
      !/^[a-z]\w*$/i.test(login) ||
      /^(azure_|pg_)|^(admin|administrator|root|guest|public|postgres)$/i.test(login)
    )
      refuse(400, 'InvalidParameterValue', `${login} cannot be the administrator`);
    const password = String(at(body, 'administratorLoginPassword') ?? '');
    const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w]/].filter((kind) => kind.test(password)).length;
    if (before === undefined && (password.length < 8 || password.length > 128 || kinds < 3))
      refuse(400, 'PasswordNotComplex', 'the password is not complex enough');
    const subnet = subnetAt(account, at<string>(body, 'network', 'delegatedSubnetResourceId') ?? '');
    if (subnet.delegation !== path.type)
      refuse(400, 'SubnetDelegationInvalid', 'the subnet is not delegated to servers');
    const zone = at<string>(body, 'network', 'privateDnsZoneArmResourceId') ?? '';
    const found = account.items.get(keyOf(zone));
    if (found === undefined || !/(^|\.)postgres\.database\.azure\.com$/.test(found.name))
      refuse(400, 'InvalidPrivateDnsZone', `${zone} is no zone of servers`);
    const linked = [...account.items.values()].some(
      (item) =>
        item.path.toLowerCase().startsWith(`${keyOf(zone)}/virtualnetworklinks/`) &&
        item.state === 'Succeeded',
    );
    if (!linked) refuse(400, 'PrivateDnsZoneNotLinked', `${zone} is not linked to the network`);
  },
};

/** Throws what the service would say where something may not go yet. */
export function whyNotDelete(account: Subscription, item: Item): void {
  if (item.type === 'Microsoft.Network/virtualNetworks') {
    const users = subnetsOf(item.body).flatMap(({ name }) =>
      usersOf(account, `${item.path}/subnets/${name}`),
    );
    if (users.length > 0)
      refuse(400, 'InUseSubnetCannotBeDeleted', `a subnet is in use by ${users.join(', ')}`);
  }
  if (item.type === 'Microsoft.Network/privateDnsZones') {
    const links = [...account.items.values()].filter(({ path }) =>
      keyOf(path).startsWith(`${keyOf(item.path)}/`),
    );
    if (links.length > 0) refuse(409, 'CannotDeleteResource', 'the zone has nested resources');
  }
}

function usersOf(account: Subscription, subnet: string): readonly string[] {
  return [...account.items.values()]
    .filter((item) => /\/(managedClusters|flexibleServers)$/.test(item.type))
    .filter((item) => JSON.stringify(item.body).toLowerCase().includes(`"${subnet.toLowerCase()}"`))
    .map(({ name }) => name);
}

function subnetsOf(body: Body) {
  const subnets =
    at<readonly { readonly name: string; readonly properties: Readonly<Record<string, unknown>> }[]>(
      body,
      'subnets',
    ) ?? [];
  return subnets.map(({ name, properties }) => ({
    name,
    prefix: String(properties.addressPrefix),
    delegation: (
      properties.delegations as
        | readonly { readonly properties: { readonly serviceName: string } }[]
        | undefined
    )?.[0]?.properties.serviceName,
  }));
}

function subnetAt(account: Subscription, id: string) {
  const network = account.items.get(keyOf(id.slice(0, id.lastIndexOf('/subnets/'))));
  const subnet = network && subnetsOf(network.body).find(({ name }) => id.endsWith(`/subnets/${name}`));
  if (subnet === undefined) return refuse(400, 'SubnetNotFound', `there is no subnet ${id}`);
  return { ...subnet, length: Number(subnet.prefix.split('/')[1]) };
}

function within(inner: string, outer: string): boolean {
  const [[a, x], [b, y]] = [inner, outer].map((range) => {
    const [address = '', length = ''] = range.split('/');
    return [address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0), Number(length)] as const;
  }) as [readonly [number, number], readonly [number, number]];
  const size = 2 ** (32 - y);
  return x >= y && Math.floor(a / size) === Math.floor(b / size);
}

function scopeOf(item: Item): string {
  return keyOf(item.path.slice(0, item.path.lastIndexOf('/providers/')));
}

/** A value within a body's properties. */
export function at<Value = unknown>(body: Body, ...path: readonly string[]): Value | undefined {
  let value: unknown = body.properties;
  for (const key of path)
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return value as Value | undefined;
}

function refuse(status: number, code: string, message: string): never {
  throw new Refused(status, code, message);
}
