import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, StoredBlob } from '../../core/handover.ts';
import type { Context } from '../../effects/context.ts';
import { sealedEnding } from '../../oci/sealed.ts';
import type { Store } from '../../oci/store.ts';
import { choosePackages } from './choose.ts';
import { type LayerRecord, nothingBelow, readLayerRecord, writeLayerRecord } from './layer-record.ts';
import type { DebianLock } from './lock.ts';
import type { MirrorOptions } from './mirror.ts';
import { PackageGone } from './mirror-failure.ts';
import {
  type DebianRequest,
  debianArchitecture,
  type Freshness,
  keyOf,
  type LayerPlan,
  lockRequest,
  planLayers,
} from './plan.ts';
import type { Repository } from './repository.ts';

/** The layers of an image made of Debian packages. */
export interface DebianLayers {
  /** The lowest first. */
  readonly layers: readonly { readonly blob: StoredBlob; readonly diffId: Digest }[];
  /** What is in them, by name. */
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly architecture: string;
    /** The digest of the package's file, hexadecimal. */
    readonly sha256: string;
  }[];
  /** Names the layers' content: the same key, the same content. */
  readonly key: string;
  /** The packages that were chosen; with it in the request the same ones are taken again. */
  readonly lock: DebianLock;
}

/**
 * Assembles layers from Debian packages: without root, without dpkg or apt, nothing of a package is run. Indexes are
 * verified by Debian's signature, packages by the indexes' digests. Where the packages are those of the last call,
 * no index is read and nothing is unpacked.
 *
 * Throws UserMistake where a package does not exist or no mirror is configured, StepFailed where the mirror can't be
 * reached or can't be trusted.
 */
export async function debianLayers(
  context: Context,
  request: DebianRequest,
  store: Store,
  options?: MirrorOptions,
): Promise<DebianLayers> {
  const work = await Work.begin(context, store, options);
  try {
    const lock = await work.choose(request, request.fresh);
    try {
      return await work.layers(request, lock);
    } catch (error) {
      if (!(error instanceof PackageGone)) throw error;
      context.emit({ kind: 'note', step: 'image', text: `${error.message}; newer packages are chosen` });
      return await work.layers(request, await work.choose(request, 'required'));
    }
  } finally {
    await work.end();
  }
}

/** What is under way in a run, so that images built side by side share it. */
const underWay = new WeakMap<Context, Map<string, Promise<unknown>>>();

function shared<Result>(context: Context, key: string, make: () => Promise<Result>): Promise<Result> {
  const all = underWay.get(context) ?? new Map<string, Promise<unknown>>();
  underWay.set(context, all);
  const there = all.get(key);
  // one key is always made by one caller's kind of work, so what is there has the type that is asked for
  if (there !== undefined) return there as Promise<Result>;
  const made = make().finally(() => all.delete(key));
  all.set(key, made);
  return made;
}

class Work {
  readonly #context: Context;
  readonly #store: Store;
  readonly #folder: string;
  readonly #options: MirrorOptions | undefined;
  #repository: Promise<Repository> | undefined;

  static async begin(context: Context, store: Store, options: MirrorOptions | undefined): Promise<Work> {
    const folder = join(context.cache, 'debian');
    await mkdir(folder, { recursive: true });
    return new Work(context, store, folder, options);
  }

  private constructor(context: Context, store: Store, folder: string, options: MirrorOptions | undefined) {
    this.#context = context;
    this.#store = store;
    this.#folder = folder;
    this.#options = options;
  }

  async choose(request: DebianRequest, fresh: Freshness | undefined): Promise<DebianLock> {
    const wanted = lockRequest(request, debianArchitecture(process.arch));
    return choosePackages(this.#context, {
      request: wanted,
      folder: this.#folder,
      lock: request.lock,
      fresh,
      index: () =>
        shared(this.#context, `index ${wanted.suite} ${wanted.architecture}`, async () =>
          (await this.#open()).index(wanted),
        ),
    });
  }

  async layers(request: DebianRequest, lock: DebianLock): Promise<DebianLayers> {
    const plans = planLayers(lock, request);
    const records: LayerRecord[] = [];
    for (const plan of plans) {
      const below = records.at(-1) ?? nothingBelow;
      records.push(
        (await this.#known(plan)) ??
          (await shared(this.#context, `layer ${plan.key}`, () => this.#make(plan, request, below))),
      );
    }
    return {
      layers: records.map(({ blob, diffId }) => ({
        blob: { descriptor: blob, path: this.#store.path(blob.digest) },
        diffId,
      })),
      packages: lock.resolved.map(({ name, version, architecture, sha256 }) => ({
        name,
        version,
        architecture,
        sha256,
      })),
      key: keyOf(plans.map(({ key }) => key)),
      lock,
    };
  }

  async end(): Promise<void> {
    await (await this.#repository?.catch(() => undefined))?.close();
  }

  async #known(plan: LayerPlan): Promise<LayerRecord | undefined> {
    const record = await readLayerRecord(this.#recordPath(plan), this.#context.emit);
    return record !== undefined && (await this.#store.has(record.blob)) ? record : undefined;
  }

  async #make(
    plan: LayerPlan,
    request: DebianRequest,
    below: Pick<LayerRecord, 'ground' | 'libraries'>,
  ): Promise<LayerRecord> {
    const work = {
      context: this.#context,
      store: this.#store,
      folder: this.#folder,
      compression: request.compression ?? 'zstd',
      below,
    } as const;
    const { user, folders = [], files = [] } = request;
    const { ownLayer, packageLayer } = await import('./package-layer.ts');
    const record =
      plan.kind === 'own'
        ? await ownLayer(work, { user, folders, files })
        : await packageLayer(work, plan.packages, await this.#open());
    await writeLayerRecord(this.#recordPath(plan), record);
    return record;
  }

  #recordPath(plan: LayerPlan): string {
    return join(this.#folder, 'layers', plan.key + sealedEnding);
  }

  #open(): Promise<Repository> {
    this.#repository ??= (async () => {
      // Brings OpenPGP and an HTTP client, for which a build that needs neither should not wait.
      const { Repository } = await import('./repository.ts');
      return Repository.open(this.#context, this.#store, this.#folder, this.#options);
    })();
    return this.#repository;
  }
}
