import { relative, sep } from 'node:path';
import type { DigestSet, Material } from '../core/making.ts';
import { digestHex, digestOf } from '../oci/digest.ts';
import type { DebianLayers } from './debian/build.ts';
import type { LockedPackage, Lockfile } from './workspace/lockfile.ts';
import { packageName } from './workspace/package-name.ts';

/** Debian packages as materials. Pure. */
export function debianMaterials({ packages, lock }: DebianLayers): readonly Material[] {
  return packages.map(({ name, version, architecture, sha256 }) => ({
    ...{ type: 'deb', name, version, architecture, suite: lock.request.suite },
    digests: { sha256 },
    use: 'contained',
  }));
}

/** Packages of npm's registry as materials: each once, wherever in the lockfile it is. Pure. */
export function npmMaterials(
  packages: ReadonlyMap<string, LockedPackage>,
  use: Material['use'],
): readonly Material[] {
  const all = new Map<string, Material>();
  for (const [path, { name = packageName(path), version, integrity, license }] of packages) {
    if (version === undefined) continue;
    all.set(`${name}@${version}`, {
      ...{ type: 'npm', name, version, use },
      digests: integrityDigests(integrity ?? ''),
      ...(typeof license === 'string' && license !== '' ? { license } : {}),
    });
  }
  return [...all.values()];
}

/** Digests of a text of subresource integrity (W3C SRI, section 3.5): `sha512-` and base64. Pure. */
export function integrityDigests(integrity: string): DigestSet {
  const found = integrity.split(/\s+/u).flatMap((one) => {
    const [, algorithm, base64] =
      /^(sha1|sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})(?:\?|$)/u.exec(one) ?? [];
    if (algorithm === undefined || base64 === undefined) return [];
    return [[algorithm, Buffer.from(base64, 'base64').toString('hex')] as const];
  });
  return Object.fromEntries(found);
}

/** A lockfile as material; none where there is no file. Pure. */
export function lockfileMaterial({ file, sha256 }: Lockfile, projectFolder: string): readonly Material[] {
  if (sha256 === undefined) return [];
  const name = relative(projectFolder, file).split(sep).join('/');
  return [{ type: 'file', name, digests: { sha256 }, use: 'build' }];
}

/**
 * Source files as one material. Its digest is Go's for folders (golang.org/x/mod/sumdb/dirhash, Hash1), which anybody
 * can make again: the sha256 of a line `<sha256>  <path>` for each file, sorted by path. Links count by their targets.
 * Pure.
 * @param files path → sha256 in hexadecimal, or a link's target
 */
export function sourceMaterial(name: string, files: Readonly<Record<string, string>>): readonly Material[] {
  const paths = Object.keys(files).sort();
  if (paths.length === 0) return [];
  const lines = paths.map((path) => {
    const told = files[path] ?? '';
    return `${/^[0-9a-f]{64}$/u.test(told) ? told : digestHex(digestOf(told))}  ${path}\n`;
  });
  const dirHash = digestHex(digestOf(lines.join('')));
  return [{ type: 'source', name, digests: { dirHash }, use: 'build' }];
}
