import type { StoredBlob } from '../core/handover.ts';

/** An image that was fetched from a registry into the store. */
export interface PulledImage {
  readonly manifest: StoredBlob;
  readonly config: StoredBlob;
  readonly layers: readonly StoredBlob[];
}
