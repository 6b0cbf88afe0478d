import type { Backups, Restorable, Restored, RestoreOptions, RestoreWish } from './cli/actions.ts';
import { StepFailed, UserMistake } from './core/failure.ts';
import type { Cluster, Restoration } from './core/handover.ts';
import { migrateBeside } from './deploy/migrate-beside.ts';
import type { Context } from './effects/context.ts';
import { timed } from './effects/timed.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { getObject } from './kubernetes/list.ts';
import type { Deployment, StatefulSet } from './kubernetes/objects.ts';
import { waitUntilReady } from './kubernetes/wait.ts';
import { assertBackups, letGo, told } from './letting-go.ts';
import type { ReadableBackup } from './maintain/drill.ts';
import { differences, losses, parseTables } from './maintain/tables.ts';
import type { Project, Service } from './project/project.ts';
import { lockProject } from './releasing.ts';
import { managedKinds, serviceKinds } from './services/table.ts';
import { listedBackups, openReadable, type ReadableBackups } from './stored-backups.ts';

interface Place {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
}

/** Seconds that components have to answer again when their data is another. */
const deadline = 180;

/** The backups that there are of a service's data. Throws UserMistake where there is no such service. */
export async function backupsOf(
  context: Context,
  { cluster, project }: Omit<Place, 'client'>,
  name: string | undefined,
): Promise<Backups> {
  const service = chosenService(project, cluster, name);
  const store = listedBackups(context, { cluster }, service.name);
  try {
    return { service: service.name, backups: await store.list() };
  } finally {
    await store.close();
  }
}

/**
 * What putting a backup in the place of a service's data would lose. Changes nothing.
 * @throws UserMistake where there is no such backup, or this machine does not have the key; StepFailed where the service
 *   does not answer
 */
export async function restorable(context: Context, place: Place, wish: RestoreWish): Promise<Restorable> {
  const service = chosenService(place.project, place.cluster, wish.service);
  const restoration = await begunIfRuns(context, place, service, wish);
  const unfinished = restoration?.unfinished;
  if (unfinished !== undefined && isWanted(wish, unfinished))
    return { service: service.name, secondsLost: 0, unfinished };
  const store = await openReadable(context, place, service.name);
  try {
    const { tag, backup } = await chosenBackup(store, service, wish);
    const then = parseTables(await backup.tables());
    const now = await restoration?.present().then(parseTables, unreadable);
    const { name, created, bytes } = backup;
    return {
      service: service.name,
      backup: { tag, name, created, bytes },
      secondsLost: age(context, backup),
      ...(now === undefined ? {} : { tables: losses(now, then) }),
      ...(unfinished === undefined ? {} : { unfinished }),
      ...(restoration === undefined ? { silent: true } : {}),
    };
  } finally {
    await store.close();
  }
}

/**
 * Puts a backup in the place of a service's data. It is restored beside and compared, the migrations of what serves run
 * on it, and then it takes the other's name, so whatever fails until then changes nothing. What it has replaced is backed
 * up as it was at that moment, and deleted. Killed anywhere, it goes on when it is called again.
 * @throws UserMistake and StepFailed as `restorable`, and where what was restored is not what was backed up
 */
export async function restore(
  context: Context,
  place: Place,
  wish: RestoreWish & RestoreOptions,
): Promise<Restored> {
  const service = chosenService(place.project, place.cluster, wish.service);
  const lease = await lockProject(context, place.client, place.project);
  const work = { place, service, wish, lost: lease.lost };
  try {
    return await timed(context, 'maintain', `restore ${service.name}`, async () => {
      const store = await openReadable(context, place, service.name);
      try {
        const found = await begunIfRuns(context, place, service, wish);
        const restoration = found ?? (await begunAnew(context, work, store));
        const result = await restored(context, { ...work, restoration, store });
        return { result, text: `${service.name} has the data of ${result.backup}` };
      } finally {
        await store.close();
      }
    });
  } finally {
    await lease.release();
  }
}

/** A service that does not answer, with a new volume, once it is known that there is something to put on it. */
async function begunAnew(
  context: Context,
  { place, service, wish }: Pick<Work, 'place' | 'service' | 'wish'>,
  store: ReadableBackups,
): Promise<Restoration> {
  const { backup } = await chosenBackup(store, service, wish);
  parseTables(await backup.tables());
  await serviceKinds[service.type].beginAnew?.(context, { ...place, service });
  told(context, 'begin anew', `${service.name} has another volume`);
  return begin(context, place, service);
}

/** As `begin`; undefined where the service does not run and that is reckoned with. */
async function begunIfRuns(
  context: Context,
  place: Place,
  service: Service,
  { anew = false, silent = false }: RestoreWish & Partial<RestoreOptions>,
): Promise<Restoration | undefined> {
  try {
    if (!anew || !silent) return await begin(context, place, service);
    throw new StepFailed({
      what: `${service.name} does not answer`,
      next: 'Run `ptp restore` without --anew.',
    });
  } catch (error) {
    if (!anew || !(error instanceof StepFailed)) throw error;
    const { namespace } = place.project.target;
    const key = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: service.name, namespace };
    const set = await getObject<StatefulSet>(place.client, key, context.signal);
    if (set === undefined || (set.status?.readyReplicas ?? 0) > 0) throw error;
    return undefined;
  }
}

interface Work {
  readonly place: Place;
  readonly service: Service;
  readonly wish: RestoreWish & RestoreOptions;
  readonly restoration: Restoration;
  readonly store: ReadableBackups;
  /** Aborted where somebody else changes the project meanwhile. */
  readonly lost: AbortSignal;
}

async function restored(context: Context, work: Work): Promise<Restored> {
  const { service, restoration, store, wish } = work;
  const { unfinished } = restoration;
  if (unfinished !== undefined) {
    const text = `an earlier restoration had put ${unfinished || 'a backup'} in place: it is brought to its end`;
    context.emit({ kind: 'note', step: 'maintain', text });
    const resumed = isWanted(wish, unfinished);
    const replaced = await letGo(context, work);
    if (resumed)
      return {
        service: service.name,
        backup: unfinished,
        resumed,
        secondsLost: 0,
        migrated: [],
        ...replaced,
      };
  }
  const { backup } = await chosenBackup(store, service, wish);
  if (wish.lastBackup && (await hasData(restoration))) await assertBackups(context, work.place, service);
  const { tables, rows, migrated } = await madeBeside(context, work, backup);
  await restoration.switchOver(backup.name);
  const secondsLost = age(context, backup);
  told(context, 'switch', `${service.name} has the data of ${backup.created.toISOString()}`);
  await untilUsed(context, work);
  const replaced = await letGo(context, work);
  const { name } = backup;
  return {
    service: service.name,
    backup: name,
    resumed: false,
    secondsLost,
    rows,
    tables,
    migrated,
    ...replaced,
  };
}

/** Makes the data beside, compared with what was backed up, and as what serves wants it. */
async function madeBeside(
  context: Context,
  { place, service, restoration, lost }: Work,
  backup: ReadableBackup,
): Promise<{ readonly tables: number; readonly rows: number; readonly migrated: readonly string[] }> {
  try {
    const expected = parseTables(await backup.tables());
    const { tables, seconds } = await restoration.restore(backup.dump());
    const found = parseTables(tables);
    const wrong = differences(expected, found);
    if (wrong.length > 0)
      throw new StepFailed({
        what: `what was restored of ${service.name} is not what was backed up`,
        where: { object: backup.name },
        details: wrong.slice(0, 10),
      });
    const rows = found.reduce((sum, one) => sum + one.rows, 0);
    told(context, 'restore', `${rows} rows in ${found.length} tables are as they were`, seconds);
    const migrated = await restoration.withBinding((secret) =>
      migrateBeside(context, place.client, place.project, { service: service.name, secret }),
    );
    if (migrated.length > 0) told(context, 'migrate', `migrated for ${migrated.join(', ')}`);
    lost.throwIfAborted();
    return { tables: found.length, rows, migrated };
  } catch (error) {
    // What is left of it takes room; the next attempt would throw it away as well.
    await restoration.discard().catch(() => {});
    if (!(error instanceof StepFailed)) throw error;
    const untouched = {
      what: `${backup.name} was not put in place: what serves of ${service.name} was not touched`,
      next: 'Mend what is told of above, or take another backup: `ptp restore --list`.',
    };
    throw new StepFailed([...error.problems, untouched], { cause: error });
  }
}

/** Waits until the components that use the service are ready: they have lost their connections. */
async function untilUsed(context: Context, { place: { client, project }, service }: Work): Promise<void> {
  const users = project.components.filter(({ needs }) => needs.includes(service.name));
  const found = await Promise.all(
    users.map(({ name }) =>
      getObject<Deployment>(
        client,
        { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace: project.target.namespace },
        context.signal,
      ),
    ),
  );
  await waitUntilReady(
    context,
    client,
    found.filter((one) => one !== undefined),
    { step: 'maintain', deadline },
  );
}

function chosenService({ services }: Project, { databases }: Cluster, name: string | undefined): Service {
  const names = services.map((one) => one.name);
  const service = name === undefined ? services[0] : services.find((one) => one.name === name);
  if (name === undefined && services.length > 1)
    throw new UserMistake({
      what: 'there is more than one service',
      next: `Name one: ${names.map((one) => `\`ptp restore ${one}\``).join(', ')}.`,
    });
  if (service === undefined)
    throw new UserMistake({
      what: name === undefined ? 'no service has data' : `there is no service ${name}`,
      where: { key: 'services' },
      next: names.length === 0 ? 'Nothing to restore.' : `There are ${names.join(', ')}.`,
    });
  const managed = databases?.[service.name] !== undefined;
  if ((managed ? managedKinds : serviceKinds)[service.type].restoration === undefined)
    throw new UserMistake({
      what: `${service.name} is a database that the cloud runs, and ptp has no backups of it`,
      next: "Restore one of the cloud's own backups, to any moment of the last days: docs/clouds has how.",
    });
  return service;
}

async function begin(context: Context, place: Place, service: Service): Promise<Restoration> {
  const { restoration } = serviceKinds[service.type];
  if (restoration === undefined) throw new Error(`${service.name} cannot be restored`);
  return restoration(context, { ...place, service });
}

async function chosenBackup(
  store: ReadableBackups,
  service: Service,
  { backup }: RestoreWish,
): Promise<{ readonly tag: string; readonly backup: ReadableBackup }> {
  const tag = backup === undefined ? undefined : tagOf(backup);
  const found = await store.find(tag);
  if (found !== undefined) return { tag: found.name.slice(found.name.lastIndexOf(':') + 1), backup: found };
  throw new UserMistake({
    what: tag === undefined ? `there is no backup of ${service.name} yet` : `there is no backup ${backup}`,
    next: tag === undefined ? 'Run `ptp backup`.' : 'Run `ptp restore --list`.',
  });
}

/** Whether a restoration that was broken off is the one that is asked for: of the same backup, or of none in particular. */
function isWanted({ backup }: RestoreWish, unfinished: string): boolean {
  if (backup === undefined) return true;
  return unfinished.endsWith(`:${tagOf(backup)}`);
}

/** `2026-11-26T03:17:00Z` as backups are called: `20261126t031700z`. */
export function tagOf(moment: string): string {
  return moment
    .toLowerCase()
    .replace(/^(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d):(\d\d)(\.\d+)?z/, '$1$2$3t$4$5$6z');
}

async function hasData(restoration: Restoration): Promise<boolean> {
  return (await restoration.present().catch(() => 'what cannot be read is something')) !== '';
}

function age({ clock }: Pick<Context, 'clock'>, { created }: Pick<ReadableBackup, 'created'>): number {
  return Math.round((clock.now().getTime() - created.getTime()) / 1000);
}

function unreadable(error: unknown): undefined {
  if (error instanceof StepFailed) return undefined;
  throw error;
}
