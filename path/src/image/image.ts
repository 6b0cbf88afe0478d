import type { BuiltImage } from '../core/handover.ts';
import type { ImageConfiguration } from '../oci/image-configuration.ts';
import { canonicalJson } from '../oci/json.ts';
import { manifestOf } from '../oci/manifest.ts';
import { mediaTypes, ociMediaType } from '../oci/media-types.ts';
import type { Store } from '../oci/store.ts';
import type { Ingredients } from './builder.ts';
import { revisionLabel } from './labels.ts';

// The one moment of every image: a real time would make equal sources give different digests.
const created = new Date(0).toISOString();

/** The image configuration of ingredients: the base's, overlaid. Pure. */
export function configurationOf(
  ingredients: Ingredients,
  labels: Readonly<Record<string, string>>,
): ImageConfiguration {
  const { base, layers, execution } = ingredients;
  const below = base?.configuration;
  const all = {
    ...below?.config?.Labels,
    ...baseLabels(ingredients),
    ...revisionLabel(layers.map(({ diffId }) => diffId)),
    ...labels,
    ...execution.Labels,
  };
  const { Cmd: _replacedByTheEntrypoint, ...inherited } = below?.config ?? {};
  return {
    created,
    architecture: below?.architecture ?? 'amd64',
    os: below?.os ?? 'linux',
    config: {
      ...inherited,
      ...execution,
      Env: mergeEnv(below?.config?.Env ?? [], execution.Env ?? []),
      Labels: all,
    },
    rootfs: {
      type: 'layers',
      diff_ids: [...(below?.rootfs.diff_ids ?? []), ...layers.map(({ diffId }) => diffId)],
    },
    history: [
      ...(below?.history ?? []),
      ...layers.map(({ what }) => ({ created, created_by: `ptp: ${what}` })),
    ],
  };
}

/** Later `NAME=value` entries replace earlier ones of the same name, in their place. */
export function mergeEnv(below: readonly string[], above: readonly string[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const entry of [...below, ...above]) merged.set(entry.split('=', 1)[0] ?? entry, entry);
  return [...merged.values()];
}

function baseLabels({ base }: Ingredients): Readonly<Record<string, string>> {
  if (base?.reference === undefined) return {};
  return {
    'org.opencontainers.image.base.name': base.reference.name,
    'org.opencontainers.image.base.digest': base.reference.digest,
  };
}

/** Writes configuration and manifest of ingredients into the store. */
export async function assemble(
  store: Store,
  name: string,
  ingredients: Ingredients,
  labels: Readonly<Record<string, string>>,
): Promise<BuiltImage> {
  const configuration = configurationOf(ingredients, labels);
  const config = await store.put(canonicalJson(configuration), mediaTypes.config);
  const layers = [...(ingredients.base?.layers ?? []), ...ingredients.layers.map(({ blob }) => blob)].map(
    (blob) => ({
      ...blob,
      descriptor: { ...blob.descriptor, mediaType: ociMediaType(blob.descriptor.mediaType) },
    }),
  );
  const annotations = { ...baseLabels(ingredients), ...labels };
  const manifest = manifestOf({
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  });
  return {
    name,
    manifest: await store.put(canonicalJson(manifest), mediaTypes.manifest),
    config,
    layers,
    entrypoint: ingredients.execution.Entrypoint,
  };
}
