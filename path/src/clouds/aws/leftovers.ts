import type { Project } from '../../project/project.ts';
import type { Leftover } from '../cloud.ts';
import { isOurs, stackName } from '../ownership.ts';
import type { Aws } from './api.ts';
import { databaseCosts } from './database-classes.ts';
import { recordOf } from './resources/aws-resource.ts';
import { madeByCluster } from './resources/network.ts';
import { repositoryPrefix } from './resources/registry.ts';
import { markOf } from './resources/zone.ts';
import { stack } from './stack.ts';

/** What is in the account with our tags or our cluster's and is none of the stack's resources. Changes nothing. */
export async function leftovers(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const all = await Promise.all([
    balancers(api, project),
    disks(api, project),
    interfaces(api, project),
    snapshots(api, project),
    repositories(api, project),
    servers(api, project),
    zones(api, project),
  ]);
  return all.flat();
}

async function balancers(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const elb = await api.elb();
  const { LoadBalancers = [] } = await elb.describeLoadBalancers({});
  const names = new Map(
    LoadBalancers.map(({ LoadBalancerArn = '', LoadBalancerName = '' }) => [
      LoadBalancerArn,
      LoadBalancerName,
    ]),
  );
  const arns = [...names.keys()];
  const found: Leftover[] = [];
  // So many are described at a time.
  for (let from = 0; from < arns.length; from += 20) {
    const { TagDescriptions = [] } = await elb.describeTags({ ResourceArns: arns.slice(from, from + 20) });
    for (const { ResourceArn = '', Tags } of TagDescriptions)
      if (madeByCluster(recordOf(Tags), stackName(project)))
        found.push({
          kind: 'load balancer',
          name: names.get(ResourceArn) ?? ResourceArn,
          byCluster: true,
          costs: [
            { item: 'network-load-balancer', quantity: 1 },
            { item: 'public-ipv4', quantity: 2 },
          ],
        });
  }
  return found;
}

async function disks(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const ec2 = await api.ec2();
  const { Volumes = [] } = await ec2.describeVolumes({ Filters: ofCluster(project) });
  return Volumes.map(({ VolumeId = '', Size = 0 }) => ({
    kind: 'EBS volume',
    name: VolumeId,
    byCluster: true,
    costs: [{ item: 'disk', quantity: Size }],
  }));
}

async function interfaces(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const ec2 = await api.ec2();
  const { NetworkInterfaces = [] } = await ec2.describeNetworkInterfaces({ Filters: ofCluster(project) });
  return NetworkInterfaces.map(({ NetworkInterfaceId = '' }) => ({
    kind: 'network interface',
    name: NetworkInterfaceId,
    byCluster: true,
  }));
}

function ofCluster(project: Project) {
  return [{ Name: 'tag:eks:eks-cluster-name', Values: [stackName(project)] }];
}

async function snapshots(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const rds = await api.rds();
  const found: Leftover[] = [];
  let Marker: string | undefined;
  do {
    const page = await rds.describeDBSnapshots({
      SnapshotType: 'manual',
      ...(Marker === undefined ? {} : { Marker }),
    });
    for (const { DBSnapshotIdentifier = '', AllocatedStorage = 0, TagList } of page.DBSnapshots ?? [])
      if (isOurs(recordOf(TagList), project))
        found.push({
          kind: 'RDS snapshot',
          name: DBSnapshotIdentifier,
          kept: true,
          costs: [{ item: 'rds-snapshot', quantity: AllocatedStorage }],
        });
    Marker = page.Marker;
  } while (Marker !== undefined && Marker !== '');
  return found;
}

/** What an earlier ptp.yaml named and this one does not: repositories of components that are no more. */
async function repositories(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const ecr = await api.ecr();
  const known = new Set(stack(project).repositories.map(({ name }) => name));
  const found: Leftover[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecr.describeRepositories(nextToken === undefined ? {} : { nextToken });
    for (const { repositoryName: name = '', repositoryArn } of page.repositories ?? []) {
      if (known.has(name) || !name.startsWith(`${repositoryPrefix(project)}/`)) continue;
      const { tags } = await ecr.listTagsForResource({ resourceArn: repositoryArn });
      if (isOurs(recordOf(tags), project)) found.push({ kind: 'ECR repository', name });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
}

/** Servers of services that are no more, which hold data, and the network. */
async function servers(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const rds = await api.rds();
  const known = new Set(Object.values(stack(project).databases).map(({ name }) => name));
  const found: Leftover[] = [];
  let Marker: string | undefined;
  do {
    const page = await rds.describeDBInstances(Marker === undefined ? {} : { Marker });
    for (const {
      DBInstanceIdentifier: name = '',
      DBInstanceClass = '',
      AllocatedStorage = 0,
      TagList,
    } of page.DBInstances ?? [])
      if (!known.has(name) && isOurs(recordOf(TagList), project))
        found.push({ kind: 'RDS PostgreSQL', name, costs: databaseCosts(DBInstanceClass, AllocatedStorage) });
    Marker = page.Marker;
  } while (Marker !== undefined && Marker !== '');
  return found;
}

/** Zones that were made for another domain. */
async function zones(api: Aws, project: Project): Promise<readonly Leftover[]> {
  const route53 = await api.route53();
  const { zone } = stack(project);
  const found: Leftover[] = [];
  let Marker: string | undefined;
  do {
    const page = await route53.listHostedZones(Marker === undefined ? {} : { Marker });
    for (const { Name = '', CallerReference = '' } of page.HostedZones ?? []) {
      const name = Name.replace(/\.$/, '');
      const known = zone.borrowed !== true && name === zone.name;
      if (!known && CallerReference.startsWith(`${markOf(project)} `))
        found.push({ kind: 'Route 53 zone', name, costs: [{ item: 'zone', quantity: 1 }] });
    }
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== '');
  return found;
}
