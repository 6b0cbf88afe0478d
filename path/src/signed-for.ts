import type { Cluster } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { isDigest } from './oci/digest.ts';
import { parseReference } from './oci/reference.ts';
import type { Project } from './project/project.ts';

/**
 * Whether an image that this run has not built came out of the path: the registry has it with a signature of the
 * project's key, and with its provenance. Loaded and asked only where that is in question.
 */
export function signedFor(
  context: Context,
  { registry }: Cluster,
  project: Project,
): (reference: string) => Promise<boolean> {
  return async (reference) => {
    const [{ signingKey }, { verifyEvidence }, { openAttachments }] = await Promise.all([
      import('./evidence/signing/signers.ts'),
      import('./evidence/verify.ts'),
      import('./registry/attachments.ts'),
    ]);
    const { repository, digest } = parseReference(reference);
    if (digest === undefined || !isDigest(digest)) return false;
    const image = repository.split('/').at(-1) ?? '';
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
  };
}
