import { type Reply, refusal, type Subscription } from './account.ts';
import { armPath, keyOf } from './path.ts';
import type { Item } from './rules.ts';

/**
 * Answers what is asked of the subscription itself, of services and of lists; undefined where a resource is meant. Asking
 * in such a way changes nothing but registrations.
 */
export function askedOf(
  account: Subscription,
  method: string,
  path: string,
  query: URLSearchParams,
  body: unknown,
): Reply | undefined {
  const root = `/subscriptions/${account.id}`;
  const lower = path.toLowerCase();
  const rest = lower.startsWith(root) ? path.slice(root.length) : undefined;
  if (method === 'GET' && lower === '/subscriptions')
    return { status: 200, body: { value: [self(account)] } };
  if (rest === '' && method === 'GET') return { status: 200, body: self(account) };
  const provider = /^\/providers\/([\w.]+)(\/register)?$/.exec(rest ?? '');
  if (provider?.[1] !== undefined)
    return registration(account, provider[1], method, provider[2] !== undefined);
  if (rest === '/providers/Microsoft.Authorization/permissions')
    return { status: 200, body: { value: [{ actions: account.granted, notActions: [] }] } };
  if (/\/providers\/Microsoft\.(Compute|Network)\/locations\/\w+\/usages$/.test(rest ?? ''))
    return { status: 200, body: { value: usages(account) } };
  const operation = /\/operations\/([\da-f-]+)$/.exec(rest ?? '');
  if (operation?.[1] !== undefined) return operationReply(account.operations.get(operation[1]));
  const check = /^\/providers\/(Microsoft\.\w+)\/checkNameAvailability$/.exec(rest ?? '');
  if (check?.[1] !== undefined && method === 'POST') {
    const problem = account.models.problem(`POST ${check[1]}/checkNameAvailability`, body);
    if (problem !== undefined) return refusal(400, 'InvalidRequestContent', problem);
    const { name } = body as { readonly name: string };
    return { status: 200, body: { nameAvailable: !account.taken.has(name) } };
  }
  const parsed = armPath(path);
  if (method === 'GET' && /^\/providers\/Microsoft\.Network\/dnszones$/i.test(rest ?? ''))
    return listed(account, (item) => item.type === 'Microsoft.Network/dnsZones');
  if (method === 'GET' && rest === '/resources') {
    const tag = /tagName eq '([^']*)' and tagValue eq '([^']*)'/.exec(query.get('$filter') ?? '');
    return listed(account, (item) => tracked(item) && item.body.tags?.[tag?.[1] ?? ''] === tag?.[2]);
  }
  if (method === 'GET' && parsed?.rest === 'resources') {
    account.groupOf(parsed);
    return listed(account, (item) => tracked(item) && item.group === keyOf(parsed.group ?? ''));
  }
  if (method === 'POST' && parsed?.rest === 'listClusterUserCredential') {
    const item = account.look(keyOf(path.slice(0, path.lastIndexOf('/'))));
    if (item?.state !== 'Succeeded') return refusal(404, 'ResourceNotFound', 'no such cluster');
    return { status: 200, body: { kubeconfigs: [{ name: 'clusterUser', value: account.kubeconfig(item) }] } };
  }
  return undefined;
}

function operationReply(item: Item | undefined): Reply {
  if (item === undefined) return refusal(404, 'NotFound', 'no such operation');
  const status = { Creating: 'InProgress', Updating: 'InProgress', Deleting: 'Canceled' }[
    item.state as string
  ];
  const error = { code: 'ProvisioningFailed', message: item.why };
  return {
    status: 200,
    body: { status: status ?? item.state, ...(item.state === 'Failed' ? { error } : {}) },
  };
}

function self(account: Subscription): object {
  return {
    id: `/subscriptions/${account.id}`,
    subscriptionId: account.id,
    displayName: 'Stand-in',
    state: 'Enabled',
  };
}

function registration(account: Subscription, service: string, method: string, register: boolean): Reply {
  if (register && method === 'POST') account.registered.set(service, 'Registering');
  const state = account.registered.get(service) ?? 'NotRegistered';
  if (state === 'Registering' && method === 'GET') account.registered.set(service, 'Registered');
  return { status: 200, body: { namespace: service, registrationState: state } };
}

function usages(account: Subscription): readonly object[] {
  return Object.entries(account.quota).map(([value, limit]) => ({ name: { value }, currentValue: 0, limit }));
}

function listed(account: Subscription, wanted: (item: Item) => boolean): Reply {
  return {
    status: 200,
    body: { value: [...account.items.values()].filter(wanted).map((item) => account.shown(item)) },
  };
}

/** Lists of resources have those alone that take tags. */
function tracked({ type }: Item): boolean {
  return type.split('/').length === 2 && !/^Microsoft\.(Resources|Authorization)/.test(type);
}
