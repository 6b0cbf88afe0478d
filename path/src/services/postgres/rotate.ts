import { StepFailed } from '../../core/failure.ts';
import type { CredentialRotation } from '../../core/handover.ts';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import { hashOf } from '../../kubernetes/hash.ts';
import { getObject } from '../../kubernetes/list.ts';
import { keyOf, type SecretObject } from '../../kubernetes/objects.ts';
import { originAnnotation, type ServicePlace } from '../service.ts';
import { type Console, openConsole } from './console.ts';
import {
  identifier,
  initScripts,
  type Login,
  loginStatement,
  memberStatements,
  newPassword,
  postgresCredentials,
} from './credentials.ts';
import { scramVerifier } from './scram.ts';

/**
 * Exchanges the credentials by two roles that take turns: the database's owner, and a member of it whose work belongs
 * to the owner. Both are let in while pods are replaced; the old one loses its password when nobody uses it any more.
 * Killed in between, both are let in, and the next rotation goes on.
 */
export async function rotatePostgres(context: Context, place: ServicePlace): Promise<CredentialRotation> {
  const fresh = postgresCredentials(place.project, place.service);
  const psql = await openConsole(context, place);
  return rotateRoles(context, place, {
    fresh,
    psql,
    scripts(owner, logins, admin) {
      const superuser = scramVerifier(new Secret(text(admin['superuser-password'])));
      return initScripts(owner, logins, superuser);
    },
  });
}

/** A server whose roles are exchanged. */
export interface RotatedServer {
  /** The Secrets that its credentials are kept in; only their names are used. */
  readonly fresh: { readonly binding: SecretObject; readonly admin: SecretObject };
  readonly psql: Pick<Console, 'run'>;
  /** What a server that starts anew is to run, as keys of the administrator's Secret: the owner comes first. */
  scripts(
    owner: string,
    logins: readonly Login[],
    admin: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>>;
  /** Called when the old role is let in no more. */
  ended?(): Promise<void>;
}

/** The same for any server that a console reaches. Throws StepFailed where the credentials are not there. */
export async function rotateRoles(
  context: Context,
  { client, project }: ServicePlace,
  { fresh, psql, scripts, ended }: RotatedServer,
): Promise<CredentialRotation> {
  const live = async (secret: SecretObject): Promise<Readonly<Record<string, string>>> => {
    const found = await getObject<SecretObject>(client, keyOf(secret), context.signal);
    if (found?.data !== undefined) return found.data;
    throw new StepFailed({
      what: 'its credentials are not there',
      where: { object: `${secret.metadata.namespace}/secret/${secret.metadata.name}` },
      next: 'Run `ptp up`.',
    });
  };
  const [bound, admin] = await Promise.all([live(fresh.binding), live(fresh.admin)]);
  const owner = text(bound.database) || identifier(project.name);
  const [from, to] = turn(owner, text(bound.username));
  const password = newPassword();
  const next: Login = { role: to, verifier: scramVerifier(password) };

  const keep = async (secrets: readonly SecretObject[]) => {
    const quiet = { ...context, emit: () => {} };
    await apply(quiet, client, secrets, { step: 'services', project: project.name, force: true });
  };
  const withLogins = (logins: readonly Login[]): SecretObject => {
    // The owner comes first, whoever's turn it is.
    const sorted = logins.toSorted((one, other) => Number(other.role === owner) - Number(one.role === owner));
    const written = Object.entries(scripts(owner, sorted, admin));
    return {
      ...fresh.admin,
      data: { ...admin, ...Object.fromEntries(written.map(([key, value]) => [key, encoded(value)])) },
    };
  };
  return {
    from,
    to,
    connections: async (role) =>
      Number(await psql.run(`SELECT count(*) FROM pg_stat_activity WHERE usename = '${role}';`)),
    async begin() {
      const before: Login = { role: from, verifier: scramVerifier(new Secret(text(bound.password))) };
      // A server that starts anew from here on lets both in.
      await keep([withLogins([before, next])]);
      await psql.run(
        [
          `SELECT 'CREATE ROLE "${to}" NOSUPERUSER NOCREATEDB NOCREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${to}') \\gexec\n`,
          ...(to === owner ? [] : memberStatements(owner, to).map((one) => `${one};\n`)),
          `${loginStatement(next)};\n`,
        ].join(''),
      );
      const origin = await originOf(fresh.binding);
      await keep([
        {
          ...fresh.binding,
          metadata: { ...fresh.binding.metadata, annotations: { [originAnnotation]: origin } },
          data: { ...bound, username: encoded(to), password: encoded(password.reveal()) },
        },
      ]);
    },
    async revoke() {
      await keep([withLogins([{ role: from }, next])]);
      await psql.run(`${loginStatement({ role: from })};\n`);
      await ended?.();
    },
  };

  /** The revision of the credentials that the data was made with. */
  async function originOf(secret: SecretObject): Promise<string> {
    const found = await getObject<SecretObject>(client, keyOf(secret), context.signal);
    return found?.metadata.annotations?.[originAnnotation] ?? hashOf(bound);
  }
}

/** Whose turn it was and whose it is next: the owner's, and that of a second role. */
export function turn(owner: string, current: string): readonly [from: string, to: string] {
  const second = `${owner.slice(0, 61)}_b`;
  return current === second ? [second, owner] : [owner, second];
}

function text(encodedValue: string | undefined): string {
  return Buffer.from(encodedValue ?? '', 'base64').toString('utf8');
}

function encoded(value: string): string {
  return Buffer.from(value).toString('base64');
}
