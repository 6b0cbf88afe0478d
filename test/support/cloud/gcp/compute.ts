import { type Account, type Asked, type Doc, type Handler, Refused, text } from './account.ts';

const base = 'https://www.googleapis.com/compute/v1/';

/** Collections of Compute Engine: where they are, and what an insert adds to what was asked for. */
const collections: Readonly<
  Record<string, { readonly global: boolean; readonly path: string; readonly adds?: Doc }>
> = {
  networks: { global: true, path: 'networks' },
  globalAddresses: { global: true, path: 'addresses', adds: { status: 'RESERVED', address: '10.200.0.0' } },
  firewalls: { global: true, path: 'firewalls' },
  subnetworks: {
    global: false,
    path: 'subnetworks',
    adds: { gatewayAddress: '10.64.0.1', stackType: 'IPV4_ONLY', purpose: 'PRIVATE' },
  },
  routers: { global: false, path: 'routers' },
  addresses: { global: false, path: 'addresses', adds: { status: 'RESERVED', address: '203.0.113.7' } },
  forwardingRules: { global: false, path: 'forwardingRules' },
};

function place({ parameters }: Asked, global: boolean): string {
  return `projects/${parameters.project}/${global ? 'global' : `regions/${parameters.region}`}`;
}

function operation(account: Account, at: string, key: string, turn: () => void): Doc {
  const name = account.begin(key, turn);
  return { name, status: 'RUNNING', selfLink: `${base}${at}/operations/${name}`, kind: 'compute#operation' };
}

/** Who stands on what: it does not go before them. */
function mustNotBeUsed(account: Account, key: string, name: string, collection: string): void {
  const links = new RegExp(`/${collection}/${name}$`);
  const users = [...account.things].filter(
    ([other, doc]) =>
      other !== key &&
      (links.test(text(doc, 'network')) || links.test(text(doc, 'subnetwork'))) &&
      !other.startsWith('sqladmin'),
  );
  const peered = collection === 'networks' && ((account.things.get(key)?.peerings ?? []) as []).length > 0;
  if (users.length === 0 && !peered) return;
  throw new Refused(
    400,
    'resourceInUseByAnotherResource',
    `The ${collection} resource '${name}' is already being used by '${users[0]?.[0] ?? 'a peering'}'`,
  );
}

function expanded(value: unknown): unknown {
  if (typeof value === 'string' && /^projects\/[^/]+\/(global|regions)\//.test(value))
    return `${base}${value}`;
  if (Array.isArray(value)) return value.map(expanded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, expanded(member)]));
}

function standard([collection, { global, path, adds = {} }]: readonly [
  string,
  (typeof collections)[string],
]): readonly (readonly [string, Handler])[] {
  const keyOf = (asked: Asked, name: string) => `compute/${place(asked, global)}/${path}/${name}`;
  const nameOf = ({ parameters }: Asked) =>
    Object.entries(parameters).find(([key]) => !['project', 'region'].includes(key))?.[1] ?? '';
  const at = (asked: Asked) => keyOf(asked, nameOf(asked));
  return [
    [
      `compute.${collection}.insert`,
      (asked) => {
        const { account, body } = asked;
        const name = text(body, 'name');
        if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
          throw new Refused(400, 'invalid', `Invalid value for field 'resource.name': '${name}'`);
        const key = keyOf(asked, name);
        account.mustNotBe(key);
        mustBeThere(account, text(body, 'network'));
        const made = {
          ...(expanded(body) as Doc),
          ...adds,
          id: account.next(),
          selfLink: `${base}${place(asked, global)}/${path}/${name}`,
          creationTimestamp: '2026-11-26T00:00:00Z',
        };
        return operation(account, place(asked, global), key, () => {
          account.put(key, made);
        });
      },
    ],
    [`compute.${collection}.get`, (asked) => asked.account.get(at(asked))],
    [
      `compute.${collection}.list`,
      (asked) => ({ items: asked.account.list(`compute/${place(asked, global)}/${path}`) }),
    ],
    [
      `compute.${collection}.delete`,
      (asked) => {
        const { account } = asked;
        const key = at(asked);
        account.get(key);
        mustNotBeUsed(account, key, nameOf(asked), path);
        return operation(account, place(asked, global), key, () => {
          account.things.delete(key);
        });
      },
    ],
    [
      `compute.${collection}.patch`,
      (asked) => {
        const { account, body } = asked;
        const key = at(asked);
        const now = account.get(key);
        return operation(account, place(asked, global), key, () => {
          account.put(key, { ...now, ...(expanded(body) as Doc) });
        });
      },
    ],
  ];
}

function mustBeThere(account: Account, network: string): void {
  if (network === '' || account.things.has(`compute/${network}`)) return;
  throw new Refused(404, 'notFound', `The resource '${network}' was not found`);
}

const done = ({ account, parameters }: Asked): Doc => ({
  name: parameters.operation,
  kind: 'compute#operation',
  status: account.isDone(parameters.operation ?? '') ? 'DONE' : 'RUNNING',
});

/** Compute Engine v1. */
export const compute: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(Object.entries(collections).flatMap(standard)),
  'compute.globalOperations.get': done,
  'compute.regionOperations.get': done,
  'compute.projects.get': ({ account }) => ({
    name: account.project,
    quotas: [
      {
        metric: 'NETWORKS',
        limit: 5,
        usage: account.list(`compute/projects/${account.project}/global/networks`).length,
      },
      { metric: 'ROUTERS', limit: 10, usage: 0 },
    ],
  }),
  'compute.regions.get': ({ parameters }) => ({
    name: parameters.region,
    quotas: [
      { metric: 'CPUS', limit: 24, usage: 0 },
      { metric: 'IN_USE_ADDRESSES', limit: 8, usage: 0 },
      { metric: 'SSD_TOTAL_GB', limit: 500, usage: 0 },
    ],
  }),
  'compute.disks.aggregatedList': ({ account, query }) => {
    const [, label = '', value = ''] = /^labels\.([\w-]+)=(.*)$/.exec(query.get('filter') ?? '') ?? [];
    const disks = account
      .list(`compute/projects/${account.project}/disks`)
      .filter(({ labels }) => label === '' || (labels as Doc | undefined)?.[label] === value);
    return { items: { 'zones/one': { disks } } };
  },
  'compute.networks.removePeering': (asked) => {
    const { account, parameters, body } = asked;
    const key = `compute/${place(asked, true)}/networks/${parameters.network}`;
    const now = account.get(key);
    const peerings = ((now.peerings ?? []) as readonly Doc[]).filter(({ name }) => name !== body.name);
    return operation(account, place(asked, true), key, () => {
      account.put(key, { ...now, peerings });
    });
  },
};
