import type { Cloud } from '../cloud.ts';
import type { CloudKind } from '../kind.ts';

/** `cluster: eks` */
export const eks: CloudKind = {
  title: 'Amazon EKS (Auto Mode), ECR, RDS, Route 53',
  account: 'The number of the AWS account.',
  size: 'db.t4g.micro',
  region: 'eu-west-1',
  load: async () => (await import('./cloud.ts')).aws as Cloud,
};
