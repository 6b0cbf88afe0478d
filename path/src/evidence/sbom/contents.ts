import type { Digest } from '../../core/handover.ts';
import type { DigestSet, Material } from '../../core/making.ts';
import type { Placed } from '../inventory/facts.ts';
import { type Distribution, packageUrl } from '../package-url.ts';

/** A part of an image, as both kinds of list name it. */
export interface Part {
  readonly type: 'deb' | 'npm' | 'golang' | 'node';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly license?: string;
  readonly digests: DigestSet;
  /** Of a Debian package: `glibc 2.41-12`. */
  readonly source?: string;
  /** Of a Debian package. */
  readonly architecture?: string;
  readonly use: Material['use'];
  /** Paths in the image of what tells of it. */
  readonly places: readonly string[];
}

/** What a list of parts is made from. */
export interface Contents {
  readonly image: { readonly name: string; readonly digest: Digest; readonly architecture: string };
  /** What ptp itself is called by: the maker of the list. */
  readonly tool: { readonly name: string; readonly version: string };
  /** The component in the image, with what package.json says of it. */
  readonly application: { readonly name: string; readonly version?: string; readonly license?: string };
  /** The distribution, where the image tells. */
  readonly system?: { readonly id: string; readonly version: string; readonly title: string };
  /** Sorted by package URL. */
  readonly parts: readonly Part[];
}

/** What distribution an image is of: what its os-release says, otherwise the release its packages were chosen from. */
export function distributionOf(inventory: readonly Placed[], materials: readonly Material[]): Distribution {
  const system = inventory.find((one) => one.type === 'os');
  if (system !== undefined)
    return { id: system.id, release: system.version === '' ? system.id : `${system.id}-${system.version}` };
  const suite = materials.find(({ type }) => type === 'deb')?.suite;
  return { id: 'debian', release: suite ?? 'debian' };
}

/** The package URL of what was found in an image. Pure. */
export function foundUrl(one: Exclude<Placed, { type: 'os' }>, distribution: Distribution): string {
  return packageUrl(one.type === 'deb' ? { ...one, distribution } : one);
}

/**
 * The parts of an image: what its layers hold is what is listed, and builders' materials add what no layer knows:
 * digests of archives, and what the application was built with. Pure.
 */
export function partsOf(inventory: readonly Placed[], materials: readonly Material[]): readonly Part[] {
  const distribution = distributionOf(inventory, materials);
  const known = new Map(materials.map((one) => [keyOf(one), one]));
  const parts = new Map<string, Part>();
  for (const one of inventory) {
    if (one.type === 'os') continue;
    const purl = foundUrl(one, distribution);
    const material = known.get(keyOf(one));
    const license = (one.type === 'npm' ? one.license : undefined) ?? material?.license;
    parts.set(purl, {
      type: one.type,
      name: one.name,
      version: one.version,
      purl,
      digests: material?.digests ?? sumOf(one),
      ...(license === undefined ? {} : { license }),
      ...(one.type === 'deb'
        ? { source: `${one.source} ${one.sourceVersion}`, architecture: one.architecture }
        : {}),
      use: 'contained',
      places: one.places,
    });
  }
  for (const material of materials) {
    const { type, name, version, digests, license, use } = material;
    // Packages that made a page are its ingredients, though no bundler tells which of them are in it.
    const ingredient = type === 'npm' && use !== 'contained';
    if (version === undefined || (!ingredient && type !== 'node')) continue;
    const purl = packageUrl(type === 'node' ? { type: 'generic', name, version } : { type, name, version });
    if (parts.has(purl)) continue;
    parts.set(purl, {
      ...{ type, name, version, purl, digests },
      ...(license === undefined ? {} : { license }),
      use,
      places: type === 'node' ? ['usr/bin/node'] : [],
    });
  }
  return [...parts.values()].sort((one, other) => (one.purl < other.purl ? -1 : 1));
}

function keyOf({ type, name, version, architecture }: Keyed): string {
  return JSON.stringify([type, name, version, type === 'deb' ? architecture : undefined]);
}

interface Keyed {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
}

/** The digest of a Go module's files, as go.sum has it (golang.org/x/mod/sumdb/dirhash, Hash1). */
function sumOf(one: Placed): DigestSet {
  if (one.type !== 'golang' || one.sum?.startsWith('h1:') !== true) return {};
  return { dirHash: Buffer.from(one.sum.slice(3), 'base64').toString('hex') };
}
