import { EC2 } from '@aws-sdk/client-ec2';
import { ECR } from '@aws-sdk/client-ecr';
import { EKS } from '@aws-sdk/client-eks';
import { IAM } from '@aws-sdk/client-iam';
import { RDS } from '@aws-sdk/client-rds';
import { Route53 } from '@aws-sdk/client-route-53';
import type { Behind } from './aws-strict.ts';

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/**
 * All that is in the account (of what a target can be made of), with names for identifiers, sorted, without times; what
 * every account has from the beginning is left out.
 */
export async function inventoryOf({ moto, ministack }: Behind): Promise<readonly string[]> {
  const settings = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const behindMoto = { ...settings, endpoint: moto };
  const ec2 = new EC2(behindMoto);
  const iam = new IAM(behindMoto);
  const ecr = new ECR(behindMoto);
  const rds = new RDS(behindMoto);
  const route53 = new Route53(behindMoto);
  const eks = new EKS({ ...settings, endpoint: ministack });
  const named = new Map<string, string>();
  const nameOf = (id: string | undefined, tags: readonly Tag[] | undefined) => {
    const name = tags?.find(({ Key }) => Key === 'Name')?.Value ?? 'nameless';
    if (id !== undefined) named.set(id, name);
    return name;
  };
  const known = (id: string | undefined) => named.get(id ?? '') ?? id ?? '-';
  const marks = (tags: readonly Tag[] | undefined) =>
    (tags ?? [])
      .filter(({ Key }) => Key !== 'Name')
      .map(({ Key, Value }) => `${Key}=${Value}`)
      .sort()
      .join(' ');
  const lines: string[] = [];
  try {
    const { Vpcs = [] } = await ec2.describeVpcs({});
    const own = Vpcs.filter(({ IsDefault }) => IsDefault !== true);
    for (const { VpcId, Tags, CidrBlock } of own) {
      const { EnableDnsHostnames } = await ec2.describeVpcAttribute({
        VpcId,
        Attribute: 'enableDnsHostnames',
      });
      lines.push(`vpc ${nameOf(VpcId, Tags)} ${CidrBlock} dns=${EnableDnsHostnames?.Value} ${marks(Tags)}`);
    }
    const { InternetGateways = [] } = await ec2.describeInternetGateways({});
    for (const { InternetGatewayId, Tags, Attachments = [] } of InternetGateways)
      lines.push(
        `internet gateway ${nameOf(InternetGatewayId, Tags)} at ${Attachments.map(({ VpcId }) => known(VpcId))} ${marks(Tags)}`,
      );
    const { Subnets = [] } = await ec2.describeSubnets({});
    for (const one of Subnets.filter(({ DefaultForAz }) => DefaultForAz !== true))
      lines.push(
        `subnet ${nameOf(one.SubnetId, one.Tags)} ${one.CidrBlock} ${one.AvailabilityZone} public=${one.MapPublicIpOnLaunch} in ${known(one.VpcId)} ${marks(one.Tags)}`,
      );
    const { RouteTables = [] } = await ec2.describeRouteTables({});
    for (const { RouteTableId, Tags = [], Routes = [], Associations = [], VpcId } of RouteTables)
      if (Tags.length > 0)
        lines.push(
          `routes ${nameOf(RouteTableId, Tags)} in ${known(VpcId)} ${Routes.map(({ DestinationCidrBlock, GatewayId }) => `${DestinationCidrBlock}→${known(GatewayId)}`).sort()} for ${Associations.map(({ SubnetId }) => known(SubnetId)).sort()} ${marks(Tags)}`,
        );
    const { SecurityGroups = [] } = await ec2.describeSecurityGroups({});
    for (const { GroupId, GroupName, Tags, IpPermissions = [], VpcId } of SecurityGroups)
      if (GroupName !== 'default')
        lines.push(
          `security group ${nameOf(GroupId, Tags)} in ${known(VpcId)} ${IpPermissions.map(({ FromPort, IpRanges = [] }) => `${FromPort} from ${IpRanges.map(({ CidrIp }) => CidrIp)}`)} ${marks(Tags)}`,
        );
    const { Volumes = [] } = await ec2.describeVolumes({});
    for (const { VolumeId, Tags } of Volumes) lines.push(`volume ${nameOf(VolumeId, Tags)} ${marks(Tags)}`);
    const { Roles = [] } = await iam.listRoles({});
    for (const { RoleName } of Roles) {
      if (RoleName?.startsWith('AWSServiceRole') === true) continue;
      const { Role } = await iam.getRole({ RoleName });
      const { AttachedPolicies = [] } = await iam.listAttachedRolePolicies({ RoleName });
      const { PolicyNames = [] } = await iam.listRolePolicies({ RoleName });
      lines.push(
        `role ${RoleName} ${decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')} ${AttachedPolicies.map(({ PolicyName }) => PolicyName).sort()} ${PolicyNames} ${marks(Role?.Tags)}`,
      );
    }
    const { repositories = [] } = await ecr.describeRepositories({});
    for (const {
      repositoryName,
      repositoryArn,
      imageTagMutability,
      imageScanningConfiguration,
    } of repositories) {
      const { tags } = await ecr.listTagsForResource({ resourceArn: repositoryArn });
      const { lifecyclePolicyText } = await ecr.getLifecyclePolicy({ repositoryName }).catch(() => ({
        lifecyclePolicyText: 'none',
      }));
      lines.push(
        `repository ${repositoryName} ${imageTagMutability} scan=${imageScanningConfiguration?.scanOnPush} ${lifecyclePolicyText} ${marks(tags)}`,
      );
    }
    const { DBSubnetGroups = [] } = await rds.describeDBSubnetGroups({});
    for (const { DBSubnetGroupName, Subnets: members = [] } of DBSubnetGroups)
      lines.push(
        `database subnets ${DBSubnetGroupName} ${members.map(({ SubnetIdentifier }) => known(SubnetIdentifier)).sort()}`,
      );
    const { DBInstances = [] } = await rds.describeDBInstances({});
    for (const one of DBInstances)
      lines.push(
        `database ${one.DBInstanceIdentifier} ${one.DBInstanceClass} ${one.Engine} ${one.AllocatedStorage} GiB public=${one.PubliclyAccessible} protected=${one.DeletionProtection} encrypted=${one.StorageEncrypted} in ${one.DBSubnetGroup?.DBSubnetGroupName} by ${one.VpcSecurityGroups?.map(({ VpcSecurityGroupId }) => known(VpcSecurityGroupId))} ${marks(one.TagList)}`,
      );
    const { DBSnapshots = [] } = await rds.describeDBSnapshots({ SnapshotType: 'manual' });
    for (const { DBSnapshotIdentifier = '', TagList } of DBSnapshots)
      lines.push(`snapshot ${DBSnapshotIdentifier.replace(/\d{8}t\d{6}z$/, '<time>')} ${marks(TagList)}`);
    const { HostedZones = [] } = await route53.listHostedZones({});
    for (const { Id = '', Name } of HostedZones) {
      const { ResourceTagSet } = await route53.listTagsForResource({
        ResourceType: 'hostedzone',
        ResourceId: Id.split('/').at(-1),
      });
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: Id });
      lines.push(
        `zone ${Name} ${ResourceRecordSets.map((one) => `${one.Type} ${one.Name}`).sort()} ${marks(ResourceTagSet?.Tags)}`,
      );
    }
    const { clusters = [] } = await eks.listClusters({});
    for (const name of clusters) {
      const { cluster } = await eks.describeCluster({ name });
      const { accessEntries = [] } = await eks.listAccessEntries({ clusterName: name });
      const { associations = [] } = await eks.listPodIdentityAssociations({ clusterName: name });
      const { addons = [] } = await eks.listAddons({ clusterName: name });
      const vpc = cluster?.resourcesVpcConfig;
      lines.push(
        `cluster ${name} ${cluster?.status} ${cluster?.roleArn} ${vpc?.subnetIds?.map(known).sort()} from ${vpc?.publicAccessCidrs} private=${vpc?.endpointPrivateAccess} ${JSON.stringify(cluster?.tags)} access ${accessEntries} identities ${associations.map((one) => `${one.namespace}/${one.serviceAccount}`)} add-ons ${addons}`,
      );
    }
    return lines.sort();
  } finally {
    for (const client of [ec2, iam, ecr, rds, route53, eks]) client.destroy();
  }
}
