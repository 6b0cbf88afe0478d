import { StepFailed } from '../../core/failure.ts';
import type { CredentialRotation } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { apply } from '../../kubernetes/apply.ts';
import { deleteObject } from '../../kubernetes/delete.ts';
import { getObject, list } from '../../kubernetes/list.ts';
import {
  conditionsOf,
  type Job,
  type KubernetesObject,
  keyOf,
  type Pod,
  type PodTemplate,
  type SecretObject,
} from '../../kubernetes/objects.ts';
import { consoleIn } from '../postgres/console.ts';
import { type Login, loginStatement, memberStatements } from '../postgres/credentials.ts';
import { rotateRoles } from '../postgres/rotate.ts';
import type { ServicePlace } from '../service.ts';
import { managedPostgres, withAdministrator } from './managed-postgres.ts';
import { rolesLabels } from './plan.ts';

/** Seconds that the console's pod has to start, and that it lives at most. */
const patience = { start: 120, life: 900 };

/**
 * Exchanges the credentials of a database that a cloud runs, by two roles that take turns. The server is spoken to from a
 * pod in the cluster, as its administrator: it has no address that this machine reaches.
 */
export async function rotateManaged(context: Context, place: ServicePlace): Promise<CredentialRotation> {
  const { client, project, service, database } = place;
  if (database === undefined) throw new Error(`${service.name} has no server`);
  const fresh = managedPostgres.credentials(project, service, database);
  const live = await getObject<SecretObject>(client, keyOf(fresh.admin), context.signal);
  const template = await rolesTemplate(context, place);
  if (live?.data === undefined || template === undefined)
    throw new StepFailed({ what: `${service.name} has no role of the system's yet`, next: 'Run `ptp up`.' });
  // The cloud exchanges the administrator's password as it likes.
  const admin = await withAdministrator({ ...fresh.admin, data: live.data }, database);
  const pod = consolePod(place, template);
  const quiet = { ...context, emit: () => {} };
  const options = { step: 'services', project: project.name, force: true } as const;
  const end = () => deleteObject(quiet, client, keyOf(pod), { step: 'services' });
  await end();
  await untilGone(context, place, pod);
  await apply(quiet, client, [admin, pod], options);
  await untilStarted(context, place, pod);
  return rotateRoles(context, place, {
    fresh,
    psql: consoleIn(context, place, { pod: pod.metadata.name, container: 'roles', options: [] }),
    scripts: (owner, logins) => ({ 'logins.sql': loginsSql(owner, logins) }),
    ended: async () => {
      await end();
    },
  });
}

/** What brings a server that knows the owner alone to the roles as they are now. May be run again. */
export function loginsSql(owner: string, logins: readonly Login[]): string {
  return logins
    .flatMap((login) => [
      ...(login.role === owner
        ? []
        : [
            `SELECT 'CREATE ROLE "${login.role}" NOCREATEDB NOCREATEROLE' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${login.role}') \\gexec`,
            ...memberStatements(owner, login.role).map((statement) => `${statement};`),
          ]),
      `${loginStatement(login)};`,
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** What the Job that made the role runs: the image, the way to the server, the administrator's name and password. */
async function rolesTemplate(
  context: Pick<Context, 'signal'>,
  { client, project, service }: ServicePlace,
): Promise<PodTemplate | undefined> {
  const { namespace } = project.target;
  const labels = Object.entries(rolesLabels(project, service))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const jobs = await list<Job>(
    client,
    { apiVersion: 'batch/v1', kind: 'Job', namespace, labels },
    context.signal,
  );
  return jobs.at(-1)?.spec?.template;
}

function consolePod({ project, service }: ServicePlace, template: PodTemplate): KubernetesObject {
  const { spec } = template;
  const containers = (spec?.containers ?? []).map((container) => ({
    ...container,
    command: ['/usr/bin/sleep', String(patience.life)],
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${service.name}-console`,
      namespace: project.target.namespace,
      labels: rolesLabels(project, service),
    },
    spec: { ...spec, containers, terminationGracePeriodSeconds: 1 },
  } as KubernetesObject;
}

async function untilGone(context: Context, { client }: ServicePlace, pod: KubernetesObject): Promise<void> {
  for (let waited = 0; waited < 120; waited += 1) {
    if ((await getObject(client, keyOf(pod), context.signal)) === undefined) return;
    await context.clock.sleep(500, context.signal);
  }
}

async function untilStarted(
  context: Context,
  { client }: ServicePlace,
  pod: KubernetesObject,
): Promise<void> {
  const began = context.clock.monotonic();
  for (;;) {
    const live = await getObject<Pod>(client, keyOf(pod), context.signal);
    const conditions = live === undefined ? [] : conditionsOf(live);
    if (conditions.some(({ type, status }) => type === 'Ready' && status === 'True')) return;
    if (context.clock.monotonic() - began > patience.start * 1000)
      throw new StepFailed({
        what: `the pod that speaks to the database did not start within ${patience.start} s`,
        where: { object: `${pod.metadata.namespace}/pod/${pod.metadata.name}` },
        next: 'Run `ptp status`; then run this again.',
      });
    await context.clock.sleep(250, context.signal);
  }
}
