import type { Cloud } from '../cloud.ts';
import type { CloudKind } from '../kind.ts';

/** Addresses of Services, told when a cluster is made: so it is known where names are asked for. */
export const serviceRange = '172.20.0.0/16';

/** The tenth of them (EKS user guide, "Auto Mode networking"): a program on each node answers there. */
const nameServer = '172.20.0.10';

/** `cluster: eks` */
export const eks: CloudKind = {
  title: 'Amazon EKS (Auto Mode), ECR, RDS, Route 53',
  account: 'The number of the AWS account.',
  size: 'db.t4g.micro',
  region: 'eu-west-1',
  nameServers: [`${nameServer}/32`],
  load: async () => (await import('./cloud.ts')).aws as Cloud,
};
