import type { Project } from '../../../project/project.ts';
import { ownTags } from '../../ownership.ts';
import type { ResourceState } from '../../resource.ts';
import { type AwsResource, whyOf } from './aws-resource.ts';
import type { EksCluster } from './cluster.ts';

/** One that is there and troubled is for `status` to tell of: making it again would not help. */
const states: Readonly<Record<string, ResourceState>> = {
  CREATING: 'pending',
  CREATE_FAILED: 'failed',
  DELETING: 'deleting',
};

/** A program that EKS itself installs in a cluster, and has a version of for each of Kubernetes's. */
export function addOn(project: Project, own: AwsResource<EksCluster>, addonName: string): AwsResource {
  const clusterName = own.name;
  return {
    id: `add-on-${addonName}`,
    kind: 'EKS add-on',
    name: addonName,
    needs: [own],
    desired: { cluster: clusterName },
    // It is there when its pods run, and they wait for the first node.
    usually: 120,
    deadline: 1200,
    async find(api) {
      const { addon } = await (await api.eks()).describeAddon({ clusterName, addonName });
      if (addon === undefined) return undefined;
      return {
        state: states[addon.status ?? ''] ?? 'ready',
        // Whoever installed it: it is a part of the cluster, and goes with it.
        ours: true,
        value: {},
        drift: [],
        ...whyOf(addon.health),
      };
    },
    async create(api) {
      await (await api.eks()).createAddon({ clusterName, addonName, tags: { ...ownTags(project) } });
    },
    async delete(api) {
      await (await api.eks()).deleteAddon({ clusterName, addonName });
    },
  };
}
