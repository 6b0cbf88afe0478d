import type { Project } from '../../../project/project.ts';
import { isOurs } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import { type Api, part } from '../api.ts';
import { versions } from '../versions.ts';
import type { Zone } from './zone.ts';

/** The types of records that a domain may point by. */
export const recordTypes = ['A', 'AAAA', 'CNAME'] as const;

/** A record's path below its zone: `…/A/www`, `…/A/@` for the zone's own name. */
export function recordPath(
  zone: Pick<Zone, 'id' | 'domain'>,
  domain: string,
  type: (typeof recordTypes)[number],
): string {
  const below = domain === zone.domain ? '@' : domain.slice(0, -zone.domain.length - 1);
  return `${zone.id}/${type}/${below}`;
}

/** Whether a record is this project's: records have tags of their own, called metadata. */
export function isOwnRecord(record: unknown, project: Pick<Project, 'name' | 'target'>): boolean {
  return isOurs(part(record, 'properties', 'metadata') as Readonly<Record<string, string>>, project);
}

/** The domain's record. It is made when the gateway has an address, and goes before the zone does. */
export function recordResource(
  project: Project,
  zone: Resource<Api, Zone>,
): Resource<Api, { readonly path: string }> {
  const { domain } = project.target;
  return {
    id: 'record',
    kind: 'DNS record',
    name: domain,
    needs: [zone],
    desired: {},
    deadline: 300,
    later: true,
    async find(api, seen) {
      for (const type of recordTypes) {
        const path = recordPath(seen.of(zone), domain, type);
        const record = await api.get(path, versions.dns, seen.signal);
        if (record === undefined) continue;
        return { state: 'ready', ours: isOwnRecord(record, project), value: { path }, drift: [] };
      }
      return undefined;
    },
    create: () => Promise.reject(new Error('the record is made when the gateway has an address')),
    async delete(api, { signal }, { value }) {
      await api.send('DELETE', value.path, versions.dns, signal);
    },
  };
}
