import type { Binding, ManagedDatabase } from '../../core/handover.ts';
import { hashOf } from '../../kubernetes/hash.ts';
import type { SecretObject } from '../../kubernetes/objects.ts';
import type { Project, Service } from '../../project/project.ts';
import { identifier, newPassword } from '../postgres/credentials.ts';
import { postgresImage } from '../postgres/image.ts';
import { scramVerifier } from '../postgres/scram.ts';
import { type ServiceInput, type ServiceKind, secretNames, serviceSecret } from '../service.ts';
import { planManagedPostgres } from './plan.ts';
import { rotateManaged } from './rotate.ts';

/** PostgreSQL that a cloud runs: the cluster has the credentials, and a Job that makes the application's role. */
export const managedPostgres: ServiceKind = {
  // Its client makes the role.
  image: postgresImage,
  credentials,
  plan: planManagedPostgres,
  bind,
  rotate: rotateManaged,
};

/**
 * What components mount (Service Binding 1.1, "Well-known Secret Entries"), and what the Job runs as the server's
 * administrator: the role's statements, which hold its verifier and not its password.
 */
function credentials(
  project: Project,
  service: Service,
  database: ManagedDatabase | undefined,
): { readonly binding: SecretObject; readonly admin: SecretObject } {
  if (database === undefined) throw new Error(`${service.name} has no server`);
  const names = secretNames(service);
  const role = identifier(project.name);
  const password = newPassword();
  const secret = (name: string, type: string, data: Readonly<Record<string, string>>) =>
    serviceSecret(project, service, name, { type, data });
  return {
    binding: secret(names.binding, 'servicebinding.io/postgresql', {
      type: 'postgresql',
      provider: 'cloud',
      ...placeOf(database),
      database: role,
      username: role,
      password: password.reveal(),
    }),
    admin: secret(names.admin, 'Opaque', {
      'roles.sql': rolesSql(role, scramVerifier(password)),
      // Written when credentials are exchanged; the Job's name does not follow from it.
      'logins.sql': '',
    }),
  };
}

/** What changes where the server is put elsewhere; the rest of the binding stays. */
export function placeOf({ host, port, authority }: ManagedDatabase): Readonly<Record<string, string>> {
  return {
    host,
    port: String(port),
    sslmode: authority === undefined ? 'require' : 'verify-full',
    ...(authority === undefined ? {} : { 'ca.crt': authority }),
  };
}

/** The Secret with the administrator's password added, for the Job that is to run. */
export async function withAdministrator(
  admin: SecretObject,
  { admin: { username, password } }: ManagedDatabase,
): Promise<SecretObject> {
  const secret = await password();
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  return {
    ...admin,
    data: { ...admin.data, username: encoded(username), password: encoded(secret.reveal()) },
  };
}

function bind({ cluster, service, binding }: ServiceInput): Binding {
  const database = cluster.databases?.[service.name];
  return {
    name: service.name,
    secret: binding.metadata.name,
    revision: hashOf(binding.data),
    ...(database?.cidr === undefined ? {} : { cidr: database.cidr }),
    port: database?.port ?? 5432,
  };
}

/**
 * Run by the server's administrator, who is no superuser there: to give a database away he has to be a member of the role
 * that gets it. May be run again.
 */
function rolesSql(role: string, verifier: string): string {
  return `\\set ON_ERROR_STOP on
SELECT 'CREATE ROLE "${role}" LOGIN NOCREATEDB NOCREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') \\gexec
ALTER ROLE "${role}" LOGIN PASSWORD '${verifier}';
GRANT "${role}" TO CURRENT_USER;
SELECT 'CREATE DATABASE "${role}" OWNER "${role}"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${role}') \\gexec
REVOKE CONNECT ON DATABASE "${role}" FROM PUBLIC;
`;
}
