import type { Attachments, BuiltImage, Digest, Referrer } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { DamagedBlob } from '../oci/damage.ts';
import { Store } from '../oci/store.ts';
import type { SourceState } from '../project/revision.ts';
import { type Memory, recall, remember, type Signed } from './memory.ts';
import type { Environment } from './signing/key-file.ts';
import type { Signer } from './signing/signer.ts';
import { signerOf } from './signing/signers.ts';
import { bundleType, type EvidenceKind, evidenceKinds, predicateTypes, statementType } from './statement.ts';

/** Whose images they are and where evidence of them goes. */
export interface AttestOptions {
  /** The project's name: its key signs. */
  readonly project: string;
  /** The registry that has the images. */
  readonly attachments: Attachments;
  /** What git knows of the sources. */
  readonly revision: SourceState | undefined;
  /** Where keys and identities are looked for; absent: the process's own. */
  readonly environment?: Environment;
}

/** An image whose origin and parts are signed for in the registry. */
export interface Attested {
  readonly name: string;
  readonly digest: Digest;
  /** Who signed. */
  readonly signer: string;
  /** Statements that were attached now; 0 where all were there. */
  readonly attached: number;
}

/**
 * Attaches to each image in a registry what proves where it comes from: a signature, its provenance (SLSA 1.0) and two
 * lists of its parts (CycloneDX 1.6, SPDX 2.3), each a signed in-toto statement in a Sigstore bundle that cosign
 * verifies. What is there already costs one request an image.
 *
 * An image has the evidence of the build that first gave it its digest: a commit that changes nothing in it adds none,
 * unless that first build was of sources that no commit has.
 *
 * Throws UserMistake for a key that can't be used, StepFailed or UserMistake where the registry refuses.
 */
export async function attest(
  context: Context,
  images: readonly BuiltImage[],
  options: AttestOptions,
): Promise<readonly Attested[]> {
  return timed(context, 'evidence', 'sign images and what they are made of', async () => {
    const signer = await signerOf(options.project, options.environment ?? process.env);
    const watch = { sign: laps(context), attach: laps(context) };
    const work = images.map((image) => attestImage(context, image, signer, { ...options, watch }));
    const result = await Promise.all(work);
    for (const [task, { count, seconds }] of Object.entries(watch))
      if (count() > 0)
        context.emit({
          kind: 'task-done',
          step: 'evidence',
          task,
          text: `${count()} documents`,
          seconds: seconds(),
        });
    const signed = result.filter(({ attached }) => attached > 0).length;
    const text =
      signed === 0
        ? `${counted(images.length)}, signed before`
        : `${counted(signed)} signed with ${signer.what}`;
    return { result, text };
  });
}

/** Times a kind of work that is done again and again, side by side. */
interface Laps {
  of<T>(work: () => Promise<T>): Promise<T>;
  count(): number;
  /** From the begin of the first to the end of the last. */
  seconds(): number;
}

function laps({ clock }: Context): Laps {
  let [count, first, last] = [0, 0, 0];
  return {
    async of(work) {
      if (count === 0) first = clock.monotonic();
      count += 1;
      const result = await work();
      last = clock.monotonic();
      return result;
    },
    count: () => count,
    seconds: () => (last - first) / 1000,
  };
}

async function attestImage(
  context: Context,
  image: BuiltImage,
  signer: Signer,
  options: AttestOptions & { readonly watch: { readonly sign: Laps; readonly attach: Laps } },
): Promise<Attested> {
  const { project, attachments, revision, watch } = options;
  const { name } = image;
  const { digest } = image.manifest.descriptor;
  const about = { project, image: name, digest, signer: signer.id };
  const [known, there] = await Promise.all([recall(context, about), attachments.list(name, digest)]);
  const attached = new Set(there.map((one) => one.digest));
  const outdated = (kind: EvidenceKind) =>
    kind === 'provenance' && known.provenance?.clean === false && revision?.clean === true;
  const missing = evidenceKinds.filter((kind) => {
    const signed = known[kind];
    return signed === undefined || !attached.has(signed.referrer) || outdated(kind);
  });
  if (missing.length === 0) return { name, digest, signer: signer.what, attached: 0 };

  const store = new Store(context);
  const statement = statements(context, image, options);
  const earlier = earlierBundles(signer, image, attachments, there);
  const now: Partial<Record<EvidenceKind, Signed>> = { ...known };
  let added = 0;
  // One after the other: a registry that keeps no list of its own has one that is read and written for each.
  for (const kind of missing) {
    const before = outdated(kind) ? undefined : await storedBundle(store, known[kind]);
    const payload = before === undefined ? (await statement())[kind] : undefined;
    // What another machine has signed with this key is taken over, if it says the same.
    const taken = payload === undefined ? undefined : await earlier(kind, payload);
    const content =
      before ??
      taken?.content ??
      (await watch.sign.of(() => signer.sign(statementType, payload ?? new Uint8Array())));
    const bundle = (await store.put(content, bundleType)).descriptor;
    const annotations = {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': predicateTypes[kind],
    };
    const subject = image.manifest.descriptor;
    const { digest: referrer } =
      taken?.referrer ??
      (await watch.attach.of(() =>
        attachments.attach(name, { artifactType: bundleType, subject, content, annotations }),
      ));
    if (taken === undefined) added += 1;
    const clean = before === undefined ? revision?.clean : known[kind]?.clean;
    now[kind] = { bundle, referrer, ...(kind === 'provenance' && clean !== undefined ? { clean } : {}) };
  }
  await remember(context, about, now);
  return { name, digest, signer: signer.what, attached: added };
}

/** The statements about an image, made when the first of them is asked for. */
function statements(
  context: Context,
  image: BuiltImage,
  { project, attachments, revision }: AttestOptions,
): () => Promise<Readonly<Record<EvidenceKind, Uint8Array>>> {
  let made: Promise<Readonly<Record<EvidenceKind, Uint8Array>>> | undefined;
  const make = async () => {
    // Loaded only here: where nothing changed there is nothing to say.
    const [{ inventoryOf }, { statementsOf }] = await Promise.all([
      import('./inventory/inventory.ts'),
      import('./documents.ts'),
    ]);
    const layers = image.layers.map(({ descriptor }) => descriptor);
    const [configuration, inventory] = await Promise.all([
      readConfiguration(context, image, attachments),
      inventoryOf(context, { image: image.name, layers, attachments }),
    ]);
    const known = revision === undefined ? {} : { revision };
    return statementsOf({ project, image, configuration, inventory, ...known });
  };
  return () => {
    made ??= make();
    return made;
  };
}

async function readConfiguration(
  context: Context,
  { name, config }: BuiltImage,
  attachments: Attachments,
): Promise<Uint8Array> {
  const store = new Store(context);
  try {
    return await store.read(config.descriptor);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    // The registry has it by now.
    const { digest, mediaType } = config.descriptor;
    await store.put(attachments.blob(name, config.descriptor), mediaType, digest);
    return await store.read(config.descriptor);
  }
}

async function storedBundle(store: Store, signed: Memory[EvidenceKind]): Promise<Uint8Array | undefined> {
  if (signed === undefined) return undefined;
  try {
    return await store.read(signed.bundle);
  } catch (error) {
    if (error instanceof DamagedBlob) return undefined;
    throw error;
  }
}

/** Looks among what is attached for a bundle that this key has signed and that says exactly this. */
function earlierBundles(
  { publicKey }: Signer,
  { name }: BuiltImage,
  attachments: Attachments,
  there: readonly Referrer[],
): (
  kind: EvidenceKind,
  payload: Uint8Array,
) => Promise<{ readonly referrer: Referrer; readonly content: Uint8Array } | undefined> {
  return async (kind, payload) => {
    if (publicKey === undefined) return undefined;
    const { fetchBundle } = await import('./fetch-bundle.ts');
    const { isSignedBy } = await import('./signing/envelope.ts');
    const named = there.filter(
      ({ artifactType, annotations }) =>
        artifactType === bundleType &&
        annotations?.['dev.sigstore.bundle.predicateType'] === predicateTypes[kind],
    );
    for (const referrer of named) {
      const found = await fetchBundle(attachments, name, referrer);
      if (found.kind !== 'bundle' || !Buffer.from(payload).equals(found.envelope.payload)) continue;
      if (found.envelope.payloadType === statementType && isSignedBy(found.envelope, publicKey))
        return { referrer, content: found.content };
    }
    return undefined;
  };
}

function counted(images: number): string {
  return images === 1 ? '1 image' : `${images} images`;
}
