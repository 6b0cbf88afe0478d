import type { Context } from '../effects/context.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { getObject } from '../kubernetes/list.ts';
import { type AnyObject, keyOf } from '../kubernetes/objects.ts';
import { readiness } from '../kubernetes/readiness.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import { type Migration, migratedAnnotation } from './plan.ts';

/** Seconds that all migrations together may take. */
const deadline = 660;

/**
 * The migrations that have not run yet. Pure.
 * @param deployments the live Deployments: each bears the mark of the migration before it
 */
export function dueMigrations(
  migrations: readonly Migration[],
  deployments: readonly AnyObject[],
): readonly Migration[] {
  return migrations.filter(({ component, mark }) => {
    const live = deployments.find(({ metadata }) => metadata.name === component);
    return live?.metadata.annotations?.[migratedAnnotation] !== mark;
  });
}

/**
 * Runs the migrations that have not run yet, each to its end. One that failed before is run anew.
 * @param live the live Deployments: each bears the mark of the migration before it; and what is to happen before any
 *   migration runs
 * @throws StepFailed with the log's end where one fails; nothing of the new version has started then
 */
export async function migrate(
  context: Context,
  client: KubernetesClient,
  project: string,
  migrations: readonly Migration[],
  {
    deployments,
    beforeMigrating,
  }: {
    readonly deployments: readonly AnyObject[];
    readonly beforeMigrating?: (() => Promise<void>) | undefined;
  },
): Promise<void> {
  const due = dueMigrations(migrations, deployments);
  if (due.length === 0) return;
  await beforeMigrating?.();
  const started = context.clock.monotonic();
  for (const { job } of due) {
    const before = await getObject(client, keyOf(job), context.signal);
    if (before !== undefined && readiness(before).state === 'failed')
      await deleteObject(context, client, keyOf(job), { step: 'deploy' });
  }
  const jobs = due.map(({ job }) => job);
  await apply(context, client, jobs, { step: 'deploy', project });
  await waitUntilReady(context, client, jobs, { step: 'deploy', deadline });
  const seconds = (context.clock.monotonic() - started) / 1000;
  const names = due.map(({ component }) => component).join(', ');
  context.emit({
    kind: 'task-done',
    step: 'deploy',
    task: 'migrate',
    text: `migrated for ${names}`,
    seconds,
  });
}
