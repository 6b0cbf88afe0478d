import { PackageURL } from 'packageurl-js';

/** Of what release of a distribution Debian packages are. */
export interface Distribution {
  /** `debian`; the namespace of the package URL. */
  readonly id: string;
  /** As scanners write it: `debian-13`. */
  readonly release: string;
}

/** What a package URL is made of. */
export type Named =
  | {
      readonly type: 'deb';
      readonly name: string;
      readonly version: string;
      readonly architecture: string;
      readonly distribution: Distribution;
    }
  | { readonly type: 'npm' | 'golang' | 'generic'; readonly name: string; readonly version: string }
  | { readonly type: 'oci'; readonly name: string; readonly version: string; readonly architecture: string };

/** The package URL of something (purl specification 1.0 and its types). Pure. */
export function packageUrl(named: Named): string {
  const { namespace, name } = split(named);
  const qualifiers: Record<string, string> | undefined =
    named.type === 'deb'
      ? { arch: named.architecture, distro: named.distribution.release }
      : named.type === 'oci'
        ? { arch: named.architecture }
        : undefined;
  return new PackageURL(named.type, namespace, name, named.version, qualifiers, undefined).toString();
}

function split(named: Named): { readonly namespace: string | undefined; readonly name: string } {
  if (named.type === 'deb') return { namespace: named.distribution.id, name: named.name };
  const slash = named.name.lastIndexOf('/');
  if ((named.type !== 'npm' && named.type !== 'golang') || slash === -1)
    return { namespace: undefined, name: named.name };
  return { namespace: named.name.slice(0, slash), name: named.name.slice(slash + 1) };
}
