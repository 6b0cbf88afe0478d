import { StepFailed } from '../core/failure.ts';
import type { Descriptor, Digest } from '../core/handover.ts';
import { oneLine } from '../core/one-line.ts';
import { digestOf, isDigest } from '../oci/digest.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Ask, Body, Reply } from './ask.ts';
import { followLocation } from './endpoint.ts';

/** The repository that a request is about. */
export interface Repository {
  /** Its name below the registry: `hello/gateway`. */
  readonly name: string;
  /** Its name with the registry's, as people know it: `registry.example.com/hello/gateway`. */
  readonly reference: string;
  /** Rights that every request asks for at once, so that one token serves them all. */
  readonly rights: 'pull' | 'pull,push';
}

/** A manifest as the registry knows it without its bytes. */
export interface ManifestHead {
  /** Absent where the registry does not tell. */
  readonly digest?: Digest;
}

/** A manifest's bytes with what the registry said of them. */
export interface ManifestBody {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** An upload that was begun. */
export interface UploadSession {
  /** Where the next request goes. */
  readonly location: string;
  /** The least bytes of a chunk, where the registry has such a rule (`OCI-Chunk-Min-Length`). */
  readonly chunkMinimum?: number;
}

const manifestTypes = [
  mediaTypes.manifest,
  mediaTypes.index,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

function common(repository: Repository) {
  return { reference: repository.reference, scopes: [`repository:${repository.name}:${repository.rights}`] };
}

/** Whether a manifest is there, by digest or tag (distribution spec end-3). Undefined: it is not. */
export function headManifest(repository: Repository, name: string): Ask<ManifestHead | undefined> {
  return {
    ...common(repository),
    method: 'HEAD',
    target: `/v2/${repository.name}/manifests/${name}`,
    headers: { accept: manifestTypes.join(', ') },
    purpose: `say whether it has the manifest ${name}`,
    statuses: [200, 404],
    read: (reply) => {
      if (reply.status === 404) return undefined;
      const digest = reply.headers['docker-content-digest'];
      return digest !== undefined && isDigest(digest) ? { digest } : {};
    },
  };
}

/** A manifest by digest or tag (end-3); undefined where `optional` and it is not there. */
export function getManifest(repository: Repository, name: string): Ask<ManifestBody>;
export function getManifest(
  repository: Repository,
  name: string,
  options: { readonly optional: true },
): Ask<ManifestBody | undefined>;
export function getManifest(
  repository: Repository,
  name: string,
  options: { readonly optional?: boolean } = {},
): Ask<ManifestBody | undefined> {
  return {
    ...common(repository),
    method: 'GET',
    target: `/v2/${repository.name}/manifests/${name}`,
    headers: { accept: manifestTypes.join(', ') },
    purpose: `give the manifest ${name}`,
    statuses: options.optional === true ? [200, 404] : [200],
    read: (reply) => {
      if (reply.status === 404) return undefined;
      refuseAltered(repository, name, reply);
      return { mediaType: reply.headers['content-type']?.split(';')[0]?.trim() ?? '', bytes: reply.body };
    },
  };
}

/** Stores a manifest under its digest or a tag (end-7). The answer is whether the registry knows `subject` (end-7a). */
export function putManifest(
  repository: Repository,
  name: string,
  manifest: { readonly descriptor: Descriptor; readonly body: Body },
): Ask<{ readonly subjectKnown: boolean }> {
  const { digest, mediaType } = manifest.descriptor;
  return {
    ...common(repository),
    method: 'PUT',
    target: `/v2/${repository.name}/manifests/${name}`,
    headers: { 'content-type': mediaType },
    body: manifest.body,
    purpose: `store the manifest ${name}`,
    statuses: [201, 202, 204],
    read: (reply) => {
      refuseOtherDigest(repository, digest, reply);
      return { subjectKnown: reply.headers['oci-subject'] !== undefined };
    },
  };
}

/** Whether a blob is there (end-2). */
export function headBlob(repository: Repository, blob: Descriptor): Ask<boolean> {
  return {
    ...common(repository),
    method: 'HEAD',
    target: `/v2/${repository.name}/blobs/${blob.digest}`,
    purpose: `say whether it has ${blob.digest}`,
    statuses: [200, 404],
    read: (reply) => reply.status === 200,
  };
}

/**
 * A blob's bytes from an offset on (end-2). The answer is the offset at which they begin: 0 where the registry does
 * not know ranges.
 */
export function getBlob(repository: Repository, blob: Descriptor, offset: number): Ask<number> {
  return {
    ...common(repository),
    method: 'GET',
    target: `/v2/${repository.name}/blobs/${blob.digest}`,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    purpose: `give ${blob.digest}`,
    statuses: offset === 0 ? [200] : [200, 206],
    read: (reply) => {
      if (reply.status === 200) return 0;
      const start = /^bytes (\d+)-/.exec(reply.headers['content-range'] ?? '')?.[1];
      return start === undefined ? offset : Number(start);
    },
  };
}

/** Begins an upload (end-4a). */
export function startUpload(repository: Repository): Ask<UploadSession> {
  return {
    ...common(repository),
    method: 'POST',
    target: `/v2/${repository.name}/blobs/uploads/`,
    purpose: 'begin an upload',
    statuses: [202],
    read: (reply) => session(repository, reply),
  };
}

/**
 * Asks for a blob from another repository (end-11). `mounted`, or the upload that the registry began instead, or
 * `refused` where this account may not read the other repository.
 */
export function mountBlob(
  repository: Repository,
  blob: Descriptor,
  from: string,
): Ask<'mounted' | 'refused' | UploadSession> {
  const query = new URLSearchParams({ mount: blob.digest, from });
  const { reference, scopes } = common(repository);
  return {
    reference,
    scopes: [...scopes, `repository:${from}:pull`],
    method: 'POST',
    target: `/v2/${repository.name}/blobs/uploads/?${query}`,
    purpose: `take ${blob.digest} from ${from}`,
    statuses: [201, 202, 400, 401, 403, 404, 405],
    read: (reply) => {
      if (reply.status === 201) return 'mounted';
      return reply.status === 202 ? session(repository, reply) : 'refused';
    },
  };
}

/** Sends a whole blob into an upload (end-6). `chunks` where the registry or a proxy before it wants it in pieces. */
export function putBlob(
  repository: Repository,
  upload: UploadSession,
  blob: { readonly descriptor: Descriptor; readonly body: Body },
): Ask<'stored' | 'chunks'> {
  const { digest } = blob.descriptor;
  return {
    ...common(repository),
    method: 'PUT',
    target: withDigest(upload.location, digest),
    headers: { 'content-type': 'application/octet-stream' },
    body: blob.body,
    purpose: `store ${digest}`,
    statuses: [201, 204, 405, 411, 413],
    read: (reply) => {
      if (reply.status > 204) return 'chunks';
      refuseOtherDigest(repository, digest, reply);
      return 'stored';
    },
  };
}

/** Sends a piece of a blob (end-5). The answer says how much the registry has, and where the next piece goes. */
export function patchBlob(
  repository: Repository,
  upload: UploadSession,
  piece: { readonly start: number; readonly length: number; readonly path: string },
): Ask<{ readonly received: number; readonly upload: UploadSession }> {
  const end = piece.start + piece.length;
  return {
    ...common(repository),
    method: 'PATCH',
    target: upload.location,
    headers: { 'content-type': 'application/octet-stream', 'content-range': `${piece.start}-${end - 1}` },
    body: { kind: 'file', ...piece },
    purpose: 'take a piece of a blob',
    statuses: [202, 204],
    read: (reply) => ({ received: received(reply) ?? end, upload: session(repository, reply) }),
  };
}

/** How much of an upload the registry has (end-13). */
export function uploadStatus(
  repository: Repository,
  upload: UploadSession,
): Ask<{ readonly received: number; readonly upload: UploadSession }> {
  return {
    ...common(repository),
    method: 'GET',
    target: upload.location,
    purpose: 'say how far an upload is',
    statuses: [204],
    read: (reply) => {
      const location = reply.headers.location;
      const next = location === undefined ? upload : session(repository, reply);
      return { received: received(reply) ?? 0, upload: next };
    },
  };
}

/** The manifests that refer to a digest, one page (end-12a, end-12b). Undefined: the registry has no such list. */
export function listReferrers(
  repository: Repository,
  subject: Digest,
  page: { readonly artifactType?: string; readonly target?: string } = {},
): Ask<{ readonly index: Buffer; readonly next?: string } | undefined> {
  const query =
    page.artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType: page.artifactType })}`;
  return {
    ...common(repository),
    method: 'GET',
    target: page.target ?? `/v2/${repository.name}/referrers/${subject}${query}`,
    headers: { accept: mediaTypes.index },
    purpose: `list what refers to ${subject}`,
    statuses: [200, 404],
    read: (reply) => {
      // A registry without the list may answer with a page of its own.
      if (reply.status === 404 || !(reply.headers['content-type'] ?? '').includes('json')) return undefined;
      const link = /<([^>]*)>\s*;[^,]*rel="?next"?/i.exec(reply.headers.link ?? '')?.[1];
      if (link === undefined) return { index: reply.body };
      return { index: reply.body, next: followLocation(reply.url, link, repository.reference).href };
    },
  };
}

function session(repository: Repository, reply: Reply): UploadSession {
  const location = reply.headers.location;
  if (location === undefined) {
    throw new StepFailed({
      what: `the registry ${reply.url.host} began an upload to ${repository.reference} without saying where (no Location)`,
      next: 'Check that nothing between here and the registry removes headers.',
    });
  }
  const minimum = Number(reply.headers['oci-chunk-min-length'] ?? 0);
  const upload = { location: followLocation(reply.url, location, repository.reference).href };
  return minimum > 0 ? { ...upload, chunkMinimum: minimum } : upload;
}

/** The location's own query holds the upload's state, letter by letter: it is only added to. */
function withDigest(location: string, digest: Digest): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}

function received(reply: Reply): number | undefined {
  const last = /^(?:bytes=)?\d+-(\d+)$/.exec(reply.headers.range?.trim() ?? '')?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}

/** Of a tag nothing is known beforehand; but what the registry says of its own answer has to be so. */
function refuseAltered(repository: Repository, name: string, reply: Reply): void {
  const said = isDigest(name) ? name : reply.headers['docker-content-digest'];
  if (said === undefined || !isDigest(said) || digestOf(reply.body) === said) return;
  throw new StepFailed({
    what: `the registry ${reply.url.host} gave other bytes than those of ${said} for the manifest ${name} (${repository.reference})`,
    next: 'Try again; if it stays so, the registry is broken or something on the way alters what it sends.',
  });
}

function refuseOtherDigest(repository: Repository, expected: Digest, reply: Reply): void {
  const actual = reply.headers['docker-content-digest'];
  if (actual === undefined || actual === expected) return;
  throw new StepFailed({
    what: `the registry ${reply.url.host} stored ${oneLine(actual, 100)} where ${expected} was sent (${repository.reference})`,
    next: 'Run the same command again; if it stays so, something on the way alters what is sent.',
  });
}
