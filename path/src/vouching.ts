import { type Problem, StepFailed, UserMistake } from './core/failure.ts';
import type { Digest, RegistryAccess } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import type { Project } from './project/project.ts';
import { repositoryOf } from './registry/repository.ts';

/**
 * Whether an image that was not built just now came out of the path: it is one of the project's in its registry, and
 * what is attached to it there is signed with the project's key. A record of a release alone says nothing: whoever may
 * write Secrets in the project's namespace could write one.
 * @returns looks at an image, and returns why it is not let in; undefined where it is
 */
export function voucher(
  context: Context,
  { project, registry }: { readonly project: Project; readonly registry: RegistryAccess },
): (reference: string) => Promise<Problem | undefined> {
  return async (reference) => {
    const [repository = '', digest = ''] = reference.split('@');
    const image = repository.slice(repository.lastIndexOf('/') + 1);
    if (repositoryOf(registry, image).reference !== repository)
      return { what: `${reference} is not in the project's part of the registry` };
    try {
      const [problem] = await problemsOf(context, project, registry, { image, digest: digest as Digest });
      return problem;
    } catch (error) {
      if (!(error instanceof UserMistake || error instanceof StepFailed) || context.signal.aborted)
        throw error;
      return error.problems[0];
    }
  };
}

async function problemsOf(
  context: Context,
  project: Project,
  registry: RegistryAccess,
  { image, digest }: { readonly image: string; readonly digest: Digest },
): Promise<readonly Problem[]> {
  const [{ signingKey }, { verifyEvidence }, { openAttachments }] = await Promise.all([
    import('./evidence/signing/signers.ts'),
    import('./evidence/verify.ts'),
    import('./registry/attachments.ts'),
  ]);
  const publicKey = await signingKey(project.name, process.env);
  const attachments = openAttachments(context, registry);
  try {
    const { good, problems } = await verifyEvidence(context, { attachments, image, digest, publicKey });
    return good ? [] : problems;
  } finally {
    await attachments.close();
  }
}
