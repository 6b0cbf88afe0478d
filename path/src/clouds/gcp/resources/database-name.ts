import { z } from 'zod';
import { StepFailed } from '../../../core/failure.ts';
import type { Project, Service } from '../../../project/project.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Found, Resource } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { nameOf } from '../names.ts';
import { changeRecords, emptyZone, recordsOf } from '../records.ts';
import type { SqlInstance } from './database.ts';
import { networkPath } from './network.ts';

const zone = z.object({
  dnsName: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const zones = 'dns/v1/projects/{project}/managedZones';
const lifetime = 300;

/**
 * The name in a database's certificate, for the network alone (Cloud DNS v1, a private zone): clients compare the name
 * that they connect to with the certificate, and Cloud SQL leaves it to the network's owner to resolve it.
 */
export function databaseNameResource(
  project: Project,
  service: Service,
  database: Resource<GoogleApi, SqlInstance>,
): Resource<GoogleApi, undefined> {
  const name = nameOf(project, `${service.name}-name`);
  const path = `${zones}/${name}`;
  const desired = {
    name,
    description: `${project.name} ${service.name}, by ptp`,
    visibility: 'private',
    labels: ownTags(project),
    privateVisibilityConfig: {
      networks: [{ networkUrl: `https://www.googleapis.com/compute/v1/${networkPath(project)}` }],
    },
  };
  const record = ({ dnsName, address }: SqlInstance) => ({
    name: dnsName,
    type: 'A',
    ttl: lifetime,
    rrdatas: [address],
  });
  const write = async (api: GoogleApi, at: SqlInstance) => {
    const there = (await recordsOf(api, name, at.dnsName)).filter(({ type }) => type === 'A');
    await changeRecords(api, name, { deletions: there, additions: [record(at)] });
  };
  return {
    id: `database-name-${service.name}`,
    kind: 'private DNS zone',
    name,
    needs: [database],
    desired,
    deadline: 300,
    costs: [{ item: 'dns-zone', quantity: 1 }],
    async find(api, seen): Promise<Found<undefined> | undefined> {
      const found = await api.find({ service: 'dns', path }, zone);
      if (found === undefined) return undefined;
      const at = seen.find(database);
      const about = { state: 'ready', ours: isOurs(found.labels, project), value: undefined } as const;
      // Of a database that is gone nothing can differ.
      if (at === undefined || at.dnsName === '') return { ...about, drift: [] };
      const records = await recordsOf(api, name, at.dnsName);
      const before = records.find(({ type }) => type === 'A')?.rrdatas;
      const same = before?.length === 1 && before[0] === at.address;
      return { ...about, drift: same ? [] : [{ path: '.rrdatas', before, after: [at.address] }] };
    },
    async create(api, seen) {
      const at = seen.of(database);
      if (at.dnsName === '')
        throw new StepFailed({
          what: `Cloud SQL gave the instance ${at.name} no name in the network`,
          next: 'Look at its connections in the console; `databases: cluster` does without Cloud SQL.',
        });
      const body = { ...desired, dnsName: at.dnsName };
      await api.ask({ service: 'dns', method: 'POST', path: zones, body }, z.unknown());
      await write(api, at);
    },
    update: (api, seen) => write(api, seen.of(database)),
    async delete(api) {
      const found = await api.find({ service: 'dns', path }, zone);
      if (found === undefined) return;
      await emptyZone(api, name, found.dnsName ?? '');
      await api.ask({ service: 'dns', method: 'DELETE', path }, z.unknown());
    },
  };
}
