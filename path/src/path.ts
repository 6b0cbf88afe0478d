import { installParts, type Parts } from './cluster/parts.ts';
import { startCluster } from './cluster/step.ts';
import type { PublishedImage, RegistryAccess, Release, Route } from './core/handover.ts';
import { deployComponents } from './deploy/step.ts';
import type { Context } from './effects/context.ts';
import { buildImages } from './image/step.ts';
import { buildProjectImages, publishProjectImages } from './images.ts';
import { connect } from './kubernetes/client.ts';
import type { Project } from './project/project.ts';
import { revisionOf } from './project/revision.ts';
import { proveServing } from './prove/step.ts';
import { pullCredentials } from './registry/pull-credentials.ts';
import { publishImages } from './registry/step.ts';
import { openRoute } from './route/step.ts';
import { provisionServices } from './services/step.ts';

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
  const revision = await revisionOf(context, project);
  const tags = revision === undefined ? [] : [revision];
  const [images, started] = await Promise.all([
    buildProjectImages(context, project),
    startCluster(context, project),
  ]);
  const pullSecret = await pullCredentials(context, started.cluster.registry);
  const cluster = { ...started.cluster, ...(pullSecret === undefined ? {} : { pullSecret }) };
  const client = await connect(cluster.kubeconfig);
  try {
    const parts = installParts(context, started, client, (specs, { prefix, tag }) =>
      buildAndPublish(context, specs, { ...cluster.registry, prefix }, tag, project),
    );
    const [published] = await Promise.race([
      Promise.all([publishProjectImages(context, cluster.registry, images, tags), parts.foundation]),
      parts.failed,
    ]);
    const bindings = await orFail(
      parts,
      provisionServices(context, { client, cluster, project, images: published }),
    );
    const release = await orFail(
      parts,
      deployComponents(context, { client, cluster, project, images: published, bindings }),
    );
    await parts.all;
    const route = await openRoute(context, { client, cluster, project, release });
    await proveServing(context, route, project);
    return { release, route };
  } finally {
    await client.close();
  }
}

/** A part of the cluster that cannot be installed ends the wait for whatever stands on it. */
function orFail<T>(parts: Parts, work: Promise<T>): Promise<T> {
  return Promise.race([work, parts.failed]);
}

async function buildAndPublish(
  context: Context,
  specs: Parameters<typeof buildImages>[1],
  registry: RegistryAccess,
  tag: string,
  project: Project,
): Promise<readonly PublishedImage[]> {
  const images = await buildImages(context, specs, { projectFolder: project.folder });
  return publishImages(context, registry, images, { tags: [tag] });
}
