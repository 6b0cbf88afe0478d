import { EC2 } from '@aws-sdk/client-ec2';
import { EKS } from '@aws-sdk/client-eks';
import { IAM } from '@aws-sdk/client-iam';
import { RDS } from '@aws-sdk/client-rds';
import type { Given } from './aws.ts';
import type { AwsCall } from './aws-calls.ts';

/** The stand-ins, past the door. */
export interface Behind {
  readonly moto: string;
  readonly ministack: string;
}

/** Clients that ask the stand-ins themselves. */
export function clientsBehind({ moto, ministack }: Behind) {
  const settings = { region: 'eu-west-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    ec2: new EC2({ ...settings, endpoint: moto }),
    iam: new IAM({ ...settings, endpoint: moto }),
    rds: new RDS({ ...settings, endpoint: moto }),
    eks: new EKS({ ...settings, endpoint: ministack }),
  };
}

/**
 * What AWS refuses and the stand-ins take, as AWS would answer it: a cluster whose Auto Mode is half switched on, in
 * subnets that are not there, with roles that it cannot take on; and the end of what a cluster or a server still uses.
 */
export async function refusal(
  call: AwsCall,
  { ec2, iam, rds, eks }: ReturnType<typeof clientsBehind>,
): Promise<Given | undefined> {
  switch (call.name) {
    case 'eks CreateCluster': {
      const asked = JSON.parse(call.body) as {
        readonly roleArn: string;
        readonly computeConfig?: { readonly enabled?: boolean; readonly nodeRoleArn?: string };
        readonly kubernetesNetworkConfig?: {
          readonly elasticLoadBalancing?: { readonly enabled?: boolean };
        };
        readonly storageConfig?: { readonly blockStorage?: { readonly enabled?: boolean } };
        readonly bootstrapSelfManagedAddons?: boolean;
        readonly resourcesVpcConfig: { readonly subnetIds: string[] };
      };
      const trio = [
        asked.computeConfig?.enabled,
        asked.kubernetesNetworkConfig?.elasticLoadBalancing?.enabled,
        asked.storageConfig?.blockStorage?.enabled,
      ];
      if (new Set(trio).size !== 1)
        return eksError(
          'InvalidParameterException',
          'The type for cluster update was not provided or Auto Mode is half enabled.',
        );
      if (trio[0] === true && asked.bootstrapSelfManagedAddons !== false)
        return eksError(
          'InvalidParameterException',
          'bootstrapSelfManagedAddons must be false with Auto Mode.',
        );
      const { Subnets = [] } = await ec2.describeSubnets({ SubnetIds: asked.resourcesVpcConfig.subnetIds });
      if (new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone)).size < 2)
        return eksError(
          'InvalidParameterException',
          'Subnets specified must be in at least two different AZs',
        );
      for (const arn of [asked.roleArn, asked.computeConfig?.nodeRoleArn ?? '']) {
        const { Role } = await iam.getRole({ RoleName: arn.split('/').at(-1) });
        const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
        if (
          arn === asked.roleArn &&
          !(trust.includes('eks.amazonaws.com') && trust.includes('sts:TagSession'))
        )
          return eksError('InvalidParameterException', `Role with arn: ${arn}, could not be assumed`);
      }
      return undefined;
    }
    case 'ec2 DeleteSubnet': {
      const id = call.form.get('SubnetId') ?? '';
      const { clusters = [] } = await eks.listClusters({});
      for (const name of clusters) {
        const { cluster } = await eks.describeCluster({ name });
        if (cluster?.resourcesVpcConfig?.subnetIds?.includes(id) === true)
          return ec2Error(
            'DependencyViolation',
            `The subnet '${id}' has dependencies and cannot be deleted.`,
          );
      }
      const { DBSubnetGroups = [] } = await rds.describeDBSubnetGroups({});
      const used = DBSubnetGroups.some(({ Subnets = [] }) =>
        Subnets.some(({ SubnetIdentifier }) => SubnetIdentifier === id),
      );
      return used
        ? ec2Error('DependencyViolation', `The subnet '${id}' has dependencies and cannot be deleted.`)
        : undefined;
    }
    case 'ec2 DeleteSecurityGroup': {
      const id = call.form.get('GroupId') ?? '';
      const { DBInstances = [] } = await rds.describeDBInstances({});
      const used = DBInstances.some(({ VpcSecurityGroups = [] }) =>
        VpcSecurityGroups.some(({ VpcSecurityGroupId }) => VpcSecurityGroupId === id),
      );
      return used ? ec2Error('DependencyViolation', `resource ${id} has a dependent object`) : undefined;
    }
    case 'rds DeleteDBSubnetGroup': {
      const name = call.form.get('DBSubnetGroupName');
      const { DBInstances = [] } = await rds.describeDBInstances({});
      return DBInstances.some(({ DBSubnetGroup }) => DBSubnetGroup?.DBSubnetGroupName === name)
        ? queryError('InvalidDBSubnetGroupStateFault', 'Cannot delete the subnet group: it is in use.')
        : undefined;
    }
    case 'iam DeleteRole': {
      const { clusters = [] } = await eks.listClusters({});
      // AWS lets this go, and the cluster can then not be deleted: for a test it is wrong in any case.
      for (const name of clusters) {
        const { cluster } = await eks.describeCluster({ name });
        if (cluster?.roleArn?.endsWith(`/${call.form.get('RoleName')}`) === true)
          return queryError('DeleteConflict', 'a cluster uses the role');
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function eksError(code: string, message: string): Refused {
  return {
    status: 400,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
  };
}

/** An answer that says what is wrong. */
type Refused = Given & { readonly headers: Readonly<Record<string, string>> };

/** An error as the called service writes it. */
export function errorOf({ service }: AwsCall, code: string, message: string, status = 400): Refused {
  if (service === 'ec2') return ec2Error(code, message, status);
  return ['eks', 'ecr', 'secretsmanager', 'servicequotas'].includes(service)
    ? { ...eksError(code, message), status }
    : queryError(code, message, status);
}

/** As EC2 writes errors. */
export function ec2Error(code: string, message: string, status = 400): Refused {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`,
  };
}

/** As IAM, RDS and STS write errors. */
export function queryError(code: string, message: string, status = 400): Refused {
  return {
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>0</RequestId></ErrorResponse>`,
  };
}
