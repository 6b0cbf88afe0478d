import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { AwsResource } from './aws-resource.ts';
import type { EksCluster } from './cluster.ts';
import type { Role } from './identity.ts';
import type { WithId } from './network.ts';

/** That pods of one ServiceAccount may take a role on (EKS Pod Identity; Auto Mode has its agent). */
export function podIdentity(
  project: Project,
  own: AwsResource<EksCluster>,
  role: AwsResource<Role>,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
): AwsResource<WithId> {
  const name = `${namespace}/${serviceAccount}`;
  const clusterName = own.name;
  return {
    id: 'pod-identity',
    kind: 'EKS pod identity',
    name,
    needs: [own, role],
    desired: { role: role.name },
    deadline: 300,
    async find(api, seen) {
      const eks = await api.eks();
      const { associations = [] } = await eks.listPodIdentityAssociations({
        clusterName,
        namespace,
        serviceAccount,
      });
      const id = associations[0]?.associationId;
      if (id === undefined) return undefined;
      const { association } = await eks.describePodIdentityAssociation({ clusterName, associationId: id });
      const wanted = seen.find(role)?.arn;
      return {
        state: 'ready',
        ours: isOurs(association?.tags, project),
        value: { id },
        drift:
          wanted === undefined || association?.roleArn === wanted
            ? []
            : [{ path: '.roleArn', before: association?.roleArn, after: wanted }],
      };
    },
    async create(api, seen) {
      const eks = await api.eks();
      await eks.createPodIdentityAssociation({
        clusterName,
        namespace,
        serviceAccount,
        roleArn: seen.of(role).arn,
        tags: { ...ownTags(project) },
      });
    },
    async update(api, seen, { value }) {
      const eks = await api.eks();
      await eks.updatePodIdentityAssociation({
        clusterName,
        associationId: value.id,
        roleArn: seen.of(role).arn,
      });
    },
    async delete(api, _seen, { value }) {
      const eks = await api.eks();
      await eks.deletePodIdentityAssociation({ clusterName, associationId: value.id });
    },
  };
}
