import type { Digest, StoredBlob } from '../../core/handover.ts';
import type { Material } from '../../core/making.ts';
import type { ImageConfiguration } from '../../oci/image-configuration.ts';

/** What an image stands on: layers, and the configuration that it inherits. */
export interface Base {
  readonly layers: readonly StoredBlob[];
  readonly configuration: ImageConfiguration;
  /** Where it came from, for images that were pulled. */
  readonly reference?: { readonly name: string; readonly digest: Digest };
  /** Its parts and their versions, to tell what changed. */
  readonly parts: Readonly<Record<string, string>>;
  /** What it was made from. */
  readonly materials: readonly Material[];
}

/** A base that has Node.js. */
export interface NodeBase extends Base {
  /** How Node.js is called in it: a path, or a name that PATH leads to. */
  readonly node: string;
}
