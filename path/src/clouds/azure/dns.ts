import { isIP } from 'node:net';
import { UserMistake } from '../../core/failure.ts';
import type { Project } from '../../project/project.ts';
import { ownTags } from '../ownership.ts';
import type { Seen } from '../resource.ts';
import type { Api } from './api.ts';
import { isOwnRecord, recordPath } from './resources/record.ts';
import type { Zone } from './resources/zone.ts';
import { versions } from './versions.ts';

/** How long others may keep an answer, in seconds: as long as a new address is to take at most. */
const ttl = 60;

/** Points the domain at an address. A record of somebody else's under that name is left alone: UserMistake. */
export async function pointDomain(
  api: Api,
  project: Project,
  zone: Zone,
  seen: Seen,
  address: string,
): Promise<void> {
  const { domain } = project.target;
  const version = isIP(address);
  const type = version === 0 ? 'CNAME' : version === 4 ? 'A' : 'AAAA';
  if (type === 'CNAME' && domain === zone.domain)
    throw new UserMistake({
      what: `${domain} is the top of its zone and cannot point at another name (${address})`,
      next: `Use a domain below it: www.${domain}.`,
    });
  const path = recordPath(zone, domain, type);
  const found = await api.get(path, versions.dns, seen.signal);
  if (found !== undefined && !isOwnRecord(found, project))
    throw new UserMistake({
      what: `the zone ${zone.domain} has a record ${type} for ${domain} already, which is not ptp's`,
      next: 'Delete it, or take another domain.',
    });
  const records = {
    A: { ARecords: [{ ipv4Address: address }] },
    AAAA: { AAAARecords: [{ ipv6Address: address }] },
    CNAME: { CNAMERecord: { cname: address } },
  }[type];
  await api.send('PUT', path, versions.dns, seen.signal, {
    properties: { TTL: ttl, metadata: ownTags(project), ...records },
  });
}
