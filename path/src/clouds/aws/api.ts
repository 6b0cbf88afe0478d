import type { EC2 } from '@aws-sdk/client-ec2';
import type { ECR } from '@aws-sdk/client-ecr';
import type { EKS } from '@aws-sdk/client-eks';
import type { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { IAM } from '@aws-sdk/client-iam';
import type { RDS } from '@aws-sdk/client-rds';
import type { Route53 } from '@aws-sdk/client-route-53';
import type { SecretsManager } from '@aws-sdk/client-secrets-manager';
import type { ServiceQuotas } from '@aws-sdk/client-service-quotas';
import type { STS } from '@aws-sdk/client-sts';

/** The services of an AWS account in one region. Each client is loaded when it is asked for first. */
export interface Aws {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
  /** `aws` */
  readonly partition: string;
  /** Whose credentials they are, as access to a cluster is given: the ARN of a user or of a role. */
  readonly principal: string;
  readonly sts: STS;
  ec2(): Promise<EC2>;
  ecr(): Promise<ECR>;
  eks(): Promise<EKS>;
  elb(): Promise<ElasticLoadBalancingV2>;
  iam(): Promise<IAM>;
  rds(): Promise<RDS>;
  route53(): Promise<Route53>;
  secrets(): Promise<SecretsManager>;
  quotas(): Promise<ServiceQuotas>;
}

/**
 * What every client is made with. No call is tried again by the SDK: one that was not answered may have taken effect,
 * and a second one would make a second VPC. What is tried again, after a look, is `clouds/ensure.ts`'s to say.
 */
export const settings = {
  maxAttempts: 1,
  userAgentAppId: 'ptp',
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
} as const;

/** The clients of a session, made when they are asked for first, with the credentials of `sts`. */
export function clients(
  sts: STS,
  region: string,
): Omit<Aws, 'account' | 'principal' | 'partition' | 'region'> & { close(): void } {
  const config = { ...settings, region, credentials: sts.config.credentials };
  const made = new Map<string, { destroy(): void } & object>([['sts', sts]]);
  const one = <Client extends { destroy(): void }>(name: string, make: () => Promise<Client>) => {
    let client: Promise<Client> | undefined;
    return () => {
      client ??= make().then((ready) => {
        made.set(name, ready);
        return ready;
      });
      return client;
    };
  };
  return {
    sts,
    ec2: one('ec2', async () => new (await import('@aws-sdk/client-ec2')).EC2(config)),
    ecr: one('ecr', async () => new (await import('@aws-sdk/client-ecr')).ECR(config)),
    eks: one('eks', async () => new (await import('@aws-sdk/client-eks')).EKS(config)),
    elb: one(
      'elb',
      async () =>
        new (await import('@aws-sdk/client-elastic-load-balancing-v2')).ElasticLoadBalancingV2(config),
    ),
    iam: one('iam', async () => new (await import('@aws-sdk/client-iam')).IAM(config)),
    rds: one('rds', async () => new (await import('@aws-sdk/client-rds')).RDS(config)),
    route53: one('route53', async () => new (await import('@aws-sdk/client-route-53')).Route53(config)),
    secrets: one(
      'secrets',
      async () => new (await import('@aws-sdk/client-secrets-manager')).SecretsManager(config),
    ),
    quotas: one(
      'quotas',
      async () => new (await import('@aws-sdk/client-service-quotas')).ServiceQuotas(config),
    ),
    close: () => {
      for (const client of made.values()) client.destroy();
    },
  };
}
