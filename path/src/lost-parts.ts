import { StepFailed, UserMistake } from './core/failure.ts';
import type { BuiltImage, RegistryAccess } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { sendLostParts } from './registry/lost-parts.ts';

/**
 * Where a release has failed because nodes could not pull: a registry that has an image's manifest may have lost what
 * it names, which nobody looks after as long as all goes well. What is missing is sent again.
 * @returns the error to throw, which tells of that as well
 */
export async function withLostParts(
  context: Context,
  registry: RegistryAccess,
  images: readonly BuiltImage[],
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof StepFailed) || !error.problems.some(({ what }) => isOfPulling(what))) return error;
  try {
    const names = await sendLostParts(context, registry, images);
    if (names.length === 0) return error;
    const what = `the registry had lost parts of ${names.join(', ')}: they were sent again`;
    const next = 'Run `ptp up` again, and look at the disk of the registry.';
    return new StepFailed([{ what, next }, ...error.problems], { cause: error });
  } catch (again) {
    if (!(again instanceof StepFailed || again instanceof UserMistake)) throw again;
    return new StepFailed([...error.problems, ...again.problems], { cause: error });
  }
}

/** In the words of the kubelet, which `kubernetes/diagnose.ts` passes on. */
function isOfPulling(what: string): boolean {
  return /\b(?:ErrImagePull|ImagePullBackOff)\b/.test(what);
}
