import type { BuiltImage } from '../core/handover.ts';
import type { ImageSpec } from '../core/image-spec.ts';
import type { Context } from '../effects/context.ts';
import { Store } from '../oci/store.ts';
import type { NodeBase } from './base/base.ts';
import { debianBase } from './base/debian-base.ts';
import { pulledBase } from './base/pulled-base.ts';
import type { Pull, Workshop } from './builder.ts';
import { ingredientsOf } from './builders.ts';
import type { Compression } from './compression.ts';
import { foreseen, together } from './failures.ts';
import { assemble } from './image.ts';
import { keyOf, LayerCache } from './layer-cache.ts';
import { makingOf, withLock } from './making.ts';
import { ProjectLock } from './project-lock.ts';
import { type BuildRecord, readRecord, whyBuilt, writeRecord } from './record.ts';
import { tidy } from './tidy.ts';

/** What all images of one build share. */
export interface BuildOptions {
  /** The absolute path of the folder with ptp.yaml. */
  readonly projectFolder: string;
  /** `zstd` where it is absent: containerd reads it, and it is the quickest. `gzip` for what only reads that. */
  readonly compression?: Compression;
  /** Fetches bases that are named by reference. */
  readonly pull?: Pull;
  /**
   * The absolute path of the project's lock (`ptp.lock`). Without it the choice of Debian packages stays in the
   * cache, as for a cluster's own images.
   */
  readonly lockFile?: string;
  /** The images are not all of the project's: what none of them uses stays in the lock. */
  readonly partial?: boolean;
  /** Choose the newest Debian packages, whatever the lock says, and lock them. Needs `lockFile` and the mirror. */
  readonly renew?: boolean;
}

/**
 * Builds images side by side, without a daemon and without root. Every byte follows from the sources, and what has
 * not changed is neither read nor packed again. Emits `progress` for each and `image-ready` with the reason.
 *
 * Throws UserMistake with all that is wrong in the sources, StepFailed where a build went wrong.
 */
export async function buildImages(
  context: Context,
  specs: readonly ImageSpec[],
  options: BuildOptions,
): Promise<readonly BuiltImage[]> {
  const { lockFile, renew = false, partial = false } = options;
  const lock = lockFile === undefined ? undefined : await ProjectLock.open(lockFile, { renew, partial });
  await tidy(context.cache, options.projectFolder);
  const workshop = openWorkshop(context, options, lock);
  const results = await Promise.allSettled(specs.map((spec) => buildImage(workshop, spec)));
  const reasons = results
    .filter((result) => result.status === 'rejected')
    .map((result) => foreseen(result.reason, context.cache));
  if (reasons.length > 0) throw together(reasons);
  await lock?.save(context);
  const images = results.filter((result) => result.status === 'fulfilled').map((result) => result.value);
  return images.map((image) => withLock(image, lock?.material(options.projectFolder)));
}

async function buildImage(workshop: Workshop, spec: ImageSpec): Promise<BuiltImage> {
  const { context, projectFolder } = workshop;
  const started = context.clock.monotonic();
  const [before, ingredients] = await Promise.all([
    readRecord(context, projectFolder, spec.name),
    ingredientsOf(workshop, spec),
  ]);
  const assembled = await assemble(workshop.store, spec.name, ingredients, spec.labels ?? {});
  const image = { ...assembled, making: makingOf(spec, ingredients, projectFolder) };
  const { digest } = image.manifest.descriptor;
  const now: BuildRecord = { digest, ...ingredients.inputs, base: ingredients.base?.parts ?? {} };
  const why = whyBuilt(before, now);
  if (before === undefined || keyOf(before) !== keyOf(now))
    await writeRecord(context.cache, projectFolder, spec.name, now);
  context.emit({
    kind: 'image-ready',
    step: 'image',
    image: spec.name,
    digest,
    size: image.layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
    why,
    seconds: (context.clock.monotonic() - started) / 1000,
  });
  return image;
}

function openWorkshop(context: Context, options: BuildOptions, lock: ProjectLock | undefined): Workshop {
  const store = new Store({ cache: context.cache, emit: context.emit });
  const compression = options.compression ?? 'zstd';
  const layers = new LayerCache({ store, cache: context.cache, emit: context.emit, compression });
  const bases = new Map<string | undefined, Promise<NodeBase>>();
  const debian: Workshop['debian'] = async (request) => {
    // Loaded only here, because a build on a pulled base needs none of it.
    const { debianLayers } = await import('./debian/build.ts');
    const wanted = { ...request, compression };
    const made = await debianLayers(context, lock?.locked(wanted) ?? wanted, store);
    lock?.use(made.lock);
    return made;
  };
  return {
    context,
    store,
    layers,
    compression,
    projectFolder: options.projectFolder,
    debian,
    base: (reference) => {
      const known = bases.get(reference);
      if (known !== undefined) return known;
      const made =
        reference === undefined
          ? debianBase({ context, layers, debian })
          : pulledBase({ store, reference, pull: options.pull });
      bases.set(reference, made);
      return made;
    },
  };
}
