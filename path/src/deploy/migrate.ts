import { StepFailed } from '../core/failure.ts';
import type { Context } from '../effects/context.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { getObject } from '../kubernetes/list.ts';
import { type AnyObject, type Job, keyOf, objectName } from '../kubernetes/objects.ts';
import { readiness } from '../kubernetes/readiness.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project } from '../project/project.ts';
import { migrationDeadlineOf } from './migration.ts';
import { type Migration, migratedAnnotation } from './plan.ts';

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
  project: Project,
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
  await apply(context, client, jobs, { step: 'deploy', project: project.name });
  const deadline = migrationDeadlineOf(project);
  try {
    await waitUntilReady(context, client, jobs, { step: 'deploy', deadline });
  } catch (error) {
    if (!(error instanceof StepFailed) || context.signal.aborted) throw error;
    throw await ended(context, client, jobs, error);
  }
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

/**
 * Ends migrations that are still at work when one has failed or all have taken too long: the release is given up, and
 * nothing of it may go on beside the one that serves. Returns the error, with what to do about those.
 */
async function ended(
  context: Context,
  client: KubernetesClient,
  jobs: readonly Job[],
  error: StepFailed,
): Promise<StepFailed> {
  const hanging = new Set<string>();
  for (const job of jobs) {
    const live = await getObject(client, keyOf(job), context.signal);
    if (live === undefined || readiness(live).state !== 'waiting') continue;
    hanging.add(objectName(keyOf(job)));
    await deleteObject(context, client, keyOf(job), { step: 'deploy' });
  }
  const next =
    'Read the log lines above: it may wait for a lock that another session holds. It was ended; `rollout: { migrationDeadline: … }` in ptp.yaml gives it more time.';
  const problems = error.problems.map((problem) =>
    hanging.has(problem.where?.object ?? '') && problem.next === undefined ? { ...problem, next } : problem,
  );
  return new StepFailed(problems, { cause: error });
}
