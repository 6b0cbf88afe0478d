import type { Package } from '../core/package.ts';
import type { LockedPackage } from './debian/lock.ts';

const releases: Readonly<Record<string, string>> = { bookworm: '12', trixie: '13', forky: '14' };

/** A package of Debian with the names that others know it by. Pure. */
export function debianPackage(found: LockedPackage, suite: string): Package {
  const { name, version, architecture, path } = found;
  const release = releases[suite];
  // pool/‹area›/‹first letters›/‹source package›/‹file›
  const source = /^pool\/[^/]+\/[^/]+\/(?<source>[^/]+)\/[^/]+$/u.exec(path)?.groups?.source;
  return {
    ecosystem: 'debian',
    name,
    version,
    source: source ?? name,
    architecture,
    ...(release === undefined ? {} : { release }),
    purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${suite}`,
  };
}

/** A package of npm (purl-spec: a scope is the namespace). Pure. */
export function npmPackage(name: string, version: string): Package {
  const path = name.split('/').map(encodeURIComponent).join('/');
  return { ecosystem: 'npm', name, version, purl: `pkg:npm/${path}@${encodeURIComponent(version)}` };
}

/** Modules by path and version, Go itself (`Go`) as its library `stdlib`. Pure. */
export function goPackages(modules: Readonly<Record<string, string>>): readonly Package[] {
  return Object.entries(modules).map(([path, version]) => {
    const name = path === 'Go' ? 'stdlib' : path;
    const at = encodeURIComponent(version);
    return { ecosystem: 'golang', name, version, purl: `pkg:golang/${encodeURI(name)}@${at}` };
  });
}
