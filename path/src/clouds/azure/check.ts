import type { Problem } from '../../core/failure.ts';
import type { CloudTarget, Project } from '../../project/project.ts';
import { stackName } from '../ownership.ts';
import { prices } from './prices.ts';
import { addresses } from './resources/network.ts';

/**
 * Regions that have AKS Automatic: three zones, and what its own nodes need. Of Microsoft's documentation, "AKS
 * Automatic limitations", April 2026.
 */
export const regions = [
  ...['australiaeast', 'austriaeast', 'belgiumcentral', 'brazilsouth', 'canadacentral', 'centralindia'],
  ...['centralus', 'chilecentral', 'denmarkeast', 'eastasia', 'eastus', 'eastus2', 'francecentral'],
  ...['germanywestcentral', 'indonesiacentral', 'israelcentral', 'italynorth', 'japaneast', 'japanwest'],
  ...['koreacentral', 'malaysiawest', 'mexicocentral', 'newzealandnorth', 'northeurope', 'norwayeast'],
  ...[
    'polandcentral',
    'southafricanorth',
    'southcentralus',
    'southeastasia',
    'spaincentral',
    'swedencentral',
  ],
  ...['switzerlandnorth', 'uaenorth', 'uksouth', 'westeurope', 'westus2', 'westus3'],
] as const;

/** Sizes of database servers that have a price here; the service knows more, which are dearer. */
const sizes = Object.keys(prices.items).flatMap((item) => /^postgres-(Standard_\w+)$/.exec(item)?.[1] ?? []);

/** All that Azure would refuse after minutes, or in a way that does not say what to do. */
export function checkAzure(project: Project): readonly Problem[] {
  const { target } = project;
  const { cloud } = target;
  if (cloud === undefined) return [];
  const key = `targets.${target.name}`;
  return [
    ...regionProblems(cloud, key),
    ...accountProblems(cloud, key),
    ...nameProblems(project, key),
    ...zoneProblems(cloud, target.domain, key),
    ...accessProblems(cloud, key),
    ...databaseProblems(cloud, key),
  ];
}

function regionProblems({ region }: CloudTarget, key: string): readonly Problem[] {
  if (regions.some((known) => known === region)) return [];
  return [
    {
      what: `Azure has no AKS Automatic in a region ${region}`,
      where: { key: `${key}.region` },
      next: `Name one of: ${regions.join(', ')}.`,
    },
  ];
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function accountProblems({ account }: CloudTarget, key: string): readonly Problem[] {
  if (account === undefined || guid.test(account)) return [];
  return [
    {
      what: `${account} is no subscription's identifier`,
      where: { key: `${key}.account` },
      next: 'Write it as `az account show --query id` does: 00000000-0000-0000-0000-000000000000.',
    },
  ];
}

/** AKS: at most 63 letters, digits, hyphens; its DNS prefix at most 54, which begins with a letter or a digit. */
function nameProblems(project: Project, key: string): readonly Problem[] {
  const name = stackName(project);
  if (name.length <= 54) return [];
  return [
    {
      what: `${name} is too long: what the project and its target are called has to have 53 characters at most, together`,
      where: { key },
      next: 'Give the project or the target a shorter name.',
    },
  ];
}

function zoneProblems({ zone }: CloudTarget, domain: string, key: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (zone !== undefined && domain !== zone && !domain.endsWith(`.${zone}`))
    problems.push({
      what: `the domain ${domain} is not in the zone ${zone}`,
      where: { key: `${key}.zone` },
      next: `Name the zone that ${domain} is in, or leave it out: one is made then.`,
    });
  // A zone of Azure DNS has two to 34 labels.
  if (zone === undefined && !domain.includes('.'))
    problems.push({
      what: `Azure DNS has no zone for ${domain}: a zone has two words at least`,
      where: { key: `${key}.domain` },
      next: 'Name a domain that you own: shop.example.com.',
    });
  return problems;
}

function accessProblems({ access }: CloudTarget, key: string): readonly Problem[] {
  return access.flatMap((range, index) => {
    const what = whyNoRange(range);
    if (what === undefined) return [];
    const next = 'Name public ranges, as in 203.0.113.0/24; Azure takes 200 at most.';
    return [{ what: `${range}: ${what}`, where: { key: `${key}.access[${index}]` }, next }];
  });
}

function whyNoRange(range: string): string | undefined {
  const [address = '', length = ''] = range.split('/');
  const bytes = address.split('.').map(Number);
  if (bytes.some((byte) => byte > 255) || Number(length) > 32) return 'there is no such range of addresses';
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  if (number % 2 ** (32 - Number(length)) !== 0) return 'it is not where a range of its length begins';
  const [first = 0, second = 0] = bytes;
  const own =
    first === 10 || (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168);
  return own ? `those are private addresses (the cluster's own are ${addresses.all})` : undefined;
}

function databaseProblems({ databases, databaseClass }: CloudTarget, key: string): readonly Problem[] {
  if (databases !== 'managed' || databaseClass === undefined || sizes.includes(databaseClass)) return [];
  return [
    {
      what: `no database server is as large as ${databaseClass}`,
      where: { key: `${key}.databaseClass` },
      next: `Name one of: ${sizes.join(', ')}.`,
    },
  ];
}
