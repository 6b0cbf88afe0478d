import { randomBytes } from 'node:crypto';
import { Secret } from '../../../core/secret.ts';
import type { Project, Service } from '../../../project/project.ts';
import { quantity } from '../../../project/quantity.ts';
import type { Resource, ResourceState } from '../../resource.ts';
import { type Answer, type Api, text } from '../api.ts';
import { globalName, pathsOf } from '../names.ts';
import { versions } from '../versions.ts';
import { armResource, type Known } from './arm-resource.ts';
import { subnetOf } from './network.ts';

/** A PostgreSQL server as Azure tells of it. */
export interface DatabaseServer extends Known {
  readonly host: string;
}

/** The server's administrator; `postgres`, `azure_…` and the like are Azure's own. */
export const administrator = 'ptp';

/** A server's name: small letters, digits and hyphens, at most 63, unique in all of Azure. */
export function serverName(project: Project, service: Service): string {
  return globalName(project, [service.name], 63, '-');
}

/**
 * An Azure Database for PostgreSQL flexible server with an address in the network alone. Nobody keeps the
 * administrator's password: each time that one is needed a new one is set (`newPassword`).
 */
export function databaseResource(
  project: Project,
  service: Service,
  needs: {
    readonly network: Resource<Api, Known>;
    readonly zone: Resource<Api, Known>;
    readonly link: Resource<Api, Known>;
  },
): Resource<Api, DatabaseServer> {
  const name = serverName(project, service);
  const { region = '', databaseClass = smallest } = project.target.cloud ?? {};
  const sku = { name: databaseClass, tier: tierOf(databaseClass) };
  const properties = {
    version: String(service.version),
    storage: { storageSizeGB: sizeFor(service.storage), autoGrow: 'Enabled' },
    backup: { backupRetentionDays: 7, geoRedundantBackup: 'Disabled' },
    highAvailability: { mode: 'Disabled' },
    authConfig: { activeDirectoryAuth: 'Disabled', passwordAuth: 'Enabled' },
  };
  const changeable = { sku, properties: { backup: { backupRetentionDays: 7 } } };
  return armResource<DatabaseServer>({
    id: `database-${service.name}`,
    kind: 'PostgreSQL flexible server',
    name,
    needs: [needs.network, needs.zone, needs.link],
    desired: { location: region, sku, properties },
    usually: 420,
    deadline: 2700,
    holdsData: true,
    costs: [
      { item: `postgres-${databaseClass}`, quantity: 1 },
      { item: 'postgres-storage', quantity: sizeFor(service.storage) },
    ],
    project,
    ownedBy: 'tags',
    version: versions.database,
    path: (api) => serverPath(api, project, service),
    body: (_api, seen) => ({
      location: region,
      sku,
      properties: {
        ...properties,
        administratorLogin: administrator,
        administratorLoginPassword: newPassword().reveal(),
        network: {
          delegatedSubnetResourceId: subnetOf(seen.of(needs.network), 'database'),
          privateDnsZoneArmResourceId: seen.of(needs.zone).id,
        },
      },
    }),
    value: (answer, known) => ({
      ...known,
      host: text(answer, 'properties', 'fullyQualifiedDomainName') ?? '',
    }),
    state,
    compared: changeable,
    updateBy: { method: 'PATCH', body: changeable },
  });
}

/** The disk that a Kubernetes quantity asks for, in GiB: the service has these sizes, and lets them grow by themselves. */
export function sizeFor(storage: string): number {
  const wanted = (quantity(storage) ?? 0) / 2 ** 30;
  return [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384].find((size) => size >= wanted) ?? 32767;
}

/** The smallest size there is. */
export const smallest = 'Standard_B1ms';

/** The family that a size is of, which the service wants to be told as well. */
export function tierOf(size: string): 'Burstable' | 'GeneralPurpose' | 'MemoryOptimized' {
  if (/^Standard_B/.test(size)) return 'Burstable';
  return /^Standard_E/.test(size) ? 'MemoryOptimized' : 'GeneralPurpose';
}

/** A password for the administrator; the service asks for three of four kinds of characters. */
export function newPassword(): Secret {
  return new Secret(`P9-${randomBytes(30).toString('base64url')}`);
}

/** Where a service's server is. */
export function serverPath(api: Api, project: Project, service: Service): string {
  return pathsOf(project, api.subscription).provider(
    `Microsoft.DBforPostgreSQL/flexibleServers/${serverName(project, service)}`,
  );
}

/** Flexible servers tell their state in a field and words of their own; while one is being made there may be none. */
function state(answer: Answer): ResourceState {
  switch (text(answer, 'properties', 'state')) {
    case 'Ready':
      return 'ready';
    case 'Dropping':
      return 'deleting';
    case 'Disabled':
    case 'Inaccessible':
    case 'Stopped':
      return 'failed';
    default:
      return 'pending';
  }
}
