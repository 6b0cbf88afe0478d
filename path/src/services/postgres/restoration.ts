import { StepFailed } from '../../core/failure.ts';
import type { Restoration } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import { deleteObject } from '../../kubernetes/delete.ts';
import { execute } from '../../kubernetes/execute.ts';
import { getObject } from '../../kubernetes/list.ts';
import { keyOf, type SecretObject } from '../../kubernetes/objects.ts';
import { type ServicePlace, secretNames, serviceSecret } from '../service.ts';
import { tableSums } from './backup/scripts.ts';
import { paths } from './configuration.ts';
import { type Console, openConsole } from './console.ts';
import { programs } from './image.ts';
import { type Databases, databasesOf, makeStatements, switchStatements } from './restoration-plan.ts';

/** Milliseconds that the door has to be opened again when something went wrong, or the user has ended it. */
const opening = 15_000;

/** Milliseconds that a server has to begin to answer, and between two looks. */
const patience = 60_000;
const every = 500;

/**
 * Begins to put a backup in the place of a database's content; changes nothing yet. The new database is made beside the
 * old one, on the same server, so users are served until both change their names in one transaction.
 * @throws StepFailed where the server does not answer, or has no database of the application
 */
export async function restorePostgres(context: Context, place: ServicePlace): Promise<Restoration> {
  const { client, project, service } = place;
  const { namespace } = project.target;
  const psql = await patientConsole(context, place);
  const names = databasesOf(await databaseName(context, place));
  const { database, beside, replaced } = names;
  const there = parseDatabases(await psql.run(look(names)));
  if (!there.has(database))
    throw new StepFailed({
      what: `${service.name} has no database ${database}`,
      where: { object: `${namespace}/pod/${psql.pod}` },
      next: 'Run `ptp up`.',
    });
  const open = `ALTER DATABASE "${database}" WITH ALLOW_CONNECTIONS true;\n`;
  // An earlier one that ended between closing the door and changing names.
  if (there.get(database)?.open === false) await psql.run(open);
  const unfinished = there.has(replaced) ? (there.get(database)?.backup ?? '') : undefined;
  const dropped = (name: string) => psql.run(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE);\n`);
  return {
    replaced,
    ...(unfinished === undefined ? {} : { unfinished }),
    present: () => psql.run(tableSums, database),
    async restore(dump) {
      await dropped(beside);
      await psql.run(makeStatements(names));
      const began = context.clock.monotonic();
      const { code, stderr } = await execute(client, {
        namespace,
        pod: psql.pod,
        container: 'postgres',
        command: [
          `${programs(service.version)}/pg_restore`,
          `--host=${paths.sockets}`,
          '--username=postgres',
          `--role=${database}`,
          '--no-owner',
          '--exit-on-error',
          `--dbname=${beside}`,
        ],
        input: dump,
        signal: context.signal,
      });
      if (code !== 0)
        throw new StepFailed({
          what: `the backup cannot be restored: pg_restore ended with ${code}`,
          where: { object: `${namespace}/pod/${psql.pod}` },
          details: stderr.trim().split('\n').slice(-5),
        });
      await psql.run('ANALYZE;\n', beside);
      const seconds = Math.round((context.clock.monotonic() - began) / 10) / 100;
      return { tables: await psql.run(tableSums, beside), seconds };
    },
    async withBinding(work) {
      const quiet = { ...context, emit: () => {} };
      const options = { step: 'maintain', project: project.name } as const;
      const { type = 'Opaque', data } = await bindingOf(context, place);
      const secret = serviceSecret(project, service, `${secretNames(service).binding}-restoring`, {
        type,
        data: {},
      });
      const encoded = Buffer.from(beside).toString('base64');
      const restoring: SecretObject = { ...secret, data: { ...data, database: encoded } };
      await apply(quiet, client, [restoring], options);
      try {
        return await work(secret.metadata.name);
      } finally {
        // Also where the user has ended it.
        const ending = { ...quiet, signal: AbortSignal.timeout(opening) };
        await deleteObject(ending, client, keyOf(secret), options).catch(() => {});
      }
    },
    async switchOver(backup) {
      try {
        // Small enough to be read by the server's console at once: it comes to its end whatever becomes of this process.
        await psql.run(switchStatements(names, backup));
      } catch (error) {
        const again = await openConsole({ signal: AbortSignal.timeout(opening) }, place).catch(
          () => undefined,
        );
        await again?.run(open).catch(() => {});
        throw error;
      }
    },
    replacedTables: () => psql.run(tableSums, replaced),
    forgetReplaced: async () => void (await dropped(replaced)),
    discard: async () => void (await dropped(beside)),
  };
}

/** Whether the application's database has no table. Throws StepFailed where the server does not answer. */
export async function isEmptyPostgres(context: Context, place: ServicePlace): Promise<boolean> {
  const database = await databaseName(context, place);
  return (await (await openConsole(context, place)).run(tableSums, database)) === '';
}

/** Opens the console of a server that may have been started anew just now: on a bad day it was. */
async function patientConsole(context: Context, place: ServicePlace): Promise<Console> {
  const { clock, emit, signal } = context;
  const began = clock.monotonic();
  for (;;) {
    try {
      return await openConsole(context, place);
    } catch (error) {
      if (!(error instanceof StepFailed) || clock.monotonic() - began > patience) throw error;
    }
    const text = `waiting for ${place.service.name} to answer`;
    emit({ kind: 'progress', step: 'maintain', task: 'restore', text });
    await clock.sleep(every, signal);
  }
}

/** What the application's database is called. */
async function databaseName(context: Context, place: ServicePlace): Promise<string> {
  const { data } = await bindingOf(context, place);
  return Buffer.from(data?.database ?? '', 'base64').toString('utf8');
}

/** What components are told of the service. */
async function bindingOf(
  context: Context,
  { client, project, service }: ServicePlace,
): Promise<SecretObject> {
  const { namespace } = project.target;
  const key = { apiVersion: 'v1', kind: 'Secret', name: secretNames(service).binding, namespace };
  const secret = await getObject<SecretObject>(client, key, context.signal);
  if (secret?.data?.database !== undefined) return secret;
  throw new StepFailed({
    what: `the credentials of ${service.name} are not there`,
    where: { object: `${namespace}/secret/${key.name}` },
    next: 'Run `ptp up`.',
  });
}

/** What there is of the three databases: a line each with its name, whether it lets anybody in, and its comment. */
function look(names: Databases): string {
  const all = Object.values(names).map((name) => `'${name}'`);
  return `SELECT datname, datallowconn, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname IN (${all.join(', ')});\n`;
}

interface Found {
  readonly open: boolean;
  /** The backup that it was made of, where that is known. */
  readonly backup?: string;
}

function parseDatabases(text: string): ReadonlyMap<string, Found> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [name = '', open, ...comment] = line.split('|');
        const backup = /^restored by ptp from (\S+)$/.exec(comment.join('|'))?.[1];
        return [name, { open: open === 't', ...(backup === undefined ? {} : { backup }) }] as const;
      }),
  );
}
