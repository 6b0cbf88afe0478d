import { join } from 'node:path';
import { UserMistake } from './core/failure.ts';
import type { BuiltImage } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { timed } from './effects/timed.ts';
import { contentsOf } from './image/contents.ts';
import { lockFileName } from './image/lock-file.ts';
import { imagesOf } from './images-of.ts';
import type { Project } from './project/project.ts';

/**
 * Looks at images that were just built, before anybody else gets them: for known vulnerabilities in their packages and
 * for credentials in what the application brings. What was looked at before is not read again. Throws UserMistake with
 * everything that stops the release, StepFailed where looking went wrong, DamagedBlob where a layer's bytes are lost.
 * @param only names of components, where only their images were built
 */
export function inspectImages(
  context: Context,
  project: Project,
  images: readonly BuiltImage[],
  only: readonly string[] = [],
): Promise<void> {
  return timed(context, 'inspect', 'look for vulnerabilities and credentials', async () => {
    const specs = await imagesOf(project, only);
    const lockFile = join(project.folder, lockFileName);
    const contents = await contentsOf(context, images, specs, { projectFolder: project.folder, lockFile });
    const [{ lookForVulnerabilities }, { lookForCredentials }] = await Promise.all([
      import('./vulnerabilities/step.ts'),
      import('./leaks/step.ts'),
    ]);
    const looks = await Promise.allSettled([
      lookForVulnerabilities(context, project, contents.images, { pending: contents.pending }),
      lookForCredentials(context, project, images, contents.images),
    ]);
    const reasons = looks.flatMap((look): unknown[] => (look.status === 'rejected' ? [look.reason] : []));
    if (reasons.length > 0) throw together(reasons);
    return {
      result: undefined,
      text: `nothing stops ${images.length === 1 ? '1 image' : `${images.length} images`}`,
    };
  });
}

/** All that is to be mended, in one. What is no mistake of the user's is told alone: it may be why the other is. */
function together(reasons: readonly unknown[]): unknown {
  const other = reasons.find((reason) => !(reason instanceof UserMistake));
  if (other !== undefined) return other;
  return new UserMistake(reasons.flatMap((reason) => (reason instanceof UserMistake ? reason.problems : [])));
}
