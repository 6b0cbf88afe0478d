import { randomBytes } from 'node:crypto';
import { Secret } from '../../core/secret.ts';
import type { SecretObject } from '../../kubernetes/objects.ts';
import type { Project, Service } from '../../project/project.ts';
import { secretNames, serviceSecret } from '../service.ts';
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
  const secret = (name: string, type: string, data: Readonly<Record<string, string>>) =>
    serviceSecret(project, service, name, { type, data });
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
      ...initScripts(role, [{ role, verifier: scramVerifier(password) }], scramVerifier(superuser)),
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

/** A role that components may be, and the verifier of its password; without one it is let in no more. */
export interface Login {
  readonly role: string;
  readonly verifier?: string;
}

/**
 * What the server's own init runs, in single-user mode, where each statement ends with a semicolon and an empty line.
 * `create.sql` once, for new data; `roles.sql` at every start: whatever was done to the roles by hand, the Secrets are
 * right afterwards. The first role owns the database; others are members of it, and what they make belongs to it.
 */
export function initScripts(
  database: string,
  logins: readonly Login[],
  superuser: string,
): Readonly<Record<'create.sql' | 'roles.sql', string>> {
  const others = logins.map(({ role }) => role).filter((role) => role !== database);
  return {
    'create.sql': script([
      `CREATE ROLE "${database}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE`,
      ...others.flatMap((role) => [
        `CREATE ROLE "${role}" NOSUPERUSER NOCREATEDB NOCREATEROLE`,
        ...memberStatements(database, role),
      ]),
      `CREATE DATABASE "${database}" OWNER "${database}"`,
      `REVOKE CONNECT ON DATABASE "${database}" FROM PUBLIC`,
      `REVOKE CONNECT ON DATABASE postgres FROM PUBLIC`,
    ]),
    'roles.sql': script([...logins.map(loginStatement), `ALTER ROLE postgres PASSWORD '${superuser}'`]),
  };
}

/** Makes a role one that works as the database's owner does. */
export function memberStatements(owner: string, role: string): readonly string[] {
  return [`GRANT "${owner}" TO "${role}"`, `ALTER ROLE "${role}" SET role TO "${owner}"`];
}

/** Lets a role in with a password, or no more. */
export function loginStatement({ role, verifier }: Login): string {
  return verifier === undefined
    ? `ALTER ROLE "${role}" NOLOGIN PASSWORD NULL`
    : `ALTER ROLE "${role}" LOGIN PASSWORD '${verifier}'`;
}

function script(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n\n`).join('');
}
