import type { Problem } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import { stackName } from '../ownership.ts';
import { isDatabaseClass, usualDatabaseClass } from './database-classes.ts';
import { nameOf } from './resources/aws-resource.ts';
import { storageOf } from './resources/database.ts';

/** Regions with EKS Auto Mode, of the usual partition of AWS, November 2026 (from memory). */
export const regions: ReadonlySet<string> = new Set([
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1'],
  ...['sa-east-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-central-1', 'eu-central-2', 'eu-north-1'],
  ...['eu-south-1', 'eu-south-2', 'il-central-1', 'me-central-1', 'me-south-1', 'af-south-1'],
  ...['ap-south-1', 'ap-south-2', 'ap-east-1', 'ap-east-2', 'ap-northeast-1', 'ap-northeast-2'],
  ...['ap-northeast-3', 'ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4'],
  ...['ap-southeast-5', 'ap-southeast-6', 'ap-southeast-7'],
]);

/** Everything about a target on AWS that its services would refuse, or would take and not work. Pure. */
export function check(project: Project): readonly Problem[] {
  const { target } = project;
  const { cloud } = target;
  if (cloud === undefined) return [];
  const at = (key: string) => ({ key: `targets.${target.name}.${key}` });
  const problems: Problem[] = [];
  const wrong = (key: string, what: string, next: string) => problems.push({ what, where: at(key), next });

  if (!regions.has(cloud.region))
    wrong(
      'region',
      `${cloud.region} is no region of AWS with EKS Auto Mode`,
      `Take one of: ${[...regions].toSorted().join(', ')}.`,
    );
  if (cloud.account !== undefined && !/^\d{12}$/.test(cloud.account))
    wrong(
      'account',
      `${cloud.account} is no number of an AWS account`,
      'Write its twelve digits, in quotes.',
    );
  problems.push(...names(project));
  for (const range of cloud.access) {
    const why = refusedRange(range);
    if (why !== undefined) wrong('access', `${range} ${why.what}`, why.next);
  }
  if (cloud.access.length > 40)
    wrong('access', `${cloud.access.length} ranges are more than EKS takes`, 'Name at most 40.');
  const { domain } = target;
  if (!/\.[a-z][a-z0-9-]*$/.test(domain) || /\.(localhost|local|internal|test|example|invalid)$/.test(domain))
    wrong('domain', `${domain} is no domain that the Internet knows`, 'Name one that you own.');
  if (cloud.zone !== undefined && domain !== cloud.zone && !domain.endsWith(`.${cloud.zone}`))
    wrong(
      'zone',
      `${domain} is not in the zone ${cloud.zone}`,
      `Name the zone that it is in, or leave \`zone\` out.`,
    );
  if (cloud.databases === 'managed') problems.push(...databases(project));
  else if (cloud.databaseClass !== undefined)
    wrong(
      'databaseClass',
      'databases run in the cluster, and so have no class of a server',
      'Remove it, or write `databases: managed`.',
    );
  return problems;
}

function databases(project: Project): readonly Problem[] {
  const { target } = project;
  const size = target.cloud?.databaseClass;
  return [
    ...(size === undefined || isDatabaseClass(size)
      ? []
      : [
          {
            what: `${size} is no class of RDS for PostgreSQL that ptp knows`,
            where: { key: `targets.${target.name}.databaseClass` },
            next: `Take one of the families t4g, t3, m6g, m7g, r6g, r7g: ${usualDatabaseClass}, db.t4g.medium, db.m7g.large.`,
          },
        ]),
    ...project.services
      .filter((service) => storageOf(service) > 65_536)
      .map(({ name, storage }) => ({
        what: `${storage} is more disk than RDS gives a server`,
        where: { key: `services.${name}.storage` },
        next: 'Ask for at most 64Ti.',
      })),
  ];
}

/** What EKS, ECR and RDS each allow in names. */
function names(project: Project): readonly Problem[] {
  const where = { key: 'name' };
  const stack = stackName(project);
  const doubled = [stack, ...project.components.map(({ name }) => name)].filter((name) =>
    name.includes('--'),
  );
  return [
    ...doubled.map((name) => ({
      what: `${name} has two hyphens in a row, which ECR and RDS do not take`,
      where,
      next: 'Take one of them out of the name of the system, the target or the component.',
    })),
    // Of a role: 64, with `-certificates` at its end.
    ...(stack.length > 64 - '-certificates'.length
      ? [
          {
            what: `${stack} is too long for roles of IAM, which have it in their names`,
            where,
            next: 'Take a shorter name for the system or the target: 51 characters together.',
          },
        ]
      : []),
    ...project.services
      .filter(({ name }) => nameOf(project, name).length > 63)
      .map(({ name }) => ({
        what: `${nameOf(project, name)} is too long for a server of RDS`,
        where: { key: `services.${name}` },
        next: 'Take a shorter name for the service: 63 characters with those of the system and the target.',
      })),
  ];
}

/** Why EKS refuses a range for its public endpoint. Pure. */
function refusedRange(range: string): { readonly what: string; readonly next: string } | undefined {
  const [address = '', bits = ''] = range.split('/');
  const octets = address.split('.').map(Number);
  const length = Number(bits);
  if (octets.length !== 4 || octets.some((octet) => octet > 255) || length > 32)
    return { what: 'is no range of addresses', next: 'Write it as an address and a length: 203.0.113.0/24' };
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - length);
  if (number % size !== 0) {
    const start = number - (number % size);
    const first = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256).join('.');
    return { what: 'does not begin where such a range can begin', next: `Write ${first}/${length}.` };
  }
  const inside = (from: string, bits: number) => {
    const base = from.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return number >= base && number < base + 2 ** (32 - bits);
  };
  const reserved: readonly (readonly [string, number])[] = [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['224.0.0.0', 3],
  ];
  return reserved.some(([from, length]) => inside(from, length))
    ? {
        what: 'is a range of private or reserved addresses, which EKS does not take for its public endpoint',
        next: 'Name the public addresses that you come from.',
      }
    : undefined;
}
