import type { Problem } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import { nameOf } from './names.ts';
import { targetOf } from './region.ts';
import { regions } from './regions.ts';

/** Versions that Cloud SQL has, of those that are still looked after. */
const versions = [13, 14, 15, 16, 17, 18];
const mostRanges = 50;

/** Everything about a target that Google's services would refuse later. Pure. */
export function problemsOf(project: Project): readonly Problem[] {
  return [
    ...placeProblems(project),
    ...accessProblems(project),
    ...domainProblems(project),
    ...databaseProblems(project),
  ];
}

function placeProblems(project: Project): readonly Problem[] {
  const { region, account } = targetOf(project);
  const problems: Problem[] = [];
  if (!regions.includes(region))
    problems.push({
      what: `Google Cloud has no region ${region}`,
      where: at(project, 'region'),
      next: /-[a-f]$/.test(region)
        ? `That is a zone: name its region, ${region.slice(0, -2)}.`
        : `Take one of ${regions.filter((each) => each.startsWith(region.slice(0, 2))).join(', ') || 'the list in docs/clouds/gcp.md'}.`,
    });
  if (account !== undefined && !/^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/.test(account))
    problems.push({
      what: `${account} is no id of a Google Cloud project`,
      where: at(project, 'account'),
      next: 'Write the id, not the name or the number: 6 to 30 small letters, digits and hyphens.',
    });
  const name = nameOf(project);
  if (!/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name))
    problems.push({
      what: `a cluster cannot be called ${name}`,
      where: at(project),
      next: 'Give the project or the target a shorter name: both together have at most 39 small letters, digits and hyphens, the first a letter.',
    });
  return problems;
}

function accessProblems(project: Project): readonly Problem[] {
  const { access } = targetOf(project);
  const problems = access.flatMap((cidr): readonly Problem[] => {
    const why = rangeTrouble(cidr);
    if (why === undefined) return [];
    return [{ what: `${cidr} ${why}`, where: at(project, 'access'), next: 'Write it as 203.0.113.0/24.' }];
  });
  if (access.length > mostRanges)
    problems.push({
      what: `GKE takes ${mostRanges} ranges of addresses, and these are ${access.length}`,
      where: at(project, 'access'),
      next: 'Put neighbouring ranges together.',
    });
  return problems;
}

/** Why a text is no range of addresses that the services take. */
function rangeTrouble(cidr: string): string | undefined {
  const [address = '', length = ''] = cidr.split('/');
  const bytes = address.split('.').map(Number);
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255) || Number(length) > 32)
    return 'is no range of addresses';
  const number = bytes.reduce((all, byte) => all * 256 + byte, 0);
  return number % 2 ** (32 - Number(length)) === 0
    ? undefined
    : 'begins in the middle of its range: bits after its length are set';
}

function domainProblems(project: Project): readonly Problem[] {
  const { zone, acme } = targetOf(project);
  const { domain } = project.target;
  if (zone !== undefined && domain !== zone && !domain.endsWith(`.${zone}`))
    return [
      {
        what: `the domain ${domain} is not in the zone ${zone}`,
        where: at(project, 'zone'),
        next: `Name the zone that ${domain} is in, or remove the key.`,
      },
    ];
  if (
    acme !== undefined &&
    (!domain.includes('.') || /\.(localhost|local|internal|test|invalid)$/.test(domain))
  )
    return [
      {
        what: `no public authority gives a certificate for ${domain}`,
        where: at(project, 'domain'),
        next: 'Name a domain of the public DNS, or write `certificates: own`.',
      },
    ];
  return [];
}

function databaseProblems(project: Project): readonly Problem[] {
  const { databases, databaseClass } = targetOf(project);
  if (databases !== 'managed' || project.services.length === 0) return [];
  const problems: Problem[] = project.services.flatMap(({ name, version }) =>
    versions.includes(version)
      ? []
      : [
          {
            what: `Cloud SQL has no PostgreSQL ${version}`,
            where: { key: `services.${name}.version` },
            next: `Take one of ${versions.join(', ')}, or write \`databases: cluster\` for the target.`,
          },
        ],
  );
  for (const { name } of project.services)
    if (nameOf(project, name).length > 60)
      problems.push({
        what: `the name ${nameOf(project, name)} is too long for Cloud SQL`,
        where: { key: `services.${name}` },
        next: 'Give the service a shorter name.',
      });
  const why = databaseClass === undefined ? undefined : tierTrouble(databaseClass);
  if (why !== undefined)
    problems.push({
      what: `${databaseClass} ${why}`,
      where: at(project, 'databaseClass'),
      next: 'Take db-f1-micro, db-g1-small or db-custom-<processors>-<MB>, such as db-custom-1-3840.',
    });
  return problems;
}

/** Why a size is none of the edition ENTERPRISE's for PostgreSQL. */
function tierTrouble(tier: string): string | undefined {
  if (tier === 'db-f1-micro' || tier === 'db-g1-small') return undefined;
  if (/^db-(perf-optimized|c4a|n4)-/.test(tier)) return 'is of another edition of Cloud SQL than ENTERPRISE';
  const [, cpus, memory] = (/^db-custom-(\d+)-(\d+)$/.exec(tier) ?? []).map(Number);
  if (cpus === undefined || memory === undefined) return 'is no size of a PostgreSQL server in Cloud SQL';
  if (cpus < 1 || cpus > 96 || (cpus > 1 && cpus % 2 === 1))
    return 'has not 1 or an even number of processors up to 96';
  if (memory % 256 !== 0) return 'has a memory that is no multiple of 256 MB';
  if (memory < 3840) return 'has less memory than 3840 MB';
  const each = memory / 1024 / cpus;
  return each < 0.9 || each > 6.5 ? 'has not between 0.9 and 6.5 GB of memory for each processor' : undefined;
}

function at({ target }: Project, key?: string): { readonly key: string } {
  return { key: ['targets', target.name, key].filter((part) => part !== undefined).join('.') };
}
