import type { Digest } from '../core/handover.ts';
import { digestOf } from '../oci/digest.ts';
import type { PackageJson } from './workspace/find-workspace.ts';

/** What an image is labelled by. */
export interface Labelled {
  /** The project's name. */
  readonly project: string;
  /** The component's name. */
  readonly component: string;
  /** The component's package.json, where it has one. */
  readonly own: PackageJson | undefined;
  /** That of the project's folder; it may name the repository for all components. */
  readonly shared: PackageJson | undefined;
}

/**
 * An image's labels (OCI image spec 1.1, annotations.md): title, and what package.json says of version, licence and
 * repository. Pure.
 */
export function labelsOf({ project, component, own, shared }: Labelled): Readonly<Record<string, string>> {
  const known = {
    title: `${project}/${component}`,
    version: own?.version,
    licenses: text(own?.license) ?? text(shared?.license),
    source: repositoryUrl(own?.repository) ?? repositoryUrl(shared?.repository),
  };
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(known)) {
    if (value !== undefined) labels[`org.opencontainers.image.${name}`] = value;
  }
  return labels;
}

/**
 * The label that names the revision of the software in an image: the digest of what its own layers hold, whatever base
 * they lie on. A rebase keeps it; a change of the sources that reaches the image changes it. Pure.
 *
 * It is no commit. A label is part of the image's digest, and every byte of an image is a function of its sources: an
 * archive, a shallow clone and a rebased branch hold the same files and know other commits or none, so equal sources
 * would have other digests, and each commit would roll out every component though nothing in it changed. The commits
 * that an image belongs to are told by what can have many: the tags it is published with.
 * @param layers the digests of the layers above the base, uncompressed
 */
export function revisionLabel(layers: readonly Digest[]): Readonly<Record<string, string>> {
  return { 'org.opencontainers.image.revision': digestOf(layers.join('\n')) };
}

const hosts: Readonly<Record<string, string>> = {
  github: 'https://github.com/',
  gitlab: 'https://gitlab.com/',
  bitbucket: 'https://bitbucket.org/',
};

/** The address of a repository as package.json writes it; undefined for what no browser opens. */
export function repositoryUrl(repository: unknown): string | undefined {
  const written =
    typeof repository === 'object' && repository !== null && 'url' in repository
      ? text(repository.url)
      : text(repository);
  if (written === undefined) return undefined;
  const short = /^(?:(?<host>github|gitlab|bitbucket):)?(?<path>\w[\w.-]*\/\w[\w.-]*)$/u.exec(
    written,
  )?.groups;
  const address =
    short === undefined
      ? written.replace(/^git\+/u, '').replace(/^(?:ssh:\/\/)?git@([^:/]+)[:/]/u, 'https://$1/')
      : `${hosts[short.host ?? 'github'] ?? ''}${short.path ?? ''}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address.replace(/^git:/u, 'https:'));
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  // Whoever can pull the image would read them.
  url.username = '';
  url.password = '';
  return url.href.replace(/\.git$/u, '');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
