import { type Account, type Asked, type Doc, type Handler, Refused, text } from './account.ts';

const done = (account: Account, name: string): Doc => {
  const id = name.split('/').at(-1) ?? '';
  return account.isDone(id) ? { name, done: true, response: {} } : { name };
};

const accountKey = ({ account, parameters }: Asked, email = parameters.serviceAccountsId) =>
  `iam/projects/${account.project}/serviceAccounts/${email}`;

/** Members of a policy have to be there; those of other projects are believed. */
function checkMembers(account: Account, body: Doc): void {
  const { bindings = [] } = (body.policy ?? {}) as { bindings?: readonly Doc[] };
  for (const member of bindings.flatMap(({ members = [] }) => members as readonly string[])) {
    const email = /^serviceAccount:([^[\]]+)$/.exec(member)?.[1];
    if (email?.endsWith(`@${account.project}.iam.gserviceaccount.com`) !== true) continue;
    if (!account.things.has(`iam/projects/${account.project}/serviceAccounts/${email}`))
      throw new Refused(400, 'INVALID_ARGUMENT', `Service account ${email} does not exist.`);
  }
}

/** IAM v1. */
export const iam: Readonly<Record<string, Handler>> = {
  'iam.projects.serviceAccounts.create': (asked) => {
    const { account, body } = asked;
    const id = text(body, 'accountId');
    if (!/^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/.test(id))
      throw new Refused(400, 'INVALID_ARGUMENT', `Invalid account ID: ${id}`);
    const email = `${id}@${account.project}.iam.gserviceaccount.com`;
    account.mustNotBe(accountKey(asked, email));
    return account.put(accountKey(asked, email), {
      ...(body.serviceAccount as Doc),
      name: `projects/${account.project}/serviceAccounts/${email}`,
      email,
      projectId: account.project,
      uniqueId: account.next(),
    });
  },
  'iam.projects.serviceAccounts.get': (asked) => asked.account.get(accountKey(asked)),
  'iam.projects.serviceAccounts.delete': (asked) => {
    asked.account.get(accountKey(asked));
    asked.account.things.delete(accountKey(asked));
    asked.account.policies.delete(accountKey(asked));
    return {};
  },
  'iam.projects.serviceAccounts.getIamPolicy': (asked) => {
    asked.account.get(accountKey(asked));
    return asked.account.policy(accountKey(asked));
  },
  'iam.projects.serviceAccounts.setIamPolicy': (asked) => {
    const { account, body } = asked;
    account.get(accountKey(asked));
    checkMembers(account, body);
    if (
      /svc\.id\.goog/.test(JSON.stringify(body)) &&
      account.list(`container/projects/${account.project}/locations`).length === 0
    )
      throw new Refused(
        400,
        'INVALID_ARGUMENT',
        `Identity Pool does not exist (${account.project}.svc.id.goog).`,
      );
    return account.setPolicy(accountKey(asked), body);
  },
};

/** Resource Manager v1. */
export const cloudresourcemanager: Readonly<Record<string, Handler>> = {
  'cloudresourcemanager.projects.getIamPolicy': ({ account }) => account.policy('project'),
  'cloudresourcemanager.projects.setIamPolicy': ({ account, body }) => {
    checkMembers(account, body);
    return account.setPolicy('project', body);
  },
  'cloudresourcemanager.projects.testIamPermissions': ({ account, body }) => ({
    permissions: ((body.permissions ?? []) as readonly string[]).filter((each) => !account.lacking.has(each)),
  }),
};

const repositoryKey = ({ account, parameters }: Asked, name = parameters.repositoriesId) =>
  `artifactregistry/projects/${account.project}/locations/${parameters.locationsId}/repositories/${name}`;

/** Artifact Registry v1. */
export const artifactregistry: Readonly<Record<string, Handler>> = {
  'artifactregistry.projects.locations.repositories.create': (asked) => {
    const { account, body, query, parameters } = asked;
    const id = query.get('repositoryId') ?? '';
    if (!/^[a-z]([a-z0-9-]{0,61}[a-z0-9])$/.test(id))
      throw new Refused(400, 'INVALID_ARGUMENT', `repository id "${id}" is invalid`);
    const key = repositoryKey(asked, id);
    account.mustNotBe(key);
    const host = account.reality.registry ?? `${parameters.locationsId}-docker.pkg.dev`;
    const place = `projects/${account.project}/locations/${parameters.locationsId}`;
    const name = account.begin(key, () => {
      account.put(key, {
        ...body,
        name: `${place}/repositories/${id}`,
        registryUri: `${host}/${account.project}/${id}`,
      });
    });
    return { name: `${place}/operations/${name}` };
  },
  'artifactregistry.projects.locations.repositories.get': (asked) => asked.account.get(repositoryKey(asked)),
  'artifactregistry.projects.locations.repositories.delete': (asked) => {
    const { account, parameters } = asked;
    const key = repositoryKey(asked);
    account.get(key);
    const name = account.begin(key, () => {
      account.things.delete(key);
      account.policies.delete(key);
    });
    return { name: `projects/${account.project}/locations/${parameters.locationsId}/operations/${name}` };
  },
  'artifactregistry.projects.locations.repositories.getIamPolicy': (asked) => {
    asked.account.get(repositoryKey(asked));
    return asked.account.policy(repositoryKey(asked));
  },
  'artifactregistry.projects.locations.repositories.setIamPolicy': (asked) => {
    asked.account.get(repositoryKey(asked));
    checkMembers(asked.account, asked.body);
    return asked.account.setPolicy(repositoryKey(asked), asked.body);
  },
  'artifactregistry.projects.locations.operations.get': ({ account, parameters }) =>
    done(
      account,
      `projects/${parameters.projectsId}/locations/${parameters.locationsId}/operations/${parameters.operationsId}`,
    ),
};

const service = ({ account }: Asked, id: string): Doc => ({
  name: `projects/${account.number}/services/${id}`,
  parent: `projects/${account.number}`,
  state: account.enabled.has(id) ? 'ENABLED' : 'DISABLED',
});

function mustBeProject({ account, parameters }: Asked): void {
  const id = parameters.v1Id1;
  if (id !== account.project && id !== account.number)
    throw new Refused(
      403,
      'PERMISSION_DENIED',
      `Not found or permission denied for service(s) of projects/${id}.`,
    );
}

/** Service Usage v1. */
export const serviceusage: Readonly<Record<string, Handler>> = {
  'serviceusage.services.get': (asked) => {
    mustBeProject(asked);
    return service(asked, asked.parameters.servicesId ?? '');
  },
  'serviceusage.services.batchGet': (asked) => {
    mustBeProject(asked);
    const names = asked.query.getAll('names').map((name) => name.split('/').at(-1) ?? '');
    for (const name of names) asked.account.look(`serviceusage/${name}`);
    return { services: names.map((name) => service(asked, name)) };
  },
  'serviceusage.services.batchEnable': (asked) => {
    mustBeProject(asked);
    const { account, body } = asked;
    const ids = (body.serviceIds ?? []) as readonly string[];
    if (ids.length > 20)
      throw new Refused(400, 'INVALID_ARGUMENT', 'A single request can enable a maximum of 20 services');
    const name = account.begin(`serviceusage/${ids[0]}`, () => {
      for (const id of ids) account.enabled.add(id);
    });
    return { name: `operations/${name}` };
  },
  'serviceusage.operations.get': ({ account, parameters }) =>
    done(account, `operations/${parameters.operationsId}`),
};

const peering = 'servicenetworking-googleapis-com';

function networkOf({ account, body }: Asked, key: string): readonly [string, Doc] {
  const path = text(body, key).replace(`projects/${account.number}/`, `projects/${account.project}/`);
  if (path === text(body, key))
    throw new Refused(400, 'INVALID_ARGUMENT', 'the network has to be named by the number of its project');
  const at = `compute/${path}`;
  return [at, account.get(at)];
}

/** Service Networking v1. */
export const servicenetworking: Readonly<Record<string, Handler>> = {
  'servicenetworking.services.connections.create': (asked) => {
    const { account, body } = asked;
    const [key, network] = networkOf(asked, 'network');
    for (const range of (body.reservedPeeringRanges ?? []) as readonly string[])
      account.get(`compute/projects/${account.project}/global/addresses/${range}`);
    const peerings = (network.peerings ?? []) as readonly Doc[];
    if (peerings.some(({ name }) => name === peering))
      throw new Refused(
        400,
        'FAILED_PRECONDITION',
        'Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection.',
      );
    const name = account.begin(key, () => {
      account.put(key, { ...network, peerings: [...peerings, { name: peering, state: 'ACTIVE' }] });
    });
    return { name: `operations/${name}` };
  },
  'servicenetworking.services.connections.deleteConnection': (asked) => {
    const { account } = asked;
    const [key, network] = networkOf(asked, 'consumerNetwork');
    if (
      account.lingering ||
      account
        .list(`sqladmin/projects/${account.project}/instances`)
        .some((each) => JSON.stringify(each).includes(key.slice('compute/'.length)))
    )
      throw new Refused(
        400,
        'FAILED_PRECONDITION',
        'Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection.',
      );
    const peerings = ((network.peerings ?? []) as readonly Doc[]).filter(({ name }) => name !== peering);
    const name = account.begin(key, () => {
      account.put(key, { ...network, peerings });
    });
    return { name: `operations/${name}` };
  },
  'servicenetworking.operations.get': ({ account, parameters }) =>
    done(account, `operations/${parameters.operationsId}`),
};
