import type {
  HostedZone,
  ListResourceRecordSetsCommandOutput,
  ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Aws } from '../api.ts';
import { type AwsResource, recordOf, tagsOf } from './aws-resource.ts';

/** A public DNS zone. */
export interface Zone {
  /** `Z0123456789ABCDEFGHIJ` */
  readonly id: string;
  /** What the parent zone has to delegate to. */
  readonly nameServers: readonly string[];
}

/** A zone for the project's domain, made by us. Its parent has to delegate to it. */
export function ownZone(project: Project): AwsResource<Zone> {
  const name = project.target.domain;
  const mark = markOf(project);
  const tags = tagsOf(project, name);
  return {
    id: 'zone',
    kind: 'Route 53 zone',
    name,
    needs: [],
    desired: { public: true },
    deadline: 600,
    costs: [{ item: 'zone', quantity: 1 }],
    async find(api) {
      const zones = await zonesCalled(api, name);
      // It cannot be made with tags: until they are there it is known by what it was asked for with.
      const own =
        zones.find(({ CallerReference = '' }) => CallerReference.startsWith(`${mark} `)) ?? zones[0];
      if (own?.Id === undefined) return undefined;
      const id = idOf(own.Id);
      const route53 = await api.route53();
      const [{ DelegationSet }, { ResourceTagSet }] = await Promise.all([
        route53.getHostedZone({ Id: id }),
        route53.listTagsForResource({ ResourceType: 'hostedzone', ResourceId: id }),
      ]);
      const tagged = isOurs(recordOf(ResourceTagSet?.Tags), project);
      return {
        state: 'ready',
        ours: tagged || (own.CallerReference ?? '').startsWith(`${mark} `),
        value: { id, nameServers: DelegationSet?.NameServers ?? [] },
        drift: tagged ? [] : [{ path: '.Tags', after: ownTags(project) }],
      };
    },
    async create(api) {
      const route53 = await api.route53();
      const { HostedZone: made } = await route53.createHostedZone({
        Name: name,
        CallerReference: `${mark} ${new Date().toISOString()}`,
        HostedZoneConfig: { Comment: mark, PrivateZone: false },
      });
      await route53.changeTagsForResource({
        ResourceType: 'hostedzone',
        ResourceId: idOf(made?.Id ?? ''),
        AddTags: tags,
      });
    },
    async update(api, _seen, { value }) {
      const route53 = await api.route53();
      await route53.changeTagsForResource({
        ResourceType: 'hostedzone',
        ResourceId: value.id,
        AddTags: tags,
      });
    },
    async delete(api, _seen, { value }) {
      const route53 = await api.route53();
      // Only an empty one goes: what cert-manager may have left in it is taken out first.
      const records = await recordsOf(api, value.id);
      const others = records.filter(
        ({ Name = '', Type = '' }) => !(['NS', 'SOA'].includes(Type) && plain(Name) === name),
      );
      await remove(api, value.id, others);
      await route53.deleteHostedZone({ Id: value.id });
    },
  };
}

/** A zone that is there already, that the domain is in. */
export function givenZone(name: string): AwsResource<Zone> {
  return {
    id: 'zone',
    kind: 'Route 53 zone',
    name,
    needs: [],
    desired: { public: true },
    deadline: 60,
    borrowed: true,
    async find(api) {
      const [found] = await zonesCalled(api, name);
      if (found?.Id === undefined) return undefined;
      return { state: 'ready', ours: false, value: { id: idOf(found.Id), nameServers: [] }, drift: [] };
    },
    create: () => Promise.reject(new Error('a zone that is given is never made')),
    delete: () => Promise.reject(new Error('a zone that is given is never deleted')),
  };
}

/** The domain's own record, which is made when the gateway has an address, and the mark beside it that says whose it is. */
export function record(project: Project, zone: AwsResource<Zone>): AwsResource<{ readonly zone: string }> {
  const name = project.target.domain;
  const mark = `"${markOf(project)}"`;
  return {
    id: 'record',
    kind: 'DNS record',
    name,
    needs: [zone],
    desired: { points: 'to the load balancer' },
    deadline: 300,
    later: true,
    async find(api, seen) {
      const id = seen.find(zone)?.id;
      if (id === undefined) return undefined;
      const records = await ownRecords(api, id, name);
      if (records.length === 0) return undefined;
      const ours = records.some(
        ({ Name = '', ResourceRecords = [] }) =>
          plain(Name) === markName(name) && ResourceRecords.some(({ Value }) => Value === mark),
      );
      return { state: 'ready', ours, value: { zone: id }, drift: [] };
    },
    create: () => Promise.reject(new Error('the record is made when its address is known')),
    async delete(api, _seen, { value }) {
      await remove(api, value.zone, await ownRecords(api, value.zone, name));
    },
  };
}

/** What `point` writes: the address and the mark, in one change. Pure. */
export function pointing(
  project: Project,
  to: { readonly ip: string } | { readonly balancer: string; readonly zone: string },
): readonly ResourceRecordSet[] {
  const name = project.target.domain;
  const address: ResourceRecordSet =
    'ip' in to
      ? {
          Name: name,
          Type: to.ip.includes(':') ? 'AAAA' : 'A',
          TTL: 60,
          ResourceRecords: [{ Value: to.ip }],
        }
      : {
          Name: name,
          Type: 'A',
          // At the top of a zone there can be no CNAME; an alias can be anywhere and costs nothing to ask for.
          AliasTarget: { DNSName: to.balancer, HostedZoneId: to.zone, EvaluateTargetHealth: false },
        };
  return [
    address,
    {
      Name: markName(name),
      Type: 'TXT',
      TTL: 300,
      ResourceRecords: [{ Value: `"${markOf(project)}"` }],
    },
  ];
}

/** What says whose a zone or a record is: `ptp-project=shop,ptp-target=aws` */
export function markOf(project: Project): string {
  return Object.entries(ownTags(project))
    .map((pair) => pair.join('='))
    .join(',');
}

function markName(domain: string): string {
  return `_ptp.${domain}`;
}

/** Public zones of a name: there may be several, which is why names are not enough. */
async function zonesCalled(api: Aws, name: string): Promise<readonly HostedZone[]> {
  const route53 = await api.route53();
  const { HostedZones = [] } = await route53.listHostedZonesByName({ DNSName: `${name}.`, MaxItems: 100 });
  return HostedZones.filter(({ Name = '', Config }) => plain(Name) === name && Config?.PrivateZone !== true);
}

/** The domain's addresses, its mark, and what is left of showing that it is ours. */
async function ownRecords(api: Aws, zone: string, domain: string): Promise<readonly ResourceRecordSet[]> {
  const names: Readonly<Record<string, readonly string[]>> = {
    [domain]: ['A', 'AAAA', 'CNAME'],
    [markName(domain)]: ['TXT'],
    [`_acme-challenge.${domain}`]: ['TXT'],
  };
  const records = await recordsOf(api, zone);
  return records.filter(({ Name = '', Type = '' }) => names[plain(Name)]?.includes(Type) === true);
}

async function recordsOf(api: Aws, HostedZoneId: string): Promise<readonly ResourceRecordSet[]> {
  const route53 = await api.route53();
  const all: ResourceRecordSet[] = [];
  let from: { StartRecordName?: string; StartRecordType?: ResourceRecordSet['Type'] } | undefined = {};
  while (from !== undefined) {
    const page: ListResourceRecordSetsCommandOutput = await route53.listResourceRecordSets({
      HostedZoneId,
      ...from,
    });
    all.push(...(page.ResourceRecordSets ?? []));
    from =
      page.IsTruncated === true && page.NextRecordName !== undefined
        ? {
            StartRecordName: page.NextRecordName,
            ...(page.NextRecordType === undefined ? {} : { StartRecordType: page.NextRecordType }),
          }
        : undefined;
  }
  return all;
}

async function remove(api: Aws, HostedZoneId: string, records: readonly ResourceRecordSet[]): Promise<void> {
  if (records.length === 0) return;
  await (await api.route53()).changeResourceRecordSets({
    HostedZoneId,
    ChangeBatch: {
      Changes: records.map((ResourceRecordSet) => ({ Action: 'DELETE', ResourceRecordSet })),
    },
  });
}

/** `/hostedzone/Z123` → `Z123` */
function idOf(path: string): string {
  return path.replace(/^\/hostedzone\//, '');
}

function plain(name: string): string {
  return name.replace(/\.$/, '');
}
