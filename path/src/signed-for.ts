import { StepFailed, UserMistake } from './core/failure.ts';
import type { Cluster, Digest } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { isDigest } from './oci/digest.ts';
import { parseReference } from './oci/reference.ts';
import type { Project } from './project/project.ts';
import { repositoryOf } from './registry/repository.ts';

/**
 * Whether an image that this run has not built came out of the path: the project's part of the registry has it with a
 * signature of the project's key, and with its provenance. Where nobody can tell (no key here, no answer) it has not.
 * Loaded and asked only where that is in question.
 */
export function signedFor(
  context: Context,
  { registry }: Cluster,
  project: Project,
): (reference: string) => Promise<boolean> {
  return async (reference) => {
    const { registry: host, repository, digest } = parseReference(reference);
    if (digest === undefined || !isDigest(digest)) return false;
    const image = repository.split('/').at(-1) ?? '';
    // The digest of a signed image from elsewhere: whoever serves it there decides whether it can be pulled.
    if (repositoryOf(registry, image).reference !== `${host}/${repository}`) return false;
    try {
      return await isSigned(context, registry, project, { image, digest });
    } catch (error) {
      if (context.signal.aborted || !(error instanceof UserMistake || error instanceof StepFailed))
        throw error;
      return false;
    }
  };
}

async function isSigned(
  context: Context,
  registry: Cluster['registry'],
  project: Project,
  { image, digest }: { readonly image: string; readonly digest: Digest },
): Promise<boolean> {
  const [{ signingKey }, { verifyEvidence }, { openAttachments }] = await Promise.all([
    import('./evidence/signing/signers.ts'),
    import('./evidence/verify.ts'),
    import('./registry/attachments.ts'),
  ]);
  const publicKey = await signingKey(project.name, process.env);
  const attachments = openAttachments(context, registry);
  try {
    const { findings } = await verifyEvidence(context, { attachments, image, digest, publicKey });
    return ['signature', 'provenance'].every((kind) =>
      findings.some((one) => one.kind === kind && one.state === 'good'),
    );
  } finally {
    await attachments.close();
  }
}
