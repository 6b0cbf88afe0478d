import { StepFailed } from '../core/failure.ts';
import type { Attachments, Descriptor, Digest, RegistryAccess } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { digestOf } from '../oci/digest.ts';
import { Store } from '../oci/store.ts';
import { createClient } from './client.ts';
import { blobBytes } from './download-blob.ts';
import type { Patience } from './patience.ts';
import { attachArtifact, referrersOf } from './referrers.ts';
import { repositoryOf } from './repository.ts';
import { getManifest } from './requests.ts';

/**
 * A project's images in a registry and what is attached to them (distribution spec 1.1, "Listing Referrers"); close it
 * at the end. Throws UserMistake for an address that is none.
 */
export function openAttachments(
  context: Context,
  registry: RegistryAccess,
  patience?: Patience,
): Attachments {
  const client = createClient(context, registry, patience);
  const store = new Store(context);
  return {
    list: (image, subject) => referrersOf(client, repositoryOf(registry, image), subject),
    attach: async (image, { content, ...attachment }) => {
      const blob = await store.put(content, attachment.artifactType);
      return attachArtifact(client, repositoryOf(registry, image), { ...attachment, blobs: [blob] }, store);
    },
    manifest: (image, digest) => verifiedManifest(image, digest),
    blob: (image, blob: Descriptor) => blobBytes(client, repositoryOf(registry, image), blob),
    close: () => client.close(),
  };

  async function verifiedManifest(image: string, digest: Digest): Promise<Uint8Array | undefined> {
    const repository = repositoryOf(registry, image);
    const body = await client.send(getManifest(repository, digest, { optional: true }));
    if (body === undefined || digestOf(body.bytes) === digest) return body?.bytes;
    throw new StepFailed({
      what: `the registry ${client.endpoint.host} gave another manifest than ${digest} (${repository.reference})`,
      next: 'Try again; if it stays so, the registry or what is before it is broken.',
    });
  }
}
