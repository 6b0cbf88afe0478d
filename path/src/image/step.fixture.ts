import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Event } from '../core/event.ts';
import type { BuiltImage, StoredBlob } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { nodeClock } from '../effects/node/clock.ts';
import { nodeProcesses } from '../effects/node/processes.ts';
import { canonicalJson } from '../oci/json.ts';
import { manifestOf } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { Store } from '../oci/store.ts';
import type { Pull } from './builder.ts';
import { writeLayer } from './layer.ts';

/** A context with a cache of its own that keeps what was emitted. */
export function newContext(cache = newFolder()): Context & { readonly events: Event[] } {
  const events: Event[] = [];
  return {
    cache,
    events,
    emit: (event) => events.push(event),
    clock: nodeClock,
    processes: nodeProcesses,
    signal: new AbortController().signal,
  };
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'image-'));
}

/** Writes files below a folder: path → text, or a JSON document. */
export function write(folder: string, files: Readonly<Record<string, unknown>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(
      join(folder, path),
      typeof content === 'string' ? content : JSON.stringify(content, undefined, 2),
    );
  }
  return folder;
}

/** The reference of a base that `pullBase` answers; the letter makes another base. */
export function baseReference(letter = 'a'): string {
  return `registry.example/base@sha256:${letter.repeat(64)}`;
}

/** Stands for a registry: puts a base with one file into the store of a context. */
export function pullBase(context: Context): Pull {
  return async (reference) => {
    const store = new Store(context);
    const content = Buffer.from(reference);
    const layer = await writeLayer(
      store,
      [
        {
          path: 'base',
          mode: 0o644,
          uid: 0,
          gid: 0,
          kind: 'file',
          size: content.length,
          content: () => content,
        },
      ],
      { compression: 'gzip' },
    );
    const configuration = {
      architecture: 'amd64',
      os: 'linux',
      config: {
        Env: ['PATH=/nodejs/bin', 'NODE_ENV=development'],
        Entrypoint: ['/nodejs/bin/node'],
        Cmd: ['x'],
      },
      rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    };
    const config = await store.put(canonicalJson(configuration), mediaTypes.config);
    const manifest = manifestOf({ config: config.descriptor, layers: [layer.blob.descriptor] });
    return {
      manifest: await store.put(canonicalJson(manifest), mediaTypes.manifest),
      config,
      layers: [layer.blob],
    };
  };
}

/** The paths in a layer, with `-> target` for links, sorted as they lie. */
export function list(blob: StoredBlob | undefined): readonly string[] {
  return verbose(blob).map((line) => line.replace(/^(\S+\s+){5}/, ''));
}

/** The paths in a layer with rights, owner, size and time. */
export function verbose(blob: StoredBlob | undefined): readonly string[] {
  const args = ['--utc', '--full-time', '--numeric-owner', '-tvf', '-'];
  return execFileSync('tar', args, { encoding: 'utf8', input: archive(blob) })
    .trimEnd()
    .split('\n');
}

/** The text of a file in a layer. */
export function textIn(blob: StoredBlob | undefined, path: string): string {
  return execFileSync('tar', ['-xOf', '-', path], { encoding: 'utf8', input: archive(blob) });
}

function archive(blob: StoredBlob | undefined): Uint8Array {
  if (blob === undefined) throw new Error('there is no such layer');
  const bytes = readFileSync(blob.path);
  if (blob.descriptor.mediaType.endsWith('zstd')) return zstdDecompressSync(bytes);
  return blob.descriptor.mediaType.endsWith('gzip') ? gunzipSync(bytes) : bytes;
}

/** The configuration of an image, as it lies in the store. */
export function configurationOf(image: BuiltImage | undefined) {
  if (image === undefined) throw new Error('there is no such image');
  return JSON.parse(readFileSync(image.config.path, 'utf8')) as {
    readonly config: Readonly<Record<string, unknown>>;
    readonly rootfs: { readonly diff_ids: readonly string[] };
    readonly created: string;
  };
}

/** Why each image is what it is, in the order in which they became ready. */
export function whys(events: readonly Event[]): readonly string[] {
  return events
    .filter((event) => event.kind === 'image-ready')
    .map((event) => `${event.image}: ${event.why}`);
}
