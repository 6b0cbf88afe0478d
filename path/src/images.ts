import { join } from 'node:path';
import type { BuiltImage, PublishedImage, RegistryAccess } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { timed } from './effects/timed.ts';
import { type Attested, attest } from './evidence/step.ts';
import { lockFileName } from './image/lock-file.ts';
import { buildImages } from './image/step.ts';
import { imagesOf } from './images-of.ts';
import { writeLayoutFolder } from './oci/layout.ts';
import type { Project } from './project/project.ts';
import type { SourceState } from './project/revision.ts';
import { openAttachments } from './registry/attachments.ts';
import { publishImages } from './registry/step.ts';

/** Which of a project's images, and how. */
export interface ProjectImagesOptions {
  /** Names of components; empty: every component, and what the services run. */
  readonly only?: readonly string[];
  /** `zstd` where it is absent. */
  readonly compression?: 'zstd' | 'gzip';
}

/** Builds a project's images: all, or those of the components that are named. */
export function buildProjectImages(
  context: Context,
  project: Project,
  { only = [], compression = 'zstd' }: ProjectImagesOptions = {},
): Promise<readonly BuiltImage[]> {
  return timed(context, 'image', 'build images from source', async () => {
    const specs = await imagesOf(project, only);
    const images = await buildImages(context, specs, {
      projectFolder: project.folder,
      lockFile: join(project.folder, lockFileName),
      partial: only.length > 0,
      compression,
      pull: async (reference) => {
        const [{ pullImage }, { Store }] = await Promise.all([
          import('./registry/pull.ts'),
          import('./oci/store.ts'),
        ]);
        return pullImage(context, reference, { store: new Store(context) });
      },
    });
    return { result: images, text: counted(images) };
  });
}

/** Publishes images to a registry under their digests and tags. */
export function publishProjectImages(
  context: Context,
  registry: RegistryAccess,
  images: readonly BuiltImage[],
  tags: readonly string[],
): Promise<readonly PublishedImage[]> {
  return timed(context, 'registry', `publish to ${registry.name}`, async () => {
    const published = await publishImages(context, registry, images, { tags });
    const place = [registry.name, registry.prefix].filter((part) => part !== '').join('/');
    return { result: published, text: `${counted(published)} in ${place}` };
  });
}

/** Attaches to images in a registry what proves where they come from and what is in them. */
export async function attestProjectImages(
  context: Context,
  project: Project,
  registry: RegistryAccess,
  images: readonly BuiltImage[],
  revision: SourceState | undefined,
): Promise<readonly Attested[]> {
  const attachments = openAttachments(context, registry);
  try {
    return await attest(context, images, { project: project.name, attachments, revision });
  } finally {
    await attachments.close();
  }
}

/** Writes images into a folder as an OCI image layout. */
export function writeProjectImages(
  context: Context,
  images: readonly BuiltImage[],
  folder: string,
): Promise<void> {
  return timed(context, 'image', `write an OCI image layout to ${folder}`, async () => {
    await writeLayoutFolder(images, folder);
    return { result: undefined, text: `${counted(images)} in ${folder}` };
  });
}

function counted({ length }: readonly unknown[]): string {
  return length === 1 ? '1 image' : `${length} images`;
}
