import { StepFailed } from './core/failure.ts';
import type { Cluster, KeyRotation } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { signAnew } from './evidence/sign-anew.ts';
import { keyId } from './evidence/signing/envelope.ts';
import { exchangeKey } from './evidence/signing/exchange.ts';
import { verifyEvidence } from './evidence/verify.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import type { Project } from './project/project.ts';
import { openAttachments } from './registry/attachments.ts';
import { missingImages } from './registry/missing-images.ts';
import { readReleases } from './releases/store.ts';

/**
 * Exchanges the key that a project's images are signed with. The images of all recorded releases are signed with the new
 * one first, so that each of them is verified and let in by it as by the old one; then the new one counts, and the old one no longer.
 * @returns undefined where the project has no key of its own here
 */
export async function exchangeSigningKey(
  context: Context,
  {
    client,
    cluster,
    project,
  }: { readonly client: KubernetesClient; readonly cluster: Cluster; readonly project: Project },
): Promise<KeyRotation | undefined> {
  const exchange = await exchangeKey(project.name, process.env);
  if (exchange === undefined) return undefined;
  const { from, signer } = exchange;
  const records = await readReleases(context, client, project);
  const images = [
    ...new Map(records.flatMap((one) => one.images).map((image) => [image.reference, image])).values(),
  ];
  const gone = new Set(await missingImages(context, cluster.registry, images));
  const there = images.filter(({ reference }) => !gone.has(reference));
  const attachments = openAttachments(context, cluster.registry);
  let added = 0;
  try {
    for (const { name: image, digest } of there) {
      const text = `${image} is signed with the new key`;
      context.emit({ kind: 'progress', step: 'maintain', task: 'signatures', text });
      added += await signAnew({ attachments, image, digest, from, signer });
      const kinds = async (publicKey: string) => {
        const { findings } = await verifyEvidence(context, { attachments, image, digest, publicKey });
        return findings.filter(({ state }) => state === 'good').map(({ kind }) => kind);
      };
      const [before, after] = await Promise.all([kinds(from), kinds(signer.publicKey)]);
      const lost = before.filter((kind) => !after.includes(kind));
      if (lost.length > 0)
        throw new StepFailed({
          what: `the new key does not verify ${lost.join(', ')} of ${image}: the old one stays`,
          next: 'Try again; if it stays so, look at what the registry keeps.',
        });
    }
  } finally {
    await attachments.close();
  }
  await exchange.commit();
  return { from: keyId(from), to: keyId(signer.publicKey), images: there.length, signatures: added };
}
