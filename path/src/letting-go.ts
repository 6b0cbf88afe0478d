import type { Restored, RestoreOptions } from './cli/actions.ts';
import { type Problem, StepFailed, UserMistake } from './core/failure.ts';
import type { Restoration } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { getObject } from './kubernetes/list.ts';
import type { CronJob } from './kubernetes/objects.ts';
import { backUpReplaced } from './maintain/backup.ts';
import { differences, parseTables } from './maintain/tables.ts';
import type { Project, Service } from './project/project.ts';
import { recipientOf } from './services/backup-key.ts';
import {
  backupName,
  recipientAnnotation,
  scriptsAnnotation,
  scriptsRevision,
} from './services/postgres/backup/plan.ts';
import type { ReadableBackups } from './stored-backups.ts';

/** A restoration that has switched over. */
export interface Leaving {
  readonly place: { readonly client: KubernetesClient; readonly project: Project };
  readonly service: Service;
  readonly wish: RestoreOptions;
  readonly restoration: Restoration;
  readonly store: ReadableBackups;
}

/** Backs up what was replaced where that is wanted and there is anything, and deletes it. */
export async function letGo(context: Context, work: Leaving): Promise<Pick<Restored, 'replaced'>> {
  const { place, service, restoration, store, wish } = work;
  const { client, project } = place;
  const database = restoration.replaced;
  try {
    const now = wish.lastBackup ? await restoration.replacedTables() : '';
    if (now === '') {
      await restoration.forgetReplaced();
      return {};
    }
    const { recipient } = await assertBackups(context, place, service);
    await backUpReplaced(context, client, project, { service: service.name, database });
    const [newest] = (await store.list()).filter(({ replaced }) => replaced);
    // Another machine's key reads it: what made it came to its end, which has to do.
    const readable = recipient === (await recipientOf(store.identity));
    const kept = readable
      ? parseTables((await (await store.find(newest?.tag ?? ''))?.tables()) ?? '')
      : undefined;
    const wrong = kept === undefined ? [] : differences(parseTables(now), kept);
    if (newest === undefined || wrong.length > 0)
      throw new StepFailed({
        what: 'the backup of what was replaced does not hold all of it',
        details: wrong.slice(0, 10),
      });
    await restoration.forgetReplaced();
    told(context, 'last backup', `what was replaced is ${newest.tag}`);
    return { replaced: newest.tag };
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof UserMistake)) throw error;
    const stays: Problem = {
      what: `the backup serves, and what it has replaced is still there: the database ${database} of ${service.name}`,
      next: 'Run `ptp restore` again: it backs that up and deletes it; with --no-backup it deletes it at once.',
    };
    throw new StepFailed([stays, ...error.problems], { cause: error });
  }
}

/** Throws UserMistake where nothing could back up what is replaced, so that it is known before anything is changed. */
export async function assertBackups(
  context: Context,
  { client, project }: Pick<Leaving['place'], 'client' | 'project'>,
  service: Service,
): Promise<{ readonly recipient: string | undefined }> {
  const name = backupName(service);
  const { namespace } = project.target;
  const key = { apiVersion: 'batch/v1', kind: 'CronJob', name, namespace };
  const schedule = await getObject<CronJob>(client, key, context.signal);
  const scripts = schedule?.spec?.jobTemplate.spec?.template.metadata?.annotations?.[scriptsAnnotation];
  if (scripts === scriptsRevision(service))
    return { recipient: schedule?.metadata.annotations?.[recipientAnnotation] };
  throw new UserMistake({
    what:
      schedule === undefined
        ? `nothing makes backups of ${service.name}, so what is replaced could not be kept`
        : `what makes backups of ${service.name} is of another version of ptp`,
    where: { object: `${namespace}/cronjob/${name}` },
    next:
      schedule === undefined
        ? 'Write `backup: {}` to the service in ptp.yaml and run `ptp up`; or say --no-backup.'
        : 'Run `ptp up`; or say --no-backup.',
  });
}

/** Says that a piece of a restoration is done. */
export function told({ emit }: Context, task: string, text: string, seconds = 0): void {
  emit({ kind: 'task-done', step: 'maintain', task, text, seconds });
}
