import { z } from 'zod';
import type { FieldChange } from '../../../core/event.ts';
import { UserMistake } from '../../../core/failure.ts';
import type { Project, Service } from '../../../project/project.ts';
import { quantity } from '../../../project/quantity.ts';
import { isOurs, ownTags } from '../../ownership.ts';
import type { Found, Resource, ResourceState } from '../../resource.ts';
import type { GoogleApi } from '../api.ts';
import { differences } from '../differences.ts';
import { GoogleError } from '../error.ts';
import { wordsOf } from '../failure.ts';
import { filled } from '../fill.ts';
import { nameOf } from '../names.ts';
import { operation, operationPath } from '../operations.ts';
import { tierCosts } from '../prices.ts';
import { targetOf } from '../region.ts';
import { networkPath } from './network.ts';

/** A database server, as others reach it. */
export interface SqlInstance {
  /** It may have an ending: a name that was used before can stay taken for a while. */
  readonly name: string;
  /** An address in the network. */
  readonly address: string;
  /** The name in its certificate, which only a zone of ours resolves; empty where Cloud SQL gave it none. */
  readonly dnsName: string;
  /** The authority of its certificate, PEM. */
  readonly authority: string;
}

const instance = z.object({
  name: z.string(),
  state: z.string().optional(),
  databaseVersion: z.string().optional(),
  region: z.string().optional(),
  ipAddresses: z
    .array(z.object({ type: z.string().optional(), ipAddress: z.string().optional() }))
    .optional(),
  dnsNames: z
    .array(
      z.object({
        name: z.string().optional(),
        connectionType: z.string().optional(),
        dnsScope: z.string().optional(),
      }),
    )
    .optional(),
  serverCaCert: z.object({ cert: z.string().optional() }).optional(),
  settings: z.looseObject({ userLabels: z.record(z.string(), z.string()).optional() }).optional(),
});
const page = z.object({ items: z.array(instance).optional(), nextPageToken: z.string().optional() });

const states: Readonly<Record<string, ResourceState>> = {
  RUNNABLE: 'ready',
  PENDING_CREATE: 'pending',
  MAINTENANCE: 'pending',
  ONLINE_MAINTENANCE: 'ready',
  REPAIRING: 'pending',
  PENDING_DELETE: 'deleting',
  SUSPENDED: 'failed',
  FAILED: 'failed',
};

/** Days for which the last backup of a deleted database is kept. */
export const daysOfLastBackup = 30;
/** GB, the least that a disk has. */
const smallestDisk = 10;
/** How many names are tried where the first is taken by one that was deleted some days ago. */
const mostNames = 9;
const instances = 'v1/projects/{project}/instances';

/** The size that is taken unless told. */
export const usualTier = 'db-f1-micro';

/** The label that says which service of ptp.yaml a server is for. */
export const serviceLabel = 'ptp-service';

/** A PostgreSQL server of Cloud SQL (sqladmin v1) with a private address and no other; found by its labels. */
export function databaseResource(
  project: Project,
  service: Service,
  peering: Resource<GoogleApi>,
): Resource<GoogleApi, SqlInstance> {
  const { region, databaseClass = usualTier } = targetOf(project);
  const id = `database-${service.name}`;
  const name = nameOf(project, service.name);
  const disk = Math.max(smallestDisk, Math.ceil((quantity(service.storage) ?? 0) / 1e9));
  const desired = {
    region,
    databaseVersion: `POSTGRES_${service.version}`,
    settings: {
      edition: 'ENTERPRISE',
      tier: databaseClass,
      availabilityType: 'ZONAL',
      userLabels: { ...ownTags(project), [serviceLabel]: service.name },
      dataDiskType: 'PD_SSD',
      dataDiskSizeGb: String(disk),
      storageAutoResize: true,
      ipConfiguration: {
        ipv4Enabled: false,
        privateNetwork: networkPath(project),
        sslMode: 'ENCRYPTED_ONLY',
        // Certificates of the other kind name no host that a client could compare.
        serverCaMode: 'GOOGLE_MANAGED_CAS_CA',
      },
      backupConfiguration: { enabled: true, pointInTimeRecoveryEnabled: true },
    },
  };
  // The disk grows by itself and can't be made smaller: its size is no drift.
  const fixed = { region: desired.region, databaseVersion: desired.databaseVersion };
  const { dataDiskSizeGb: _size, userLabels: _labels, ...alterable } = desired.settings;

  const isIt = ({ settings }: z.infer<typeof instance>) =>
    isOurs(settings?.userLabels, project) && settings?.userLabels?.[serviceLabel] === service.name;

  const read = (found: z.infer<typeof instance>, api: GoogleApi): Found<SqlInstance> => {
    const state = states[found.state ?? ''] ?? 'pending';
    return {
      state,
      ours: isIt(found),
      value: {
        name: found.name,
        address: found.ipAddresses?.find(({ type }) => type === 'PRIVATE')?.ipAddress ?? '',
        dnsName:
          found.dnsNames?.find(
            ({ connectionType, dnsScope }) =>
              connectionType === 'PRIVATE_SERVICES_ACCESS' && dnsScope !== 'CLUSTER',
          )?.name ?? '',
        authority: found.serverCaCert?.cert ?? '',
      },
      drift:
        state === 'ready'
          ? differences(filled({ ...fixed, settings: alterable }, api), {
              ...found,
              settings: found.settings ?? {},
            })
          : [],
      ...(state === 'failed' ? { why: `its state is ${found.state}` } : {}),
    };
  };

  return {
    id,
    kind: 'Cloud SQL instance',
    name,
    needs: [peering],
    desired,
    usually: 420,
    deadline: 2400,
    costs: [...tierCosts(databaseClass), { item: 'sql-disk', quantity: disk }],
    holdsData: true,
    async find(api) {
      const all = await instancesOf(api);
      const found = all.find(isIt) ?? all.find((each) => each.name === name);
      if (found !== undefined) return read(found, api);
      const outcome = await api.operations.outcome(api, id);
      const nothing = { ours: true, value: { name, address: '', dnsName: '', authority: '' }, drift: [] };
      if (outcome instanceof GoogleError) return { ...nothing, state: 'failed', why: wordsOf(outcome) };
      return outcome === 'running' ? { ...nothing, state: 'pending' } : undefined;
    },
    async create(api) {
      for (let nth = 1; ; nth += 1) {
        const body = { name: nth === 1 ? name : `${name}-${nth}`, ...desired };
        try {
          const begun = await api.ask(
            { service: 'sqladmin', method: 'POST', path: instances, body },
            operation,
          );
          api.operations.follow(
            id,
            'sqladmin',
            operationPath('sqladmin', begun.name, 'v1/projects/{project}'),
          );
          return;
        } catch (error) {
          const taken = error instanceof GoogleError && error.status === 409 && nth < mostNames;
          // Taken by one that is there: it will be found. By one that is there no more: by none that can be found.
          if (!taken || (await instancesOf(api)).some((each) => each.name === body.name || isIt(each)))
            throw error;
        }
      }
    },
    async update(api, _seen, { value, drift }) {
      const lasting = drift.find(({ path }) => path === '.region' || path === '.databaseVersion');
      if (lasting !== undefined) throw cannotBecome(value.name, lasting);
      const body = { settings: alterable };
      const path = `${instances}/${value.name}`;
      await api.ask({ service: 'sqladmin', method: 'PATCH', path, body }, operation);
    },
    async delete(api, _seen, { value }, { lastCopy }) {
      const query: Readonly<Record<string, string>> = lastCopy
        ? {
            enableFinalBackup: 'true',
            finalBackupTtlDays: String(daysOfLastBackup),
            finalBackupDescription: `${project.name} ${service.name}, by ptp`,
          }
        : {};
      const path = `${instances}/${value.name}`;
      await api.ask({ service: 'sqladmin', method: 'DELETE', path, query }, operation);
    },
    lastCopy: ({ value }) => `final backup of ${value.name}, kept for ${daysOfLastBackup} days`,
  };
}

/** What is altered by hand, as it takes the database away for a while or for good. */
function cannotBecome(name: string, { path, before, after }: FieldChange): UserMistake {
  return new UserMistake({
    what: `Cloud SQL instance ${name} has ${path.slice(1)} ${String(before)}, and ptp.yaml wants ${String(after)}`,
    where: { object: `Cloud SQL instance ${name}` },
    next:
      path === '.region'
        ? 'Name its region again; data is moved by a backup.'
        : 'Name its version again, or have Cloud SQL upgrade it in place: that takes a while without the database.',
  });
}

/** Every instance of the project; none where the service is not enabled. */
export async function instancesOf(api: GoogleApi): Promise<readonly z.infer<typeof instance>[]> {
  const all: z.infer<typeof instance>[] = [];
  let pageToken: string | undefined;
  do {
    const query: Readonly<Record<string, string>> = pageToken === undefined ? {} : { pageToken };
    const answer: z.infer<typeof page> | undefined = await api.find(
      { service: 'sqladmin', path: instances, query },
      page,
    );
    all.push(...(answer?.items ?? []));
    pageToken = answer?.nextPageToken;
  } while (pageToken !== undefined && pageToken !== '');
  return all;
}
