import type { Project } from '../../project/project.ts';
import { stackName } from '../ownership.ts';
import type { Aws } from './api.ts';

/** Actions that change something, and what they change. */
export interface Needed {
  readonly actions: readonly string[];
  on(
    api: Pick<Aws, 'account' | 'region' | 'partition'>,
    project: Pick<Project, 'name' | 'target'>,
  ): readonly string[];
}

/** What a caller has to be allowed at least, to make a target and to take it away. The whole is docs/permissions/aws.json. */
export const needed: readonly Needed[] = [
  {
    actions: [
      ...['ec2:CreateVpc', 'ec2:CreateSubnet', 'ec2:CreateInternetGateway', 'ec2:CreateRouteTable'],
      ...['ec2:CreateSecurityGroup', 'ec2:DeleteVpc', 'ec2:DeleteSubnet', 'ec2:DeleteInternetGateway'],
    ],
    on: () => ['*'],
  },
  {
    actions: ['iam:CreateRole', 'iam:AttachRolePolicy', 'iam:PassRole', 'iam:DeleteRole'],
    on: ({ account, partition }, project) =>
      ['cluster', 'node'].map(
        (what) => `arn:${partition}:iam::${account}:role/${stackName(project)}-${what}`,
      ),
  },
  {
    actions: ['eks:CreateCluster', 'eks:CreateAccessEntry', 'eks:AssociateAccessPolicy', 'eks:DeleteCluster'],
    on: ({ account, partition, region }, project) => [
      `arn:${partition}:eks:${region}:${account}:cluster/${stackName(project)}`,
    ],
  },
  {
    actions: ['ecr:CreateRepository', 'ecr:PutImage', 'ecr:DeleteRepository'],
    on: ({ account, partition, region }, project) => [
      `arn:${partition}:ecr:${region}:${account}:repository/${stackName(project)}/ptp-releases`,
    ],
  },
  {
    actions: ['rds:CreateDBInstance', 'rds:DeleteDBInstance'],
    on: ({ account, partition, region }, project) => [
      `arn:${partition}:rds:${region}:${account}:db:${stackName(project)}-database`,
    ],
  },
  { actions: ['route53:CreateHostedZone', 'route53:ChangeResourceRecordSets'], on: () => ['*'] },
];
