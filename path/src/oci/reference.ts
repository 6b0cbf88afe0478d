import { UserMistake } from '../core/failure.ts';
import type { Digest } from '../core/handover.ts';
import { isDigest } from './digest.ts';

/** Where an image is: `registry/repository:tag@digest`. */
export interface Reference {
  /** Host, with a port where it has one. */
  readonly registry: string;
  /** The path below the host (distribution-spec, "Pulling manifests", `<name>`). */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const repositoryForm = new RegExp(`^${component}(?:/${component})*$`);
const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const hostForm = /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?$/;

/**
 * Reads `host/path[:tag][@sha256:…]`. The host is never guessed: a name without one is refused, since what it
 * means differs from tool to tool. Throws UserMistake that says which part is wrong.
 */
export function parseReference(text: string): Reference {
  const wrong = (what: string, next: string) => new UserMistake({ what: `"${text}" ${what}`, next });
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw wrong('has two "@"', 'Write it as host/path:tag@sha256:….');
  const slash = named.indexOf('/');
  const registry = named.slice(0, Math.max(slash, 0));
  if (slash < 1 || !/[.:]|^localhost$/.test(registry)) {
    throw wrong('names no registry', 'Write the host first: host/path:tag@sha256:….');
  }
  if (!hostForm.test(registry))
    throw wrong(`has no host before its first "/": "${registry}"`, 'Correct the host.');
  const rest = named.slice(slash + 1);
  const colon = rest.indexOf(':');
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (repository !== repository.toLowerCase()) {
    throw wrong(`has capital letters in its path "${repository}"`, `Write ${repository.toLowerCase()}.`);
  }
  if (!repositoryForm.test(repository) || repository.length > 255) {
    throw wrong(
      `has a path that no registry accepts: "${repository}"`,
      'Use a-z, 0-9 and single . _ - between them.',
    );
  }
  if (tag !== undefined && !tagForm.test(tag)) {
    throw wrong(
      `has a tag that no registry accepts: "${tag}"`,
      'Use up to 128 letters, digits, _ . - for the tag.',
    );
  }
  if (digest !== undefined && !isDigest(digest)) {
    throw wrong(
      `has no whole digest after "@": "${digest}"`,
      'Give sha256: and its 64 digits in lower case.',
    );
  }
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** A reference as text; the inverse of `parseReference`. */
export function referenceText(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}
