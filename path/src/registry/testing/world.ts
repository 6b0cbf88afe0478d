import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '../../core/event.ts';
import type { BuiltImage, StoredBlob } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { nodeProcesses } from '../../effects/node/processes.ts';
import { digestOf } from '../../oci/digest.ts';
import { canonicalJson } from '../../oci/json.ts';
import { manifestOf } from '../../oci/manifest.ts';
import { mediaTypes } from '../../oci/media-types.ts';
import { Store } from '../../oci/store.ts';

/** A temporary folder with a store, and a clock that passes as soon as somebody sleeps. For tests only. */
export interface World {
  readonly folder: string;
  readonly store: Store;
  readonly context: Context;
  readonly events: Event[];
  /** The milliseconds of each sleep. */
  readonly slept: number[];
  /** Lets time pass. */
  pass(milliseconds: number): void;
  /** An image of layers with these contents. */
  image(name: string, ...layers: readonly (string | Uint8Array)[]): Promise<BuiltImage>;
  remove(): Promise<void>;
}

/** A new world; DOCKER_CONFIG is left to the caller. */
export async function createWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'ptp-registry-'));
  const events: Event[] = [];
  const slept: number[] = [];
  let now = Date.parse('2026-01-01T00:00:00Z');
  const start = now;
  const store = new Store({ cache: folder, emit: (event) => events.push(event) });
  const context: Context = {
    emit: (event) => events.push(event),
    clock: {
      monotonic: () => now - start,
      now: () => new Date(now),
      sleep: async (milliseconds, signal) => {
        signal?.throwIfAborted();
        slept.push(milliseconds);
        now += milliseconds;
      },
    },
    processes: nodeProcesses,
    cache: folder,
    signal: new AbortController().signal,
  };
  return {
    folder,
    store,
    context,
    events,
    slept,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    image: (name, ...layers) => image(store, name, layers),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Bytes that no other test has. */
export function noise(length: number): Uint8Array {
  return randomBytes(length);
}

async function image(
  store: Store,
  name: string,
  layers: readonly (string | Uint8Array)[],
): Promise<BuiltImage> {
  const stored: StoredBlob[] = [];
  for (const layer of layers) stored.push(await store.put(Buffer.from(layer), mediaTypes.layerGzip));
  const config = await store.put(
    canonicalJson({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { name } },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
    }),
    mediaTypes.config,
  );
  const document = manifestOf({
    config: config.descriptor,
    layers: stored.map(({ descriptor }) => descriptor),
  });
  const manifest = await store.put(canonicalJson(document), mediaTypes.manifest);
  return { name, manifest, config, layers: stored, entrypoint: ['/app'] };
}
