import { parse } from 'yaml';
import { StepFailed } from '../../core/failure.ts';
import type { ManagedDatabase } from '../../core/handover.ts';
import type { Project, Service } from '../../project/project.ts';
import type { ManagedCluster } from '../cloud.ts';
import type { Resource, Seen } from '../resource.ts';
import { pause } from '../work.ts';
import { type Answer, type Api, text } from './api.ts';
import { administrator, type DatabaseServer, newPassword } from './resources/database.ts';
import { addresses } from './resources/network.ts';
import { resourcesOf } from './stack.ts';
import { apiServerScope } from './token.ts';
import { versions } from './versions.ts';

/** The cluster as the path goes on with it. */
export async function managedCluster(api: Api, project: Project, seen: Seen): Promise<ManagedCluster> {
  const { cluster, servers, certificates, names } = resourcesOf(project);
  const { id, version } = seen.of(cluster);
  const door = await doorOf(api, id, seen.signal);
  const acme = project.target.cloud?.acme;
  const zone = seen.find(names);
  const identity = seen.find(certificates);
  return {
    name: cluster.name,
    version: `v${version}`,
    ...door,
    token: () => api.token(apiServerScope),
    // Azure's load balancer asks whether a node answers; with this it asks the gateway's own port, not a page of it.
    loadBalancer: { 'service.beta.kubernetes.io/azure-load-balancer-health-probe-protocol': 'tcp' },
    objects: [],
    storageClass: 'managed-csi',
    databases: Object.fromEntries(
      servers.map(({ service, server }) => [service.name, databaseOf(api, server, service, seen)]),
    ),
    ...(acme === undefined || zone === undefined || identity === undefined
      ? {}
      : {
          acme: {
            ...acme,
            dns01: {
              azureDNS: {
                subscriptionID: api.subscription,
                resourceGroupName: groupOf(zone.id),
                hostedZoneName: zone.domain,
                environment: 'AzurePublicCloud',
                managedIdentity: { clientID: identity.client },
              },
            },
          },
          certificates: { 'azure.workload.identity/client-id': identity.client },
          // The cluster's webhook gives its token to pods that ask for it.
          certificatePods: { 'azure.workload.identity/use': 'true' },
        }),
  };
}

/** The group in a resource's path. */
function groupOf(id: string): string {
  return /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? '';
}

/** Where the API server is and who vouches for it: AKS tells that in a kubeconfig alone, which has no key in it. */
async function doorOf(
  api: Api,
  cluster: string,
  signal: AbortSignal,
): Promise<{ readonly server: string; readonly authority: string }> {
  const answer = await api.send('POST', `${cluster}/listClusterUserCredential`, versions.cluster, signal);
  const [first] = Array.isArray(answer.kubeconfigs) ? (answer.kubeconfigs as readonly Answer[]) : [];
  const document: unknown = parse(Buffer.from(text(first, 'value') ?? '', 'base64').toString('utf8'));
  const [entry] = (document as { readonly clusters?: readonly unknown[] } | null)?.clusters ?? [];
  const server = text(entry, 'cluster', 'server');
  const authority = text(entry, 'cluster', 'certificate-authority-data');
  if (server === undefined || authority === undefined)
    throw new StepFailed({ what: `AKS does not say where the API server of ${cluster} is` });
  return { server, authority: Buffer.from(authority, 'base64').toString('utf8') };
}

/** Milliseconds that a server may take to take a new password. */
const patience = 10 * 60_000;

function databaseOf(
  api: Api,
  server: Resource<Api, DatabaseServer>,
  _service: Service,
  seen: Seen,
): ManagedDatabase {
  const { id, host } = seen.of(server);
  return {
    host,
    port: 5432,
    cidr: addresses.database,
    admin: {
      username: administrator,
      // Nobody has kept the last one: it was used for one Job, and a new one costs a call.
      async password() {
        const password = newPassword();
        await api.send('PATCH', id, versions.database, seen.signal, {
          properties: { administratorLoginPassword: password.reveal() },
        });
        await settled(api, id, seen.signal);
        return password;
      },
    },
  };
}

async function settled(api: Api, id: string, signal: AbortSignal): Promise<void> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  const until = performance.now() + patience;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await api.get(id, versions.database, signal);
    if (text(answer, 'properties', 'state') === 'Ready') return;
    if (performance.now() > until)
      throw new StepFailed({
        what: `the database server ${id} does not become ready after a change of its password`,
      });
    await sleep(pause(attempt), undefined, { signal });
  }
}
