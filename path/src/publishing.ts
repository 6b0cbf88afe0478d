import type { Groundwork } from './cluster/provider.ts';
import type { BuiltImage, PublishedImage } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { buildImages } from './image/step.ts';
import { attestProjectImages, buildProjectImages, publishProjectImages } from './images.ts';
import { inspectImages } from './inspect.ts';
import type { Project } from './project/project.ts';
import { revisionOf, type SourceState } from './project/revision.ts';
import { checkUncommitted } from './project/uncommitted.ts';
import { sendLostParts } from './registry/lost-parts.ts';
import { publishImages } from './registry/step.ts';
import { withWholeImages } from './whole-images.ts';

/** A project's images in a registry. */
export interface Published {
  readonly built: readonly BuiltImage[];
  readonly images: readonly PublishedImage[];
  /** Ends when the images are signed for. */
  readonly attesting: Promise<unknown>;
}

/** How they are published. */
export interface PublishOptions {
  /** Where the sources stand, by which the images are called. */
  readonly source: Promise<SourceState | undefined>;
  /** Called as soon as they are built. */
  readonly onBuilt: (images: readonly BuiltImage[]) => void;
}

/** Builds a project's images, and publishes them as soon as they have been looked at and there is a registry. */
export async function publish(
  context: Context,
  project: Project,
  ground: Promise<Groundwork>,
  { source, onBuilt }: PublishOptions,
): Promise<Published> {
  const place = Promise.all([source, ground]);
  place.catch(() => {}); // told where it is waited for
  const make = () => buildProjectImages(context, project);
  return withWholeImages(context, make, async (built) => {
    onBuilt(built);
    // Looked at while the cluster starts; nobody gets what has not been looked at.
    const [[state, { registry }]] = await Promise.all([
      place,
      inspectImages(context, project, built),
      // Somebody may have gone on writing while it was built.
      project.target.uncommitted === 'block' ? checkUncommitted(context, project) : undefined,
    ]);
    const tags = state === undefined ? [] : [revisionOf(state)];
    const images = await publishProjectImages(context, registry, built, tags);
    const attesting = attestProjectImages(context, project, registry, built, state);
    attesting.catch(() => {}); // told where it is waited for
    return { built, images, attesting };
  });
}

/** Builds and publishes the images of a part of the cluster. */
export async function publishPart(
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

/** Sends what the registry has lost of a part's images. @returns the names of those that something was sent of */
export async function resendPart(
  context: Context,
  project: Project,
  specs: Parameters<typeof buildImages>[1],
  { registry, partImages: { prefix } }: Groundwork,
): Promise<readonly string[]> {
  const images = await buildImages(context, specs, { projectFolder: project.folder });
  return sendLostParts(context, { ...registry, prefix }, images);
}
