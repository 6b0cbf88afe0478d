import { admitImages } from './admission/step.ts';
import { installParts } from './cluster/parts.ts';
import type { Groundwork } from './cluster/provider.ts';
import { startCluster } from './cluster/step.ts';
import type { Cluster, PublishedImage, Release, Route } from './core/handover.ts';
import { deployAhead, deployComponents } from './deploy/step.ts';
import type { Context } from './effects/context.ts';
import { buildImages } from './image/step.ts';
import { buildProjectImages, publishProjectImages } from './images.ts';
import { connect, type KubernetesClient } from './kubernetes/client.ts';
import type { Project } from './project/project.ts';
import { revisionOf } from './project/revision.ts';
import { proveServing } from './prove/step.ts';
import { pullCredentials } from './registry/pull-credentials.ts';
import { publishImages } from './registry/step.ts';
import { openRoute, prepareRoute } from './route/step.ts';
import { provisionServices } from './services/step.ts';
import { withWholeImages } from './whole-images.ts';

/** What a walk along the whole path brought about. */
export interface Arrival {
  readonly release: Release;
  readonly route: Route;
}

/**
 * The path to production, in order: source → image → cluster → registry → services → deploy → route → users. Images
 * are built while the cluster starts, and the cluster's own parts are put into it beside everything else.
 */
export async function up(given: Context, project: Project): Promise<Arrival> {
  // What fails first ends what runs beside it.
  const failed = new AbortController();
  const context = { ...given, signal: AbortSignal.any([given.signal, failed.signal]) };
  try {
    return await walk(context, project);
  } catch (error) {
    failed.abort(error);
    throw given.signal.aborted ? given.signal.reason : error;
  }
}

async function walk(context: Context, project: Project): Promise<Arrival> {
  const ground = Promise.withResolvers<Groundwork>();
  let reached: Reached | undefined;
  const starting = startCluster(context, project, ground.resolve).then(async (cluster) => {
    reached = await reach(context, cluster);
    return reached;
  });
  starting.catch(ground.reject);
  const published = publish(context, project, ground.promise);
  const parts = installParts(
    context,
    ground.promise,
    starting.then(({ client }) => client),
    (specs, given) => publishPart(context, project, specs, given),
  );
  // Whatever fails ends the wait for all that stands on it.
  const failed = firstFailure([starting, published, parts.all]);
  const orFail = <T>(work: Promise<T>): Promise<T> => Promise.race([work, failed]);
  try {
    const [{ cluster, client }, images] = await orFail(Promise.all([starting, published, parts.sandbox]));
    const given = { client, cluster, project, images };
    const admission = await orFail(admitImages(context, given));
    const door = parts.all.then(() => prepareRoute(context, given));
    const [bindings, ahead] = await orFail(
      Promise.all([
        provisionServices(context, given),
        parts.foundation.then(() => deployAhead(context, given)),
      ]),
    );
    const release = await orFail(deployComponents(context, { ...given, bindings, ahead }));
    await Promise.all([door, admission.inForce]);
    const route = await openRoute(context, { ...given, release });
    await proveServing(context, route, project);
    return { release, route };
  } finally {
    // What still starts after a failure is ended by the signal, not waited for.
    await reached?.client.close();
  }
}

interface Reached {
  readonly cluster: Cluster;
  readonly client: KubernetesClient;
}

/** A client for the cluster, and what its nodes need to pull from its registry. */
async function reach(context: Context, cluster: Cluster): Promise<Reached> {
  const pullSecret = await pullCredentials(context, cluster.registry);
  const client = await connect(cluster.kubeconfig);
  return { cluster: { ...cluster, ...(pullSecret === undefined ? {} : { pullSecret }) }, client };
}

async function publish(
  context: Context,
  project: Project,
  ground: Promise<Groundwork>,
): Promise<readonly PublishedImage[]> {
  const place = Promise.all([revisionOf(context, project), ground]);
  place.catch(() => {}); // told where it is waited for
  const make = () => buildProjectImages(context, project);
  return withWholeImages(context, make, async (images) => {
    const [revision, { registry }] = await place;
    return publishProjectImages(context, registry, images, revision === undefined ? [] : [revision]);
  });
}

/** Never resolves; rejects with what fails first. */
function firstFailure(work: readonly Promise<unknown>[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const one of work) one.catch(reject);
  });
  failed.catch(() => {}); // raced against; told by whoever waits
  return failed;
}

async function publishPart(
  context: Context,
  project: Project,
  specs: Parameters<typeof buildImages>[1],
  { registry, partImages: { prefix, tag } }: Groundwork,
): Promise<readonly PublishedImage[]> {
  const make = () => buildImages(context, specs, { projectFolder: project.folder });
  return withWholeImages(context, make, (images) =>
    publishImages(context, { ...registry, prefix }, images, { tags: [tag] }),
  );
}
