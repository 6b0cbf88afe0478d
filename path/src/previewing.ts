import type { Preview } from './cli/actions.ts';
import { billFor } from './cluster/managed/bill.ts';
import { providers } from './cluster/providers.ts';
import { StepFailed } from './core/failure.ts';
import type { BuiltImage, Cluster, PublishedImage } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { buildProjectImages } from './images.ts';
import { connect } from './kubernetes/client.ts';
import { unreachable } from './operate/status.ts';
import { planFirst, planRelease } from './planning.ts';
import type { Project } from './project/project.ts';
import { uncommittedProblem } from './project/uncommitted.ts';
import { repositoryOf } from './registry/repository.ts';
import { servingRelease } from './releases/record.ts';
import { readReleases } from './releases/store.ts';

/**
 * What `up` would do: builds the images on this machine (nothing else tells their digests), publishes none, and holds
 * what they would run as against the cluster by dry runs. Changes nothing outside the cache.
 * @throws UserMistake where someone else manages a field, StepFailed where the cluster does not answer
 */
export async function preview(context: Context, project: Project): Promise<Preview> {
  const bill = project.target.cloud === undefined ? undefined : await billFor(context, project);
  const billed = bill === undefined ? {} : { bill };
  const [built, state, uncommitted] = await Promise.all([
    buildProjectImages(context, project),
    // Without credentials nothing can be looked at, and the bill says so.
    bill !== undefined && bill.account === undefined
      ? ({ state: 'absent' } as const)
      : providers[project.target.cluster].find(context, project),
    uncommittedProblem(context, project),
  ]);
  const refused =
    uncommitted !== undefined && project.target.uncommitted === 'block' ? { refused: uncommitted } : {};
  if (uncommitted !== undefined) context.emit({ kind: 'warning', step: 'project', problem: uncommitted });
  if (state.state === 'unreachable') throw new StepFailed(unreachable(project, state));
  if (state.state !== 'running') {
    const images = built.map(({ name, manifest }) => ({
      name,
      digest: manifest.descriptor.digest,
      isNew: true,
    }));
    return {
      cluster: state.state,
      images,
      changes: [],
      migrations: [],
      nothing: false,
      ...refused,
      ...billed,
    };
  }
  const { cluster } = state;
  const client = await connect(cluster.kubeconfig, cluster.token, context.emit);
  try {
    const records = await readReleases(context, client, project);
    const serving = servingRelease(records);
    const images = built.map((image) => publishedAs(cluster, image));
    const input = { client, cluster, project, images };
    const plan = records.length === 0 ? await planFirst(context, input) : await planRelease(context, input);
    const runs = new Set(serving?.images.map(({ digest }) => digest));
    const migrations = plan.migrations.filter(({ ran }) => ran).map(({ component }) => component);
    return {
      cluster: 'running',
      ...(serving === undefined ? {} : { serving: serving.number }),
      images: images.map(({ name, digest }) => ({ name, digest, isNew: !runs.has(digest) })),
      changes: plan.changes,
      migrations,
      nothing: records.length > 0 && plan.changes.length === 0 && migrations.length === 0,
      ...refused,
      ...billed,
    };
  } finally {
    await client.close();
  }
}

/** An image as it would be called once it is published. */
function publishedAs(cluster: Cluster, { name, manifest }: BuiltImage): PublishedImage {
  const { digest } = manifest.descriptor;
  const { reference } = repositoryOf(cluster.registry, name);
  return { name, digest, reference: `${reference}@${digest}`, tags: [] };
}
