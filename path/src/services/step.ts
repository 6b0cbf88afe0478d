import { type Problem, StepFailed } from '../core/failure.ts';
import type { Binding, Cluster, ManagedDatabase, PublishedImage } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import type { Settled } from '../kubernetes/change-set.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { label, ownedBy } from '../kubernetes/labels.ts';
import { getObject, list } from '../kubernetes/list.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import { type KubernetesObject, keyOf, type SecretObject } from '../kubernetes/objects.ts';
import { pullSecrets } from '../kubernetes/pull-secret.ts';
import { readiness } from '../kubernetes/readiness.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project, Service } from '../project/project.ts';
import { withWayOut } from './damaged.ts';
import { placeOf, withAdministrator } from './managed-postgres/managed-postgres.ts';
import { rolesJobName } from './managed-postgres/plan.ts';
import { backupName } from './postgres/backup/plan.ts';
import { backupRecipient } from './recipient.ts';
import { endsSoon, registryLogin } from './registry-login.ts';
import { replaceStuck } from './replace-stuck.ts';
import { originAnnotation, type ServiceInput, type ServiceKind } from './service.ts';
import { managedKinds, serviceKinds } from './table.ts';

/** What the step works on. */
export interface ServicesInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  /** Those of `serviceImages` among them. */
  readonly images: readonly PublishedImage[];
}

/** Seconds that services have to come up, an image's first pull and a volume's creation included. */
const deadline = 300;

/** What the services of a project are to be, with the credentials that they have or are to get. */
export interface PlannedServices {
  readonly secrets: readonly SecretObject[];
  /** All but the Secrets. */
  readonly objects: readonly KubernetesObject[];
  readonly bindings: readonly Binding[];
}

/**
 * Plans the services that ptp.yaml asks for; only looks at the cluster. Credentials are those that are there, else
 * fresh ones.
 */
export async function planServices(context: Context, input: ServicesInput): Promise<PlannedServices> {
  const { cluster, project } = input;
  const inputs = await Promise.all(project.services.map((service) => prepare(context, input, service)));
  return {
    secrets: [
      // The components' pods need it too; it is here because this step comes first.
      ...pullSecrets(cluster, project.target.namespace),
      ...inputs.flatMap((prepared) => prepared.secrets),
    ],
    objects: inputs.flatMap(({ ready }) => kindOf(ready).plan(ready)),
    bindings: inputs.map(({ ready }) => kindOf(ready).bind(ready)),
  };
}

/**
 * Makes the services that ptp.yaml asks for, waits until they answer, and returns how components are bound to them.
 * Credentials are generated once and then kept. A service that has left ptp.yaml is reported and stays: it holds data.
 * @param settled what a dry run has found to be as it is wanted
 * @throws StepFailed where a service does not come up; UserMistake where someone else manages its objects
 */
export function provisionServices(
  context: Context,
  input: ServicesInput,
  settled?: Settled,
): Promise<readonly Binding[]> {
  const { client, project } = input;
  const names = project.services.map((service) => service.name).join(', ');
  return timed(context, 'services', names === '' ? 'no services' : `provide ${names}`, async () => {
    const options = { step: 'services', project: project.name, settled } as const;
    await apply(context, client, [namespaceFor(project.target.namespace)], options);
    // What there is to say was said when it was planned.
    const { secrets, objects, bindings } = await planServices({ ...context, emit: () => {} }, input);
    await apply(context, client, [...secrets, ...objects], options);
    const workloads = objects.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Job');
    await replaceStuck(
      context,
      client,
      workloads.filter(({ kind }) => kind === 'StatefulSet'),
    );
    await waitUntilReady(context, client, workloads, { step: 'services', deadline }).catch(
      (error: unknown) => {
        throw withWayOut(error, project);
      },
    );
    await endSchedules(context, input, objects);
    await reportLeft(context, input);
    return { text: names === '' ? 'no services' : `${names} answers`, result: bindings };
  });
}

/**
 * Makes services as an earlier release had them, where those of the next one do not come up. Credentials stay.
 * @throws StepFailed where they do not come up either
 */
export function restoreServices(
  context: Context,
  { client, project }: Pick<ServicesInput, 'client' | 'project'>,
  objects: readonly KubernetesObject[],
): Promise<void> {
  return timed(context, 'services', 'make services as they were', async () => {
    await apply(context, client, objects, { step: 'services', project: project.name, force: true });
    const sets = objects.filter(({ kind }) => kind === 'StatefulSet');
    await replaceStuck(context, client, sets);
    await waitUntilReady(context, client, sets, { step: 'services', deadline });
    return { text: 'services answer', result: undefined };
  });
}

async function prepare(
  context: Context,
  input: ServicesInput,
  service: Service,
): Promise<{ readonly ready: ServiceInput; readonly secrets: readonly SecretObject[] }> {
  const { client, cluster, project, images } = input;
  const database = cluster.databases?.[service.name];
  const kind = kindOf({ cluster, service });
  const wanted = kind.image(service).name;
  const image = images.find((candidate) => candidate.name === wanted);
  if (image === undefined)
    throw new StepFailed({ what: `the image ${wanted} of the service ${service.name} was not published` });
  const fresh = kind.credentials(project, service, database);
  const [binding, admin] = await Promise.all([
    keptOr(context, client, fresh.binding),
    keptOr(context, client, fresh.admin),
  ]);
  const backup = await backupOf(context, input, service, kind);
  const ready = { project, service, cluster, image, binding, admin, ...backup };
  const login = backup.backup?.registry;
  if (database === undefined)
    return { ready, secrets: [binding, admin, ...(login === undefined ? [] : [login])] };
  const placed = { ...ready, binding: withPlace(binding, placeOf(database)) };
  const secrets = [placed.binding, await withDueAdministrator(context, client, placed, database)];
  return { ready: placed, secrets };
}

/** What makes a service's backups, and whom for; nothing where it has none. */
async function backupOf(
  context: Context,
  { client, cluster, project, images }: ServicesInput,
  service: Service,
  kind: ServiceKind,
): Promise<Pick<ServiceInput, 'backup'>> {
  const wanted = service.backup === undefined ? undefined : kind.backupImage?.(service).name;
  if (wanted === undefined) return {};
  const image = images.find(({ name }) => name === wanted);
  if (image === undefined)
    throw new StepFailed({ what: `the image ${wanted} of the service ${service.name} was not published` });
  const registry = await lastingLogin(context, client, registryLogin(cluster, project, backupName(service)), {
    name: `${backupName(service)}-registry`,
    namespace: project.target.namespace,
  });
  if (registry !== undefined && endsSoon(registry)) {
    const problem: Problem = {
      what: `no backups of ${service.name} are made: the login for ${cluster.registry.name} ends within hours, and a schedule in the cluster cannot renew it`,
      next: `Log in with a robot account that lasts, and run \`ptp up\` again; where the cloud runs the database (\`databases: managed\`) it makes backups itself.`,
    };
    context.emit({ kind: 'warning', step: 'services', problem });
    return {};
  }
  const recipient = await backupRecipient(context, client, project, service);
  return { backup: { image, recipient, ...(registry === undefined ? {} : { registry }) } };
}

/** The login that backups are sent with: where this machine has none that lasts, the one that the cluster has. */
async function lastingLogin(
  context: Context,
  client: KubernetesClient,
  fresh: SecretObject | undefined,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<SecretObject | undefined> {
  if (fresh !== undefined && !endsSoon(fresh)) return fresh;
  const key = { apiVersion: 'v1', kind: 'Secret', name, namespace } as const;
  const live = await getObject<SecretObject>(client, key, context.signal);
  if (live?.data === undefined) return fresh;
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', data: live.data };
}

/** How a service is made: by the cloud where it has a server for it. */
function kindOf({ cluster, service }: Pick<ServiceInput, 'cluster' | 'service'>): ServiceKind {
  const kinds = cluster.databases?.[service.name] === undefined ? serviceKinds : managedKinds;
  return kinds[service.type];
}

function withPlace(binding: SecretObject, place: Readonly<Record<string, string>>): SecretObject {
  const encoded = Object.entries(place).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { ...binding, data: { ...binding.data, ...Object.fromEntries(encoded) } };
}

/** The administrator's password is asked for only while his Job is to run: asking may mean a new one. */
async function withDueAdministrator(
  context: Context,
  client: KubernetesClient,
  input: ServiceInput,
  database: ManagedDatabase,
): Promise<SecretObject> {
  const { namespace } = input.project.target;
  const key = { apiVersion: 'batch/v1', kind: 'Job', namespace, name: rolesJobName(input) };
  const job = await getObject(client, key, context.signal);
  const done = job !== undefined && readiness(job).state === 'ready';
  return done ? input.admin : withAdministrator(input.admin, database);
}

/** The Secret as the cluster has it, reduced to what was applied; the fresh one where there is none. */
async function keptOr(
  context: Context,
  client: KubernetesClient,
  fresh: SecretObject,
): Promise<SecretObject> {
  const live = await getObject<SecretObject>(client, keyOf(fresh), context.signal);
  if (live?.data === undefined) return fresh;
  const origin = live.metadata.annotations?.[originAnnotation];
  const annotations = origin === undefined ? {} : { annotations: { [originAnnotation]: origin } };
  return { ...fresh, metadata: { ...fresh.metadata, ...annotations }, data: live.data };
}

/** Backups that ptp.yaml no longer asks for are made no longer; those that there are stay. */
async function endSchedules(
  context: Context,
  { client, project }: ServicesInput,
  wanted: readonly KubernetesObject[],
): Promise<void> {
  const { namespace } = project.target;
  const selection = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    namespace,
    labels: ownedBy(project.name, 'services'),
  };
  for (const one of await list(client, selection, context.signal)) {
    const stays = wanted.some(
      ({ kind, metadata }) => kind === one.kind && metadata.name === one.metadata.name,
    );
    if (!stays) await deleteObject(context, client, keyOf(one), { step: 'services' });
  }
}

async function reportLeft(context: Context, { client, project }: ServicesInput): Promise<void> {
  const sets = await list(
    client,
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      namespace: project.target.namespace,
      labels: ownedBy(project.name, 'services'),
    },
    context.signal,
  );
  const wanted = new Set(project.services.map((service) => service.name));
  for (const { metadata } of sets) {
    const name = metadata.labels?.[label.service] ?? metadata.name;
    if (wanted.has(name)) continue;
    const problem: Problem = {
      what: `the service ${name} is no longer in ptp.yaml but still runs, because it holds data`,
      where: { object: `${metadata.namespace}/statefulset/${metadata.name}` },
      next: 'Put it back, or run `ptp down` for all; nothing deletes data on the way.',
    };
    context.emit({ kind: 'warning', step: 'services', problem });
  }
}
