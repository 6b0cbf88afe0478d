import { type Asked, type Doc, type Handler, Refused, text } from './account.ts';

const placeOf = ({ parameters }: Asked) =>
  `projects/${parameters.projectsId}/locations/${parameters.locationsId}`;
const keyOf = (asked: Asked, name = asked.parameters.clustersId) =>
  `container/${placeOf(asked)}/clusters/${name}`;

/** What Kubernetes Engine refuses that its document does not say, as far as it is known. */
function check(asked: Asked, cluster: Doc): void {
  const invalid = (message: string) => new Refused(400, 'INVALID_ARGUMENT', message);
  const name = text(cluster, 'name');
  if (!/^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/.test(name))
    throw invalid(`Invalid value for field "cluster.name": "${name}"`);
  for (const key of ['network', 'subnetwork'])
    if (!asked.account.things.has(`compute/${text(cluster, key)}`))
      throw invalid(`${key} "${text(cluster, key)}" does not exist`);
  const { account } = asked;
  const defaults = (cluster.autoscaling as Doc | undefined)?.autoprovisioningNodePoolDefaults as
    | Doc
    | undefined;
  const email = defaults?.serviceAccount;
  if (email !== undefined && !account.things.has(`iam/projects/${account.project}/serviceAccounts/${email}`))
    throw invalid(`service account "${email}" does not exist`);
}

function operation(asked: Asked, type: string, key: string, turn: () => void): Doc {
  const name = asked.account.begin(key, turn);
  return { name, status: 'RUNNING', operationType: type };
}

/** Kubernetes Engine v1. */
export const container: Readonly<Record<string, Handler>> = {
  'container.projects.locations.clusters.create': (asked) => {
    const { account, body } = asked;
    const cluster = body.cluster as Doc;
    check(asked, cluster);
    const key = keyOf(asked, text(cluster, 'name'));
    account.mustNotBe(key);
    const { apiServer } = account.reality;
    const network = text(cluster, 'network');
    const made = {
      ...cluster,
      location: asked.parameters.locationsId,
      status: 'PROVISIONING',
      createTime: '2026-11-26T00:00:00Z',
      workloadIdentityConfig: { workloadPool: `${account.project}.svc.id.goog` },
      networkConfig: {
        ...((cluster.networkConfig ?? {}) as Doc),
        network,
        datapathProvider: 'ADVANCED_DATAPATH',
      },
    };
    account.put(key, made);
    return operation(asked, 'CREATE_CLUSTER', key, () => {
      if (account.failing.has(text(cluster, 'name'))) {
        const conditions = [{ code: 'GCE_STOCKOUT', message: 'no capacity in the zone' }];
        account.put(key, { ...made, status: 'ERROR', conditions });
        return;
      }
      account.put(key, {
        ...made,
        status: 'RUNNING',
        currentMasterVersion: '1.36.2-gke.1001',
        endpoint: apiServer === undefined ? '203.0.113.10' : new URL(apiServer.url).host,
        masterAuth: {
          clusterCaCertificate: Buffer.from(apiServer?.authority ?? 'authority').toString('base64'),
        },
      });
    });
  },
  'container.projects.locations.clusters.get': (asked) => asked.account.get(keyOf(asked)),
  'container.projects.locations.clusters.list': ({ account }) => ({
    clusters: account.list(`container/projects/${account.project}/locations`),
  }),
  'container.projects.locations.clusters.update': (asked) => {
    const { account, body } = asked;
    const key = keyOf(asked);
    const now = account.get(key);
    if (account.isTurning(key))
      throw new Refused(400, 'FAILED_PRECONDITION', 'Cluster is running incompatible operation operation-1.');
    const changes = Object.entries(body.update as Doc);
    if (changes.length !== 1)
      throw new Refused(400, 'INVALID_ARGUMENT', 'Only one update can be applied to a cluster.');
    const renamed = changes.map(([name, value]) => {
      const rest = name.replace(/^desired/, '');
      return [rest.charAt(0).toLowerCase() + rest.slice(1), value] as const;
    });
    account.put(key, { ...now, status: 'RECONCILING' });
    return operation(asked, 'UPDATE_CLUSTER', key, () => {
      account.put(key, { ...now, ...Object.fromEntries(renamed), status: 'RUNNING' });
    });
  },
  'container.projects.locations.clusters.delete': (asked) => {
    const { account } = asked;
    const key = keyOf(asked);
    const now = account.get(key);
    if (account.isTurning(key))
      throw new Refused(400, 'FAILED_PRECONDITION', 'Cluster is running incompatible operation operation-1.');
    account.put(key, { ...now, status: 'STOPPING' });
    return operation(asked, 'DELETE_CLUSTER', key, () => {
      account.things.delete(key);
    });
  },
  'container.projects.locations.operations.get': ({ account, parameters }) => ({
    name: parameters.operationsId,
    status: account.isDone(parameters.operationsId ?? '') ? 'DONE' : 'RUNNING',
  }),
};
