import { join } from 'node:path';
import { admissionReasons } from './admission/reasons.ts';
import type { Answer, Trace } from './core/answer.ts';
import type { Bill } from './core/bill.ts';
import type { CostReport } from './core/cost.ts';
import { UserMistake } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import type { Reasons } from './core/reason.ts';
import { costOf } from './cost/cost.ts';
import { migrationReasons } from './deploy/migration-reasons.ts';
import { deployReasons } from './deploy/reasons.ts';
import type { Context } from './effects/context.ts';
import { answerOf } from './explain/answer.ts';
import { type Decision, readDecisions } from './explain/decisions.ts';
import { topics } from './explain/topics.ts';
import { traceField } from './explain/trace.ts';
import { imageReasons } from './image/reasons.ts';
import { admissionPolicyName } from './kubernetes/admission-rights.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { groundReasons } from './kubernetes/reasons.ts';
import { drillReasons } from './maintain/reasons.ts';
import { observeReasons } from './observe/reasons.ts';
import type { Project } from './project/project.ts';
import { openAttachments } from './registry/attachments.ts';
import { releaseReasons } from './releases/reasons.ts';
import { publicUrl } from './route/plan.ts';
import { routeReasons } from './route/reasons.ts';
import { backupReasons } from './services/postgres/backup/reasons.ts';
import { postgresReasons } from './services/postgres/reasons.ts';
import { serviceSecretReasons } from './services/secret-reasons.ts';
import { readSnapshot } from './snapshot/read.ts';
import type { Snapshot } from './snapshot/snapshot.ts';
import { vulnerabilityReasons } from './vulnerabilities/reasons.ts';

/** A system that runs, and the way to it. */
export interface Surveyed {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
}

/** Why each field that the path plans is as it is. */
export const allReasons: readonly Reasons[] = [
  ...groundReasons,
  ...admissionReasons,
  ...imageReasons,
  ...deployReasons,
  ...migrationReasons,
  ...postgresReasons,
  ...backupReasons,
  ...serviceSecretReasons,
  ...routeReasons,
  ...releaseReasons,
  ...drillReasons,
  ...observeReasons,
  ...vulnerabilityReasons,
];

/** A system as it is now, read once. Throws StepFailed where the cluster does not answer. */
export async function survey(context: Context, { client, cluster, project }: Surveyed): Promise<Snapshot> {
  const attachments = openAttachments(context, cluster.registry);
  try {
    return await readSnapshot(context, {
      client,
      cluster,
      project,
      url: publicUrl({ project, cluster }),
      attachments,
      watching: () => watching(context, { client, cluster, project }),
      observed: () => observed(context, { client, cluster, project }),
      bill: () => billOf(context, project),
      admissionPolicy: admissionPolicyName(project.target.namespace),
    });
  } finally {
    await attachments.close();
  }
}

/** What a system costs a month where it runs. */
export async function cost(context: Context, surveyed: Surveyed): Promise<CostReport> {
  const snapshot = await survey(context, surveyed);
  return costOf(snapshot, snapshot.bill);
}

/** What a target in a public cloud is made of and costs; undefined for any other. */
export async function billOf(context: Context, project: Project): Promise<Bill | undefined> {
  if (project.target.cloud === undefined) return undefined;
  const { billFor } = await import('./cluster/managed/bill.ts');
  return billFor(context, project);
}

/** The pages of docs/decisions that come with the tool. */
export function decisions(): Promise<readonly Decision[]> {
  return readDecisions(join(import.meta.dirname, '../../docs/decisions'));
}

/**
 * The answers to questions of the exercise for a system as it is now.
 * @param topic one of them; absent: all
 * @throws UserMistake where there is no such topic
 */
export async function explain(
  context: Context,
  surveyed: Surveyed,
  topic: string | undefined,
): Promise<readonly Answer[]> {
  const chosen = topics.filter(({ name }) => topic === undefined || name === topic);
  if (chosen.length === 0)
    throw new UserMistake({
      what: `there is no topic called ${topic}`,
      next: `There are ${topics.map(({ name }) => name).join(', ')}; or name an object: \`ptp explain deployment/gateway\`.`,
    });
  const [snapshot, pages] = await Promise.all([survey(context, surveyed), decisions()]);
  return chosen.map((one) => answerOf(one, snapshot, pages));
}

/** Where one field of a live object comes from. Throws UserMistake where there is no such object or field. */
export async function trace(
  context: Context,
  surveyed: Surveyed,
  { object, path }: { readonly object: string; readonly path: string },
): Promise<Trace> {
  const [snapshot, pages] = await Promise.all([survey(context, surveyed), decisions()]);
  return traceField({ snapshot, reasons: allReasons, pages }, object, path);
}

/** What components have used; empty where a target has no monitoring. */
async function observed(context: Context, { client, project }: Surveyed): Promise<Snapshot['observed']> {
  if (project.target.monitoring !== 'cluster') return [];
  const { observedUse } = await import('./observe/observed-use.ts');
  return observedUse(context, client, project);
}

/** What watches over a system; undefined where its target has no monitoring. */
async function watching(
  context: Context,
  { client, project }: Surveyed,
): Promise<Snapshot['watching'] | undefined> {
  if (project.target.monitoring !== 'cluster') return undefined;
  const { watchingOver } = await import('./observe/live.ts');
  return watchingOver(context, client, project);
}
