import type { RegistryAccess } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { digestOf } from '../oci/digest.ts';
import { canonicalJson } from '../oci/json.ts';
import { manifestOf } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { Store } from '../oci/store.ts';
import { createClient } from './client.ts';
import { repositoryOf } from './repository.ts';
import { putManifest } from './requests.ts';
import { createTransfer } from './transfer.ts';

/** A document to keep in a registry, and what it is called there. */
export interface DocumentOptions {
  /** The repository's last word. */
  readonly name: string;
  readonly tag: string;
  /** A media type: of the artifact and of its one blob. */
  readonly type: string;
}

/**
 * Keeps a document in a registry as an artifact of one blob (OCI image spec 1.1, manifest.md, "Guidelines for Artifact
 * Usage"). The same tag again replaces it. Throws StepFailed or UserMistake.
 */
export async function publishDocument(
  context: Context,
  registry: RegistryAccess,
  document: unknown,
  { name, tag, type }: DocumentOptions,
): Promise<void> {
  const repository = repositoryOf(registry, name, [tag]);
  const store = new Store(context);
  const [config, blob] = await Promise.all([
    store.put(Buffer.from('{}'), mediaTypes.empty),
    store.put(canonicalJson(document), type),
  ]);
  const bytes = canonicalJson(
    manifestOf({ artifactType: type, config: config.descriptor, layers: [blob.descriptor] }),
  );
  const client = createClient(context, registry);
  try {
    const transfer = createTransfer(client);
    await Promise.all([config, blob].map((one) => transfer.ensure(repository, one)));
    const descriptor = { mediaType: mediaTypes.manifest, digest: digestOf(bytes), size: bytes.byteLength };
    await client.send(putManifest(repository, tag, { descriptor, body: { kind: 'bytes', bytes } }));
  } finally {
    await client.close();
  }
}
