import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Answer, type Api, part, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';
import type { Identity } from './identity.ts';
import { subnetOf } from './network.ts';

/** A cluster as AKS tells of it. */
export interface AksCluster extends Known {
  /** `1.35.2` */
  readonly version: string;
  /** Who signs its ServiceAccounts' tokens. */
  readonly issuer: string;
  /** The identity that its nodes pull images with. */
  readonly kubelet: string;
  /** The group that Azure keeps its machines, disks and load balancers in; it goes with the cluster. */
  readonly nodeGroup: string;
}

/** An AKS Automatic cluster in the project's own network. */
export function clusterResource(
  project: Project,
  needs: {
    readonly network: Resource<Api, Known>;
    readonly identity: Resource<Api, Identity>;
    readonly mayUseNetwork: Resource<Api, Known>;
  },
): Resource<Api, AksCluster> {
  const { region = '', access = [] } = project.target.cloud ?? {};
  const name = stackName(project);
  const apiServer = { enableVnetIntegration: true, authorizedIPRanges: access };
  const properties = {
    dnsPrefix: name,
    nodeResourceGroup: nodeGroupOf(project),
    // One public load balancer for both ways: a NAT gateway would cost more than the nodes.
    networkProfile: { outboundType: 'loadBalancer' },
    // The path brings its own gateway; the cluster's would be a second load balancer, and a second answer to a route.
    ingressProfile: { webAppRouting: { enabled: false }, gatewayAPI: { installation: 'Disabled' } },
    // Pods of ours are managed identities by these two.
    oidcIssuerProfile: { enabled: true },
    securityProfile: { workloadIdentity: { enabled: true } },
    disableLocalAccounts: true,
    aadProfile: { managed: true, enableAzureRBAC: true },
  };
  const sku = { name: 'Automatic', tier: 'Standard' };
  return armResource<AksCluster>({
    id: 'cluster',
    kind: 'AKS cluster (Automatic)',
    name,
    needs: [needs.network, needs.identity, needs.mayUseNetwork],
    desired: { location: region, sku, properties: { ...properties, apiServerAccessProfile: apiServer } },
    usually: 480,
    deadline: 3600,
    costs: [{ item: 'aks-automatic', quantity: 1 }],
    project,
    ownedBy: 'tags',
    version: versions.cluster,
    path: (api) =>
      pathsOf(project, api.subscription).provider(`Microsoft.ContainerService/managedClusters/${name}`),
    body(_api, seen) {
      const network = seen.of(needs.network);
      return {
        location: region,
        sku,
        identity: {
          type: 'UserAssigned',
          userAssignedIdentities: { [seen.of(needs.identity).id]: {} },
        },
        properties: {
          ...properties,
          apiServerAccessProfile: { ...apiServer, subnetId: subnetOf(network, 'server') },
          // All three subnets or none (Microsoft's documentation of ManagedClusterHostedSystemProfile).
          hostedSystemProfile: {
            enabled: true,
            nodeSubnetID: subnetOf(network, 'nodes'),
            systemNodeSubnetID: subnetOf(network, 'system'),
          },
        },
      };
    },
    value: (answer, known) => ({
      ...known,
      version: text(answer, 'properties', 'currentKubernetesVersion') ?? '',
      issuer: text(answer, 'properties', 'oidcIssuerProfile', 'issuerURL') ?? '',
      kubelet: text(answer, 'properties', 'identityProfile', 'kubeletidentity', 'objectId') ?? '',
      nodeGroup: text(answer, 'properties', 'nodeResourceGroup') ?? '',
    }),
    why,
    compared: {
      properties: {
        disableLocalAccounts: true,
        apiServerAccessProfile: { authorizedIPRanges: access },
        oidcIssuerProfile: { enabled: true },
        securityProfile: { workloadIdentity: { enabled: true } },
        aadProfile: { enableAzureRBAC: true },
      },
    },
  });
}

/** What the group of the cluster's machines is called; the cluster makes it and takes it away. At most 80 characters. */
export function nodeGroupOf(project: Project): string {
  return `${stackName(project)}-nodes`;
}

function why(answer: Answer): string | undefined {
  return text(part(answer, 'properties', 'status', 'provisioningError'), 'message');
}
