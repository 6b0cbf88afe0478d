import type { Project } from '../../../project/project.ts';
import { stackName } from '../../ownership.ts';
import { type AwsResource, filtersOf, first, nameOf, recordOf, tagsOf } from './aws-resource.ts';

/** Anything that EC2 gives an identifier. */
export interface WithId {
  readonly id: string;
}

/** All addresses of the network, pods' and databases' among them. */
export const networkRange = '10.20.0.0/16';

/** A network of the project's own. */
export function vpc(project: Project): AwsResource<WithId> {
  const name = nameOf(project, 'vpc');
  return {
    id: 'vpc',
    kind: 'VPC',
    name,
    needs: [],
    desired: { CidrBlock: networkRange, EnableDnsHostnames: true },
    deadline: 900,
    async find(api) {
      const ec2 = await api.ec2();
      const { Vpcs } = await ec2.describeVpcs({ Filters: filtersOf(project, name) });
      const found = first(Vpcs, ({ VpcId }) => VpcId);
      if (found?.VpcId === undefined) return undefined;
      const { EnableDnsHostnames } = await ec2.describeVpcAttribute({
        VpcId: found.VpcId,
        Attribute: 'enableDnsHostnames',
      });
      const named = EnableDnsHostnames?.Value === true;
      return {
        state: found.State === 'pending' ? 'pending' : 'ready',
        ours: true,
        value: { id: found.VpcId },
        drift: named ? [] : [{ path: '.EnableDnsHostnames', before: false, after: true }],
      };
    },
    async create(api) {
      const ec2 = await api.ec2();
      const TagSpecifications = [{ ResourceType: 'vpc' as const, Tags: tagsOf(project, name) }];
      const { Vpc } = await ec2.createVpc({ CidrBlock: networkRange, TagSpecifications });
      await ec2.modifyVpcAttribute({ VpcId: Vpc?.VpcId, EnableDnsHostnames: { Value: true } });
    },
    async update(api, _seen, { value }) {
      const ec2 = await api.ec2();
      await ec2.modifyVpcAttribute({ VpcId: value.id, EnableDnsHostnames: { Value: true } });
    },
    async delete(api, _seen, { value }) {
      const ec2 = await api.ec2();
      // The cluster's controllers leave security groups behind, which hold the network.
      const { SecurityGroups = [] } = await ec2.describeSecurityGroups({
        Filters: [{ Name: 'vpc-id', Values: [value.id] }],
      });
      for (const { GroupId, GroupName, Tags } of SecurityGroups)
        if (GroupName !== 'default' && madeByCluster(recordOf(Tags), stackName(project)))
          await ec2.deleteSecurityGroup({ GroupId });
      await ec2.deleteVpc({ VpcId: value.id });
    },
  };
}

/** Whether tags are those that EKS and its controllers put on what they make for a cluster. */
export function madeByCluster(tags: Readonly<Record<string, string | undefined>>, cluster: string): boolean {
  return (
    ['eks:eks-cluster-name', 'aws:eks:cluster-name', 'elbv2.k8s.aws/cluster'].some(
      (key) => tags[key] === cluster,
    ) || tags[`kubernetes.io/cluster/${cluster}`] !== undefined
  );
}

/** The network's way to the Internet. */
export function internetGateway(project: Project, network: AwsResource<WithId>): AwsResource<WithId> {
  const name = nameOf(project, 'gateway');
  return {
    id: 'internet-gateway',
    kind: 'Internet gateway',
    name,
    needs: [network],
    desired: { attached: network.name },
    deadline: 900,
    async find(api, seen) {
      const ec2 = await api.ec2();
      const { InternetGateways } = await ec2.describeInternetGateways({ Filters: filtersOf(project, name) });
      const found = first(InternetGateways, ({ InternetGatewayId }) => InternetGatewayId);
      if (found?.InternetGatewayId === undefined) return undefined;
      const attached = (found.Attachments ?? []).some(({ VpcId }) => VpcId === seen.find(network)?.id);
      return {
        state: 'ready',
        ours: true,
        value: { id: found.InternetGatewayId },
        drift: attached ? [] : [{ path: '.Attachments', after: network.name }],
      };
    },
    async create(api, seen) {
      const ec2 = await api.ec2();
      const TagSpecifications = [{ ResourceType: 'internet-gateway' as const, Tags: tagsOf(project, name) }];
      const { InternetGateway } = await ec2.createInternetGateway({ TagSpecifications });
      await ec2.attachInternetGateway({
        InternetGatewayId: InternetGateway?.InternetGatewayId,
        VpcId: seen.of(network).id,
      });
    },
    async update(api, seen, { value }) {
      const ec2 = await api.ec2();
      await ec2.attachInternetGateway({ InternetGatewayId: value.id, VpcId: seen.of(network).id });
    },
    async delete(api, _seen, { value }) {
      const ec2 = await api.ec2();
      const { InternetGateways = [] } = await ec2.describeInternetGateways({
        InternetGatewayIds: [value.id],
      });
      for (const { VpcId } of InternetGateways[0]?.Attachments ?? [])
        if (VpcId !== undefined) await ec2.detachInternetGateway({ InternetGatewayId: value.id, VpcId });
      await ec2.deleteInternetGateway({ InternetGatewayId: value.id });
    },
  };
}

/** Zones in which EKS does not place its control plane. */
const withoutEks = new Set(['use1-az3', 'usw1-az2', 'cac1-az3']);

/**
 * A part of the network in one availability zone.
 * @param options.zone which of the region's zones, from 0 in the order of their names
 */
export function subnet(
  project: Project,
  network: AwsResource<WithId>,
  { id, range, zone, isPublic }: { id: string; range: string; zone: 0 | 1; isPublic: boolean },
): AwsResource<WithId> {
  const name = nameOf(project, id);
  // The balancer of EKS Auto Mode looks for its subnets by this; those of databases are none of its.
  const roles = isPublic ? [{ Key: 'kubernetes.io/role/elb', Value: '1' }] : [];
  return {
    id,
    kind: 'Subnet',
    name,
    needs: [network],
    desired: {
      CidrBlock: range,
      MapPublicIpOnLaunch: isPublic,
      ...Object.fromEntries(roles.map(({ Key, Value }) => [Key, Value])),
    },
    // Network interfaces of load balancers and of the cluster go minutes after those.
    deadline: 1200,
    async find(api) {
      const ec2 = await api.ec2();
      const { Subnets } = await ec2.describeSubnets({ Filters: filtersOf(project, name) });
      const found = first(Subnets, ({ SubnetId }) => SubnetId);
      if (found?.SubnetId === undefined) return undefined;
      const mapped = found.MapPublicIpOnLaunch === true;
      return {
        state: found.State === 'pending' ? 'pending' : 'ready',
        ours: true,
        value: { id: found.SubnetId },
        drift: [
          ...(mapped === isPublic ? [] : [{ path: '.MapPublicIpOnLaunch', before: mapped, after: isPublic }]),
          ...roles
            .filter(({ Key, Value }) => recordOf(found.Tags)[Key] !== Value)
            .map(({ Key, Value }) => ({ path: `.Tags[${Key}]`, after: Value })),
        ],
      };
    },
    async create(api, seen) {
      const ec2 = await api.ec2();
      const { AvailabilityZones = [] } = await ec2.describeAvailabilityZones({
        Filters: [
          { Name: 'zone-type', Values: ['availability-zone'] },
          { Name: 'state', Values: ['available'] },
        ],
      });
      const zones = AvailabilityZones.filter(({ ZoneId }) => !withoutEks.has(ZoneId ?? ''))
        .map(({ ZoneName = '' }) => ZoneName)
        .toSorted();
      const { Subnet } = await ec2.createSubnet({
        VpcId: seen.of(network).id,
        CidrBlock: range,
        AvailabilityZone: zones[zone],
        TagSpecifications: [{ ResourceType: 'subnet', Tags: [...tagsOf(project, name), ...roles] }],
      });
      if (isPublic)
        await ec2.modifySubnetAttribute({
          SubnetId: Subnet?.SubnetId,
          MapPublicIpOnLaunch: { Value: true },
        });
    },
    async update(api, _seen, { value, drift }) {
      const ec2 = await api.ec2();
      if (drift.some(({ path }) => path.startsWith('.Tags')))
        await ec2.createTags({ Resources: [value.id], Tags: roles });
      if (drift.some(({ path }) => path === '.MapPublicIpOnLaunch'))
        await ec2.modifySubnetAttribute({ SubnetId: value.id, MapPublicIpOnLaunch: { Value: isPublic } });
    },
    async delete(api, _seen, { value }) {
      await (await api.ec2()).deleteSubnet({ SubnetId: value.id });
    },
  };
}
