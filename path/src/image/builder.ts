import type { Material } from '../core/making.ts';
import type { Context } from '../effects/context.ts';
import type { ExecutionConfiguration } from '../oci/image-configuration.ts';
import type { PulledImage } from '../oci/pulled-image.ts';
import type { Store } from '../oci/store.ts';
import type { Base, NodeBase } from './base/base.ts';
import type { Compression } from './compression.ts';
import type { DebianLayers } from './debian/build.ts';
import type { DebianRequest } from './debian/plan.ts';
import type { Layer } from './layer.ts';
import type { LayerCache } from './layer-cache.ts';
import type { Inputs } from './record.ts';

/** What a builder works with. */
export interface Workshop {
  readonly context: Context;
  readonly store: Store;
  readonly layers: LayerCache;
  readonly compression: Compression;
  readonly projectFolder: string;
  /** The base that applications for Node.js stand on, or the one that a reference names; each is made once. */
  base(reference: string | undefined): Promise<NodeBase>;
  /** Layers of Debian packages: those of the project's lock where it has them. */
  debian(request: Omit<DebianRequest, 'compression' | 'lock' | 'fresh'>): Promise<DebianLayers>;
}

/** Fetches an image by reference into the store. */
export type Pull = (reference: string) => Promise<PulledImage>;

/** A layer and what it is, as the image's history shows it. */
export interface NamedLayer extends Layer {
  readonly what: string;
}

/** What a builder hands over: everything the image is assembled from. */
export interface Ingredients {
  readonly base?: Base;
  readonly layers: readonly NamedLayer[];
  readonly execution: ExecutionConfiguration & { readonly Entrypoint: readonly string[] };
  readonly inputs: Omit<Inputs, 'base'>;
  /** What it was made from beside its base and its sources. */
  readonly materials: readonly Material[];
}

/** Builds one kind of image. */
export type Builder<Spec> = (workshop: Workshop, spec: Spec) => Promise<Ingredients>;
