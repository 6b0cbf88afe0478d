import type { BuildOptions, Made } from './cli/actions.ts';
import { StepFailed } from './core/failure.ts';
import type { Context } from './effects/context.ts';
import {
  attestProjectImages,
  buildProjectImages,
  publishProjectImages,
  writeProjectImages,
} from './images.ts';
import { inspectImages } from './inspect.ts';
import type { Project } from './project/project.ts';
import { revisionOf, sourceOf } from './project/revision.ts';
import { repositoryOf } from './registry/repository.ts';
import { withWholeImages } from './whole-images.ts';

/** The part of the path that needs no cluster: images from sources, into a registry, a folder, or neither. */
export async function build(
  context: Context,
  project: Project,
  { components, compression, push, sign = false, tags, output }: BuildOptions,
): Promise<readonly Made[]> {
  // A name that no registry takes is told before anything is built.
  if (push !== undefined) for (const { name } of project.components) repositoryOf(push, name, tags);
  const asked = push !== undefined && (sign || tags.length === 0);
  const source = asked ? sourceOf(context, project) : undefined;
  source?.catch(() => {}); // told where it is waited for
  const make = () => buildProjectImages(context, project, { only: components, compression });
  return withWholeImages(context, make, async (images) => {
    if (push !== undefined) await inspectImages(context, project, images, components);
    const own = await source;
    const called = own === undefined || tags.length > 0 ? tags : [revisionOf(own)];
    const published =
      push === undefined ? undefined : await publishProjectImages(context, push, images, called);
    if (push !== undefined && sign) await attestProjectImages(context, project, push, images, own);
    if (output !== undefined) await writeProjectImages(context, images, output);
    return images.map(({ name, manifest, layers }, index) => {
      const size = layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
      const { digest } = manifest.descriptor;
      if (published === undefined) return { name, digest, size };
      const sent = published[index];
      if (sent === undefined) throw new StepFailed({ what: `${name} was not published` });
      return { name, digest, size, reference: sent.reference, tags: sent.tags };
    });
  });
}
