import { createHash } from 'node:crypto';
import { UserMistake } from '../../core/failure.ts';
import type { ImageFile, ImageFolder, ImageUser } from '../../core/image-spec.ts';
import { type Compression, compressorOf } from '../compression.ts';
import type { DebianLock, LockedPackage, LockRequest } from './lock.ts';

/**
 * How new a choice of packages has to be. `wanted`: the newest that the mirror has, or where it can't be reached those
 * chosen last. `required`: the newest, whatever is locked.
 */
export type Freshness = 'wanted' | 'required';

/** What to assemble from Debian packages. */
export interface DebianRequest {
  readonly packages: readonly string[];
  /** Packages that dependencies name but the image does not need. */
  readonly without?: readonly string[];
  /** Take `packages` alone and none of their dependencies. */
  readonly closed?: boolean;
  /** The release by its code name: `trixie` where it is absent. */
  readonly suite?: string;
  readonly folders?: readonly ImageFolder[];
  readonly files?: readonly ImageFile[];
  readonly user?: ImageUser;
  /** The packages chosen earlier; used where it answers this very request. */
  readonly lock?: DebianLock;
  /** Whether the choice that is remembered of the last day will do; it does where this is absent. */
  readonly fresh?: Freshness;
  /** `zstd` where it is absent. */
  readonly compression?: Compression;
}

/** One layer: packages, or what the image has of its own. */
export interface LayerPlan {
  readonly kind: 'packages' | 'own';
  readonly packages: readonly LockedPackage[];
  /** Names the layer's content: the same key, the same content. */
  readonly key: string;
}

/** Changes when the same packages give other layers than before. */
const contentVersion = 3;

/** Debian 13, which has PostgreSQL 17. */
const defaultSuite = 'trixie';

/** What every image with a C library has: a layer of its own, so that images share it. */
const baseSet = ['base-files', 'libc6', 'netbase', 'tzdata'];

/** Debian's word for a Node.js architecture. Throws UserMistake for one that the cluster's images don't support. */
export function debianArchitecture(arch: string): string {
  if (arch === 'x64') return 'amd64';
  if (arch === 'arm64') return 'arm64';
  throw new UserMistake({
    what: `images can't be made for ${arch}`,
    next: 'Run this on an x86-64 or arm64 machine.',
  });
}

/** The part of a request that decides which packages are chosen, in one form. */
export function lockRequest(request: DebianRequest, architecture: string): LockRequest {
  return {
    packages: [...new Set(request.packages)].sort(),
    without: [...new Set(request.without ?? [])].sort(),
    closed: request.closed ?? false,
    suite: request.suite ?? defaultSuite,
    architecture,
  };
}

/** The suites that make up a release: itself, its updates, its security updates. `sid` has neither. */
export function suitesOf(
  suite: string,
): readonly { readonly archive: 'main' | 'security'; readonly suite: string }[] {
  const itself = { archive: 'main', suite } as const;
  if (suite === 'sid' || suite === 'unstable') return [itself];
  return [
    itself,
    { archive: 'main', suite: `${suite}-updates` },
    { archive: 'security', suite: `${suite}-security` },
  ];
}

/**
 * Divides an image into layers: the base set with what it depends on, the other packages, and what is the image's
 * own. A layer's key covers the layers below it, for what it leaves out depends on what they have.
 */
export function planLayers(lock: DebianLock, request: DebianRequest): readonly LayerPlan[] {
  const base = baseOf(lock.resolved);
  const groups = [
    lock.resolved.filter(({ name }) => base.has(name)),
    lock.resolved.filter(({ name }) => !base.has(name)),
  ].filter((group) => group.length > 0);
  const compression = request.compression ?? 'zstd';
  let below = keyOf([contentVersion, compressorOf(compression)]);
  const plans: LayerPlan[] = groups.map((packages) => {
    below = keyOf([below, packages.map(({ name, sha256 }) => [name, sha256])]);
    return { kind: 'packages', packages, key: below };
  });
  const { user, folders = [], files = [] } = request;
  if (user === undefined && folders.length === 0 && files.length === 0) return plans;
  return [...plans, { kind: 'own', packages: [], key: keyOf([below, user ?? null, folders, files]) }];
}

/** The base set with its dependencies; empty where a part of it is missing. */
function baseOf(resolved: readonly LockedPackage[]): ReadonlySet<string> {
  const byName = new Map(resolved.map((one) => [one.name, one]));
  const base = new Set<string>();
  if (!baseSet.every((name) => byName.has(name))) return base;
  const add = (name: string) => {
    if (base.has(name)) return;
    base.add(name);
    for (const dependency of byName.get(name)?.depends ?? []) add(dependency);
  };
  for (const name of baseSet) add(name);
  return base;
}

/** A name for a value that JSON can hold: 64 hexadecimal digits. */
export function keyOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
