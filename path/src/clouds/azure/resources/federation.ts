import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import type { Api } from '../api.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';
import type { AksCluster } from './cluster.ts';
import type { Identity } from './identity.ts';

/** Lets a ServiceAccount of the cluster be a managed identity: the cluster's own tokens stand for it, no key does. */
export function federationResource(
  project: Project,
  identity: Resource<Api, Identity>,
  cluster: Resource<Api, AksCluster>,
  account: { readonly namespace: string; readonly name: string },
): Resource<Api, Known> {
  const properties = {
    subject: `system:serviceaccount:${account.namespace}:${account.name}`,
    audiences: ['api://AzureADTokenExchange'],
  };
  return armResource<Known>({
    id: `federation-${account.name}`,
    kind: 'federated credential',
    name: account.name,
    needs: [identity, cluster],
    desired: { properties },
    deadline: 300,
    project,
    version: versions.identity,
    path: (_api, seen) => `${seen.of(identity).id}/federatedIdentityCredentials/${account.name}`,
    // A cluster that is made anew has a new issuer.
    body: (_api, seen) => ({ properties: { ...properties, issuer: seen.of(cluster).issuer } }),
    value: (_answer, known) => known,
    ownedBy: identity,
    compared: (seen) => ({ properties: { ...properties, issuer: seen.of(cluster).issuer } }),
  });
}
