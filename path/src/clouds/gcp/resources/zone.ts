import { z } from 'zod';
import { UserMistake } from '../../../core/failure.ts';
import type { Project } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { nameOf } from '../names.ts';
import { emptyZone } from '../records.ts';
import { targetOf } from '../region.ts';
import { restResource } from '../rest.ts';

/** The zone that the domain is in. */
export interface Zone {
  readonly name: string;
  /** `example.com.` */
  readonly dnsName: string;
  readonly nameServers: readonly string[];
}

const zone = z.object({
  name: z.string(),
  dnsName: z.string().optional(),
  nameServers: z.array(z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  visibility: z.string().optional(),
});
const zones = 'dns/v1/projects/{project}/managedZones';

/** The zone of the domain: one of our own, or one that is there already and is somebody else's (Cloud DNS v1). */
export function zoneResource(project: Project, services: Resource<GoogleApi>): Resource<GoogleApi, Zone> {
  const { zone: given } = targetOf(project);
  return given === undefined ? ownZone(project, services) : borrowedZone(given, services);
}

function ownZone(project: Project, services: Resource<GoogleApi>): Resource<GoogleApi, Zone> {
  const name = nameOf(project);
  const desired = {
    name,
    dnsName: `${project.target.domain}.`,
    description: `${project.name}, by ptp`,
    visibility: 'public',
    labels: ownTags(project),
  };
  const resource = restResource<typeof zone, Zone>({
    id: 'zone',
    kind: 'DNS zone',
    name,
    needs: [services],
    desired,
    deadline: 300,
    costs: [{ item: 'dns-zone', quantity: 1 }],
    at: { service: 'dns', path: `${zones}/${name}` },
    make: { service: 'dns', method: 'POST', path: zones, body: desired },
    answer: zone,
    read: ({ labels, dnsName = '', nameServers = [] }) => ({
      state: 'ready',
      ours: isOurs(labels, project),
      value: { name, dnsName, nameServers },
    }),
    alterable: ['dnsName'],
    // A zone's domain cannot be changed, and another one has other name servers.
    alter({ dnsName = '' }) {
      throw new UserMistake({
        what: `DNS zone ${name} is for ${dnsName.replace(/\.$/, '')}, and ptp.yaml names ${project.target.domain}`,
        where: { key: `targets.${project.target.name}.domain` },
        next: 'Delete that zone in the console, or give the target with the new domain another name.',
      });
    },
  });
  return {
    ...resource,
    async delete(api, seen, found, options) {
      await emptyZone(api, name, found.value.dnsName);
      await resource.delete(api, seen, found, options);
    },
  };
}

function borrowedZone(domain: string, services: Resource<GoogleApi>): Resource<GoogleApi, Zone> {
  const dnsName = `${domain}.`;
  return {
    id: 'zone',
    kind: 'DNS zone',
    name: domain,
    needs: [services],
    desired: { dnsName },
    deadline: 60,
    borrowed: true,
    async find(api) {
      const answer = await api.find(
        { service: 'dns', path: zones, query: { dnsName } },
        z.object({ managedZones: z.array(zone).optional() }),
      );
      const found = answer?.managedZones?.find(({ visibility }) => visibility !== 'private');
      if (found === undefined) return undefined;
      const value = { name: found.name, dnsName, nameServers: found.nameServers ?? [] };
      return { state: 'ready', ours: false, value, drift: [] };
    },
    create: () => Promise.reject(new Error('it is somebody else’s')),
    delete: () => Promise.reject(new Error('it is somebody else’s')),
  };
}
