import { type Asked, type Doc, type Handler, Refused, text } from './account.ts';

const keyOf = ({ account }: Asked, name: string) => `dns/projects/${account.project}/managedZones/${name}`;
const zoneOf = (asked: Asked) => keyOf(asked, asked.parameters.managedZone ?? '');
const policyOf = (asked: Asked) => keyOf(asked, asked.parameters.managedZonesId ?? '');
const recordKey = (zone: string, record: Doc) =>
  `${zone.replace(/^dns/, 'records')}/${text(record, 'name')}/${text(record, 'type')}`;
const recordsOf = (asked: Asked) => asked.account.list(zoneOf(asked).replace(/^dns/, 'records'));

/** Cloud DNS v1. */
export const dns: Readonly<Record<string, Handler>> = {
  'dns.managedZones.create': (asked) => {
    const { account, body } = asked;
    const dnsName = text(body, 'dnsName');
    if (!dnsName.endsWith('.'))
      throw new Refused(400, 'invalid', `Invalid value for 'entity.managedZone.dnsName': '${dnsName}'`);
    if (text(body, 'description') === '')
      throw new Refused(
        400,
        'required',
        "The 'entity.managedZone.description' parameter is required but was missing.",
      );
    const key = keyOf(asked, text(body, 'name'));
    account.mustNotBe(key);
    const nameServers = ['a', 'b', 'c', 'd'].map((letter) => `ns-cloud-${letter}1.googledomains.com.`);
    for (const [type, rrdatas] of [
      ['NS', nameServers],
      ['SOA', ['ns-cloud-a1.googledomains.com. admin 1 21600 3600 259200 300']],
    ] as const) {
      const record = { name: dnsName, type, ttl: 21_600, rrdatas };
      account.put(recordKey(key, record), record);
    }
    return account.put(key, { ...body, nameServers, id: account.next(), kind: 'dns#managedZone' });
  },
  'dns.managedZones.get': (asked) => asked.account.get(zoneOf(asked)),
  'dns.managedZones.list': ({ account, query }) => ({
    managedZones: account
      .list(`dns/projects/${account.project}/managedZones`)
      .filter(({ dnsName }) => !query.has('dnsName') || dnsName === query.get('dnsName')),
  }),
  'dns.managedZones.delete': (asked) => {
    const zone = asked.account.get(zoneOf(asked));
    const own = recordsOf(asked).filter(
      ({ name, type }) => name === zone.dnsName && (type === 'NS' || type === 'SOA'),
    );
    if (recordsOf(asked).length > own.length)
      throw new Refused(
        400,
        'containerNotEmpty',
        `The resource named '${zone.name}' cannot be deleted because it is not empty`,
      );
    for (const each of own) asked.account.things.delete(recordKey(zoneOf(asked), each));
    asked.account.things.delete(zoneOf(asked));
    asked.account.policies.delete(zoneOf(asked));
    return {};
  },
  'dns.managedZones.getIamPolicy': (asked) => {
    asked.account.get(policyOf(asked));
    return asked.account.policy(policyOf(asked));
  },
  'dns.managedZones.setIamPolicy': (asked) => {
    asked.account.get(policyOf(asked));
    return asked.account.setPolicy(policyOf(asked), asked.body);
  },
  'dns.resourceRecordSets.list': (asked) => {
    asked.account.get(zoneOf(asked));
    const { query } = asked;
    return {
      rrsets: recordsOf(asked).filter(({ name }) => !query.has('name') || name === query.get('name')),
    };
  },
  'dns.changes.create': (asked) => {
    const { account, body } = asked;
    const zone = zoneOf(asked);
    const { dnsName } = account.get(zone);
    const { deletions = [], additions = [] } = body as {
      deletions?: readonly Doc[];
      additions?: readonly Doc[];
    };
    if (deletions.length + additions.length === 0)
      throw new Refused(400, 'required', "The 'entity.change' parameter is required but was missing.");
    for (const each of deletions) {
      const found = account.things.get(recordKey(zone, each));
      if (found === undefined)
        throw new Refused(
          404,
          'notFound',
          `The 'entity.change.deletions' resource named '${each.name}' does not exist.`,
        );
      if (JSON.stringify(found.rrdatas) !== JSON.stringify(each.rrdatas) || found.ttl !== each.ttl)
        throw new Refused(412, 'conditionNotMet', "Precondition not met for 'entity.change.deletions'");
    }
    const gone = new Set(deletions.map((each) => recordKey(zone, each)));
    for (const each of additions) {
      if (!text(each, 'name').endsWith(String(dnsName)))
        throw new Refused(400, 'invalid', `'${each.name}' is not in the zone`);
      if (account.things.has(recordKey(zone, each)) && !gone.has(recordKey(zone, each)))
        throw new Refused(
          409,
          'alreadyExists',
          `The resource 'entity.change.additions' named '${each.name}' already exists`,
        );
    }
    for (const key of gone) account.things.delete(key);
    for (const each of additions) account.put(recordKey(zone, each), each);
    return { ...body, id: account.next(), status: 'pending', kind: 'dns#change' };
  },
};
