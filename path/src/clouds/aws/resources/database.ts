import type { DBInstance } from '@aws-sdk/client-rds';
import type { FieldChange } from '../../../core/event.ts';
import type { Project, Service } from '../../../project/project.ts';
import { quantity } from '../../../project/quantity.ts';
import { isOurs } from '../../ownership.ts';
import type { ResourceState } from '../../resource.ts';
import { databaseCosts, usualDatabaseClass } from '../database-classes.ts';
import { type AwsResource, nameOf, recordOf, tagsOf } from './aws-resource.ts';
import type { WithId } from './network.ts';

/** A database server. */
export interface RdsDatabase {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** The ARN of the secret with its administrator's password. */
  readonly secret: string;
  /** When it was made: a last snapshot is named by it, since a later server's has the same name. */
  readonly made: string;
  readonly protected: boolean;
}

const states: Readonly<Record<string, ResourceState>> = {
  available: 'ready',
  'backing-up': 'ready',
  'storage-optimization': 'ready',
  'configuring-enhanced-monitoring': 'ready',
  deleting: 'deleting',
  failed: 'failed',
  stopped: 'failed',
  'storage-full': 'failed',
  'restore-error': 'failed',
  'inaccessible-encryption-credentials': 'failed',
};

/** The least that RDS gives of its general purpose disks, GiB. */
const leastStorage = 20;

/** How much disk a service's server gets, GiB. Pure. */
export function storageOf(service: Pick<Service, 'storage'>): number {
  return Math.max(leastStorage, Math.ceil((quantity(service.storage) ?? 0) / 2 ** 30));
}

/** A PostgreSQL server that RDS runs. Its administrator's password is made, kept and rotated by AWS. */
export function database(
  project: Project,
  service: Service,
  parts: {
    readonly firewall: AwsResource<WithId>;
    readonly subnets: AwsResource<{ readonly name: string }>;
  },
): AwsResource<RdsDatabase> {
  const name = nameOf(project, service.name);
  const size = project.target.cloud?.databaseClass ?? usualDatabaseClass;
  const storage = storageOf(service);
  const wanted = {
    DBInstanceClass: size,
    AllocatedStorage: storage,
    BackupRetentionPeriod: 7,
    PubliclyAccessible: false,
    DeletionProtection: true,
  };
  return {
    id: `database-${service.name}`,
    kind: 'RDS PostgreSQL',
    name,
    needs: [parts.firewall, parts.subnets],
    desired: { ...wanted, EngineVersion: String(service.version), StorageEncrypted: true, MultiAZ: false },
    usually: 420,
    deadline: 2400,
    costs: databaseCosts(size, storage),
    holdsData: true,
    async find(api) {
      const rds = await api.rds();
      const { DBInstances = [] } = await rds.describeDBInstances({ DBInstanceIdentifier: name });
      const found = DBInstances[0];
      if (found === undefined) return undefined;
      const status = found.DBInstanceStatus ?? '';
      const state = states[status] ?? (status.startsWith('incompatible') ? 'failed' : 'pending');
      return {
        // Its address and its secret come after it has begun to be available.
        state: state === 'ready' && !isWhole(found) ? 'pending' : state,
        ours: isOurs(recordOf(found.TagList), project),
        value: {
          host: found.Endpoint?.Address ?? '',
          port: found.Endpoint?.Port ?? 5432,
          username: found.MasterUsername ?? '',
          secret: found.MasterUserSecret?.SecretArn ?? '',
          made: stamp(found.InstanceCreateTime),
          protected: found.DeletionProtection === true,
        },
        drift: driftOf(found, wanted),
        ...(state === 'failed' ? { why: status } : {}),
      };
    },
    async create(api, seen) {
      const rds = await api.rds();
      await rds.createDBInstance({
        ...wanted,
        DBInstanceIdentifier: name,
        Engine: 'postgres',
        EngineVersion: String(service.version),
        StorageType: 'gp3',
        StorageEncrypted: true,
        MasterUsername: 'ptp_admin',
        ManageMasterUserPassword: true,
        DBSubnetGroupName: seen.of(parts.subnets).name,
        VpcSecurityGroupIds: [seen.of(parts.firewall).id],
        MultiAZ: false,
        CopyTagsToSnapshot: true,
        AutoMinorVersionUpgrade: true,
        Tags: tagsOf(project, name),
      });
    },
    async update(api, _seen, { drift }) {
      const rds = await api.rds();
      const due = Object.fromEntries(
        Object.entries(wanted).filter(([key]) => drift.some(({ path }) => path === `.${key}`)),
      );
      await rds.modifyDBInstance({ DBInstanceIdentifier: name, ApplyImmediately: true, ...due });
    },
    async delete(api, _seen, found, { lastCopy }) {
      const rds = await api.rds();
      // Deleting by hand takes two steps, and so it does here; the second one may have to wait for the first.
      if (found.value.protected)
        await rds.modifyDBInstance({
          DBInstanceIdentifier: name,
          DeletionProtection: false,
          ApplyImmediately: true,
        });
      await rds.deleteDBInstance({
        DBInstanceIdentifier: name,
        DeleteAutomatedBackups: true,
        ...(lastCopy
          ? { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: snapshotName(name, found.value) }
          : { SkipFinalSnapshot: true }),
      });
    },
    lastCopy: ({ value }) => `RDS snapshot ${snapshotName(name, value)}`,
  };
}

/** Whether all that others need of a server is there. */
function isWhole({ Endpoint, MasterUserSecret }: DBInstance): boolean {
  return Endpoint?.Address !== undefined && MasterUserSecret?.SecretArn !== undefined;
}

function driftOf(
  found: DBInstance,
  wanted: Readonly<Record<string, string | number | boolean>>,
): readonly FieldChange[] {
  const now: Readonly<Record<string, unknown>> = { ...found };
  // What was asked for already and waits is no drift; asking again would begin it anew.
  const waiting: Readonly<Record<string, unknown>> = { ...found.PendingModifiedValues };
  return Object.entries(wanted).flatMap(([key, after]) => {
    const before = waiting[key] ?? now[key];
    if (before === undefined || before === after) return [];
    // A disk never gets smaller; one that was made larger by hand stays.
    if (key === 'AllocatedStorage' && Number(before) > Number(after)) return [];
    return [{ path: `.${key}`, before, after }];
  });
}

function snapshotName(name: string, { made }: Pick<RdsDatabase, 'made'>): string {
  return `${name}-last-${made}`;
}

/** `20261126t120500z` */
function stamp(time: Date | undefined): string {
  return (time ?? new Date(0))
    .toISOString()
    .replaceAll(/[-:]|\.\d+/g, '')
    .toLowerCase();
}
