import type { Project } from '../../../project/project.ts';
import { isOurs } from '../../ownership.ts';
import { type AwsResource, filtersOf, first, nameOf, recordOf, tagsOf } from './aws-resource.ts';
import { networkRange, type WithId } from './network.ts';

/** Who may reach the databases: the network, which has nothing else in it. */
export function databaseFirewall(project: Project, network: AwsResource<WithId>): AwsResource<WithId> {
  const name = nameOf(project, 'databases');
  const rule = { IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432 };
  const ingress = { ...rule, IpRanges: [{ CidrIp: networkRange, Description: 'nodes and pods' }] };
  return {
    id: 'firewall-databases',
    kind: 'Security group',
    name,
    needs: [network],
    desired: { ingress: `tcp 5432 from ${networkRange}` },
    deadline: 900,
    async find(api) {
      const ec2 = await api.ec2();
      const { SecurityGroups } = await ec2.describeSecurityGroups({ Filters: filtersOf(project, name) });
      const found = first(SecurityGroups, ({ GroupId }) => GroupId);
      if (found?.GroupId === undefined) return undefined;
      const open = (found.IpPermissions ?? []).some(
        ({ FromPort, IpRanges = [] }) =>
          FromPort === 5432 && IpRanges.some(({ CidrIp }) => CidrIp === networkRange),
      );
      return {
        state: 'ready',
        ours: true,
        value: { id: found.GroupId },
        drift: open ? [] : [{ path: '.IpPermissions[5432]', after: networkRange }],
      };
    },
    async create(api, seen) {
      const ec2 = await api.ec2();
      const { GroupId } = await ec2.createSecurityGroup({
        GroupName: name,
        Description: `ptp: databases of ${project.name}, target ${project.target.name}`,
        VpcId: seen.of(network).id,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: tagsOf(project, name) }],
      });
      await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [ingress] });
    },
    async update(api, _seen, { value }) {
      const ec2 = await api.ec2();
      await ec2.authorizeSecurityGroupIngress({ GroupId: value.id, IpPermissions: [ingress] });
    },
    async delete(api, _seen, { value }) {
      await (await api.ec2()).deleteSecurityGroup({ GroupId: value.id });
    },
  };
}

/** The subnets that databases may be in: two zones, as RDS asks for, and no way to the Internet. */
export function databaseSubnets(
  project: Project,
  subnets: readonly AwsResource<WithId>[],
): AwsResource<{ readonly name: string }> {
  const name = nameOf(project, 'databases');
  return {
    id: 'subnets-databases',
    kind: 'RDS subnet group',
    name,
    needs: subnets,
    desired: { subnets: subnets.map((one) => one.name) },
    deadline: 300,
    async find(api, seen) {
      const rds = await api.rds();
      const { DBSubnetGroups = [] } = await rds.describeDBSubnetGroups({ DBSubnetGroupName: name });
      const found = DBSubnetGroups[0];
      if (found === undefined) return undefined;
      const { TagList } = await rds.listTagsForResource({ ResourceName: found.DBSubnetGroupArn });
      const has = (found.Subnets ?? []).map(({ SubnetIdentifier = '' }) => SubnetIdentifier);
      const lacking = subnets.filter((one) => {
        const id = seen.find(one)?.id;
        return id !== undefined && !has.includes(id);
      });
      return {
        state: 'ready',
        ours: isOurs(recordOf(TagList), project),
        value: { name },
        drift: lacking.map((one) => ({ path: `.Subnets[${one.id}]`, after: one.name })),
      };
    },
    async create(api, seen) {
      const rds = await api.rds();
      await rds.createDBSubnetGroup({
        DBSubnetGroupName: name,
        DBSubnetGroupDescription: `ptp: ${project.name}, target ${project.target.name}`,
        SubnetIds: subnets.map((one) => seen.of(one).id),
        Tags: tagsOf(project, name),
      });
    },
    async update(api, seen) {
      const rds = await api.rds();
      await rds.modifyDBSubnetGroup({
        DBSubnetGroupName: name,
        SubnetIds: subnets.map((one) => seen.of(one).id),
      });
    },
    async delete(api) {
      await (await api.rds()).deleteDBSubnetGroup({ DBSubnetGroupName: name });
    },
  };
}
