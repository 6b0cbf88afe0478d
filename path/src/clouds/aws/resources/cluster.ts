import type { CreateClusterCommandInput } from '@aws-sdk/client-eks';
import type { FieldChange } from '../../../core/event.ts';
import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags, stackName } from '../../ownership.ts';
import type { ResourceState } from '../../resource.ts';
import type { Aws } from '../api.ts';
import { serviceRange } from '../kind.ts';
import { type AwsResource, whyOf } from './aws-resource.ts';
import type { Role } from './identity.ts';
import type { WithId } from './network.ts';

/** A cluster as EKS tells of it. */
export interface EksCluster {
  readonly name: string;
  readonly version: string;
  readonly server: string;
  /** PEM. */
  readonly authority: string;
}

/** What a cluster is made of. */
export interface ClusterParts {
  readonly role: AwsResource<Role>;
  readonly nodes: AwsResource<Role>;
  readonly subnets: readonly AwsResource<WithId>[];
  /** What has to be there for it to work though it is not named. */
  readonly routes: AwsResource<WithId>;
}

const states: Readonly<Record<string, ResourceState>> = {
  CREATING: 'pending',
  PENDING: 'pending',
  UPDATING: 'pending',
  ACTIVE: 'ready',
  DELETING: 'deleting',
  FAILED: 'failed',
};

/** Kubernetes, its nodes, volumes and load balancers run by AWS (EKS Auto Mode), and the caller's access to it. */
export function cluster(project: Project, parts: ClusterParts): AwsResource<EksCluster> {
  const name = stackName(project);
  const access = accessOf(project);
  return {
    id: 'cluster',
    kind: 'EKS cluster',
    name,
    needs: [parts.role, parts.nodes, ...parts.subnets, parts.routes],
    desired: {
      autoMode: true,
      nodePools: [...nodePools],
      publicAccessCidrs: access,
      endpointPrivateAccess: true,
      supportType: 'STANDARD',
    },
    usually: 600,
    deadline: 2400,
    costs: [{ item: 'eks-cluster', quantity: 1 }],
    async find(api) {
      const eks = await api.eks();
      const { cluster: found } = await eks.describeCluster({ name });
      if (found === undefined) return undefined;
      const state = states[found.status ?? ''] ?? 'pending';
      const vpc = found.resourcesVpcConfig;
      const drift: FieldChange[] = [];
      if (vpc?.publicAccessCidrs !== undefined && !sameSet(vpc.publicAccessCidrs, access))
        drift.push({ path: '.publicAccessCidrs', before: vpc.publicAccessCidrs, after: access });
      if (vpc?.endpointPrivateAccess === false)
        drift.push({ path: '.endpointPrivateAccess', before: false, after: true });
      if (vpc?.endpointPublicAccess === false)
        drift.push({ path: '.endpointPublicAccess', before: false, after: true });
      if (found.computeConfig?.enabled === false)
        drift.push({ path: '.computeConfig.enabled', before: false, after: true });
      if (state === 'ready') drift.push(...(await accessDrift(api, name)));
      return {
        state,
        ours: isOurs(found.tags, project),
        value: {
          name,
          version: found.version ?? '',
          server: found.endpoint ?? '',
          authority: Buffer.from(found.certificateAuthority?.data ?? '', 'base64').toString(),
        },
        drift,
        ...whyOf(found.health),
      };
    },
    async create(api, seen) {
      const eks = await api.eks();
      await eks.createCluster(
        createClusterInput(project, {
          role: seen.of(parts.role).arn,
          nodes: seen.of(parts.nodes).arn,
          subnets: parts.subnets.map((one) => seen.of(one).id),
        }),
      );
    },
    async update(api, seen, { drift }) {
      const eks = await api.eks();
      const has = (...paths: readonly string[]) => drift.some(({ path }) => paths.includes(path));
      if (has('.access.entry'))
        await eks.createAccessEntry({
          clusterName: name,
          principalArn: api.principal,
          tags: { ...ownTags(project) },
        });
      if (has('.access.entry', '.access.policy'))
        await eks.associateAccessPolicy({
          clusterName: name,
          principalArn: api.principal,
          policyArn: adminPolicy(api.partition),
          accessScope: { type: 'cluster' },
        });
      // One update at a time: what is left is seen, and done, by the next look.
      if (has('.publicAccessCidrs', '.endpointPrivateAccess', '.endpointPublicAccess'))
        await eks.updateClusterConfig({
          name,
          resourcesVpcConfig: {
            endpointPublicAccess: true,
            endpointPrivateAccess: true,
            publicAccessCidrs: [...access],
          },
        });
      else if (has('.computeConfig.enabled'))
        await eks.updateClusterConfig({ name, ...autoMode(seen.of(parts.nodes).arn) });
    },
    async delete(api) {
      await (await api.eks()).deleteCluster({ name });
    },
  };
}

const nodePools = ['general-purpose', 'system'] as const;

/** Compute, load balancers and volumes are switched on together: EKS takes all three or none. */
function autoMode(nodeRoleArn: string) {
  return {
    computeConfig: { enabled: true, nodePools: [...nodePools], nodeRoleArn },
    kubernetesNetworkConfig: { elasticLoadBalancing: { enabled: true } },
    storageConfig: { blockStorage: { enabled: true } },
  };
}

/** What CreateCluster is asked for. Pure. The version is the one that EKS takes as its usual one. */
export function createClusterInput(
  project: Project,
  parts: { readonly role: string; readonly nodes: string; readonly subnets: readonly string[] },
): CreateClusterCommandInput {
  const mode = autoMode(parts.nodes);
  return {
    name: stackName(project),
    roleArn: parts.role,
    resourcesVpcConfig: {
      subnetIds: [...parts.subnets],
      endpointPublicAccess: true,
      endpointPrivateAccess: true,
      publicAccessCidrs: [...accessOf(project)],
    },
    ...mode,
    kubernetesNetworkConfig: { ...mode.kubernetesNetworkConfig, serviceIpv4Cidr: serviceRange },
    bootstrapSelfManagedAddons: false,
    // Whoever runs `up` is let in by an entry of their own, so that a second person is let in the same way.
    accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: false },
    // Past its standard support a version costs six times as much; EKS moves the cluster on instead.
    upgradePolicy: { supportType: 'STANDARD' },
    tags: { ...ownTags(project) },
  };
}

function accessOf(project: Project): readonly string[] {
  const ranges = project.target.cloud?.access ?? [];
  return ranges.length === 0 ? ['0.0.0.0/0'] : ranges;
}

function adminPolicy(partition: string): string {
  return `arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`;
}

async function accessDrift(api: Aws, clusterName: string): Promise<readonly FieldChange[]> {
  const eks = await api.eks();
  const { principal: principalArn } = api;
  if (!(await hasEntry(api, clusterName))) return [{ path: '.access.entry', after: principalArn }];
  const { associatedAccessPolicies = [] } = await eks.listAssociatedAccessPolicies({
    clusterName,
    principalArn,
  });
  const admin = adminPolicy(api.partition);
  return associatedAccessPolicies.some(({ policyArn }) => policyArn === admin)
    ? []
    : [{ path: '.access.policy', after: admin }];
}

async function hasEntry(api: Aws, clusterName: string): Promise<boolean> {
  const eks = await api.eks();
  let nextToken: string | undefined;
  do {
    const page = await eks.listAccessEntries({ clusterName, nextToken });
    if (page.accessEntries?.includes(api.principal) === true) return true;
    nextToken = page.nextToken;
  } while (nextToken !== undefined && nextToken !== '');
  return false;
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && new Set([...one, ...other]).size === one.length;
}
