import { isIPv6 } from 'node:net';
import { UserMistake } from '../core/failure.ts';
import type { Digest } from '../core/handover.ts';
import { oneLine } from '../core/one-line.ts';
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
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const hostForm = new RegExp(
  `^(?:\\[(?<six>[0-9a-fA-F:]+)\\]|${label}(?:\\.${label})*)(?::(?<port>[0-9]{1,5}))?$`,
);
const longest = 512; // more than host, path, tag and digest can have together

/**
 * Reads `host/path[:tag][@sha256:…]`. The host is never guessed: a name without one is refused, since what it
 * means differs from tool to tool. Throws UserMistake that says which part is wrong.
 */
export function parseReference(text: string): Reference {
  const wrong = (what: string, next: string) =>
    new UserMistake({ what: oneLine(`"${oneLine(text, 120)}" ${what}`), next: oneLine(next) });
  if (text.length > longest) throw wrong(`has ${text.length} characters`, `Use at most ${longest}.`);
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0) throw wrong('has two "@"', 'Write it as host/path:tag@sha256:….');
  const slash = named.indexOf('/');
  const registry = named.slice(0, Math.max(slash, 0));
  if (slash < 1 || !/[.:]|^localhost$/.test(registry)) {
    throw wrong('names no registry', 'Write the host first: host/path:tag@sha256:….');
  }
  if (!isHost(registry)) throw wrong(`has no host before its first "/": "${registry}"`, 'Correct the host.');
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

function isHost(text: string): boolean {
  const parts = hostForm.exec(text)?.groups;
  if (parts === undefined) return false;
  const { six, port } = parts;
  return (
    (six === undefined || isIPv6(six)) && (port === undefined || (Number(port) > 0 && Number(port) < 65_536))
  );
}

/** A reference as text; the inverse of `parseReference`. */
export function referenceText(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${reference.registry}/${reference.repository}${tag}${digest}`;
}
