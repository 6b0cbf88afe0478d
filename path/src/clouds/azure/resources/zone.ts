import type { Project } from '../../../project/project.ts';
import type { Resource } from '../../resource.ts';
import { type Answer, type Api, part, text } from '../api.ts';
import { pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';

/** A public DNS zone. */
export interface Zone extends Known {
  readonly domain: string;
  readonly nameServers: readonly string[];
}

/** A zone for the project's domain. What is in it goes with it. */
export function zoneResource(project: Project, group: Resource<Api, Known>): Resource<Api, Zone> {
  const { domain } = project.target;
  return armResource<Zone>({
    id: 'zone',
    kind: 'DNS zone',
    name: domain,
    needs: [group],
    desired: { location: 'global' },
    deadline: 600,
    costs: [{ item: 'dns-zone', quantity: 1 }],
    project,
    ownedBy: 'tags',
    version: versions.dns,
    path: (api) => pathsOf(project, api.subscription).provider(`Microsoft.Network/dnsZones/${domain}`),
    value: (answer, known) => ({ ...known, ...zoneOf(answer) }),
  });
}

/** Somebody else's zone that the domain is in. It may be in any group of the subscription. */
export function borrowedZone(zone: string): Resource<Api, Zone> {
  return {
    id: 'zone',
    kind: 'DNS zone',
    name: zone,
    needs: [],
    desired: {},
    deadline: 0,
    borrowed: true,
    async find(api, { signal }) {
      const path = `/subscriptions/${api.subscription}/providers/Microsoft.Network/dnszones`;
      const all = await api.list(path, versions.dns, signal);
      const found = all.find((each) => text(each, 'name')?.toLowerCase() === zone.toLowerCase());
      const id = text(found, 'id');
      if (found === undefined || id === undefined) return undefined;
      return { state: 'ready', ours: false, value: { id, ours: false, ...zoneOf(found) }, drift: [] };
    },
    create: () => Promise.reject(new Error('a borrowed zone is never made')),
    delete: () => Promise.reject(new Error('a borrowed zone is never deleted')),
  };
}

function zoneOf(answer: Answer): Pick<Zone, 'domain' | 'nameServers'> {
  const { nameServers } = part(answer, 'properties');
  return {
    domain: text(answer, 'name') ?? '',
    nameServers: Array.isArray(nameServers) ? nameServers.map((each) => String(each).replace(/\.$/, '')) : [],
  };
}
