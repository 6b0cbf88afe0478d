import { randomBytes } from 'node:crypto';
import { Secret } from '../../core/secret.ts';
import { label } from '../../kubernetes/labels.ts';
import type { SecretObject } from '../../kubernetes/objects.ts';
import type { Project, Service } from '../../project/project.ts';
import { secretNames } from '../service.ts';
import { scramVerifier } from './scram.ts';

export const postgresPort = 5432;

/**
 * New credentials: what components mount (Service Binding 1.1, "Well-known Secret Entries"), and what only the
 * server's own init reads: the role's verifier and the superuser's password. The application's role owns its database
 * and is no superuser.
 */
export function postgresCredentials(
  project: Project,
  service: Service,
): { readonly binding: SecretObject; readonly admin: SecretObject } {
  const names = secretNames(service);
  const role = identifier(project.name);
  const password = newPassword();
  const superuser = newPassword();
  const secret = (name: string, type: string, data: Readonly<Record<string, string>>): SecretObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: project.target.namespace, labels: { [label.service]: service.name } },
    type,
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  });
  return {
    binding: secret(names.binding, 'servicebinding.io/postgresql', {
      type: 'postgresql',
      provider: 'ptp',
      host: `${service.name}.${project.target.namespace}.svc`,
      port: String(postgresPort),
      database: role,
      username: role,
      password: password.reveal(),
    }),
    admin: secret(names.admin, 'Opaque', {
      'superuser-password': superuser.reveal(),
      'create.sql': createSql(role),
      'roles.sql': rolesSql(role, scramVerifier(password), scramVerifier(superuser)),
    }),
  };
}

/** 32 random bytes in 43 characters that need no quoting anywhere. */
export function newPassword(): Secret {
  return new Secret(randomBytes(32).toString('base64url'));
}

/** A name as SQL, shells and URLs take it unquoted: `my-shop` → `my_shop`. */
export function identifier(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');
  return (/^[a-z_]/.test(plain) ? plain : `_${plain}`).slice(0, 63);
}

/** Run once, in single-user mode, where each statement ends with a semicolon and an empty line. */
function createSql(role: string): string {
  return [
    `CREATE ROLE "${role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;`,
    `CREATE DATABASE "${role}" OWNER "${role}";`,
    `REVOKE CONNECT ON DATABASE "${role}" FROM PUBLIC;`,
    `REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;`,
  ]
    .map((statement) => `${statement}\n\n`)
    .join('');
}

/** Run at every start: whatever was done to the passwords by hand, the Secrets are right afterwards. */
function rolesSql(role: string, verifier: string, superuser: string): string {
  return [
    `ALTER ROLE "${role}" LOGIN PASSWORD '${verifier}';`,
    `ALTER ROLE postgres PASSWORD '${superuser}';`,
  ]
    .map((statement) => `${statement}\n\n`)
    .join('');
}
