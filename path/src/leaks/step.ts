import { isAbsolute, join, relative, sep } from 'node:path';
import ignore from 'ignore';
import { type Problem, UserMistake } from '../core/failure.ts';
import type { BuiltImage, StoredBlob } from '../core/handover.ts';
import { limits } from '../core/limits.ts';
import { oneLine } from '../core/one-line.ts';
import type { ImageContents } from '../core/package.ts';
import type { Context } from '../effects/context.ts';
import { parseImageConfiguration } from '../oci/image-configuration.ts';
import { Store } from '../oci/store.ts';
import type { AllowedSecret } from '../project/policy.ts';
import type { Project } from '../project/project.ts';
import type { Hit } from './finding.ts';
import { scanLayer } from './layer.ts';
import { scanSources } from './sources.ts';

/** Something that looks like a credential: where it is and of what kind, never what it is. */
export interface FoundCredential extends Hit {
  /** Seen from the folder of ptp.yaml; `image:/path` for what only the image has. */
  readonly file: string;
  /** Why somebody says that it is none. */
  readonly reason?: string;
}

/** What was found in sources and images. */
export interface CredentialsReport {
  readonly files: number;
  /** How many had to be read. */
  readonly read: number;
  readonly findings: readonly FoundCredential[];
}

/**
 * Layers that an application itself brings, as the image's history calls them. Dependencies and Debian packages hold
 * keys of their tests by the dozen, which are public; what is in a base from a registry is published already.
 */
const searched = ['ptp: application', 'ptp: page', 'ptp: program', 'ptp: account'];

/**
 * Searches the sources that images are made of, and what they make of them, for credentials. Nothing that was looked at
 * before is read again. Emits `credentials-looked-for`.
 *
 * Throws UserMistake with all places that nobody allows in ptp.yaml, DamagedBlob where a layer's bytes are lost.
 */
export async function lookForCredentials(
  context: Context,
  project: Pick<Project, 'folder' | 'secrets'>,
  images: readonly BuiltImage[],
  contents: readonly ImageContents[],
): Promise<CredentialsReport> {
  const allowed = allowance(project.secrets?.allow ?? []);
  const scanned = await Promise.all(
    images.map((image) =>
      scanImage(
        context,
        project.folder,
        image,
        contents.find((one) => one.image === image.name),
      ),
    ),
  );
  const all = scanned.flatMap(({ found }) => found);
  // Components may share sources.
  const distinct = [...new Map(all.map((one) => [`${one.file}:${one.line}`, one])).values()];
  const findings = distinct
    .map((one): FoundCredential => {
      const reason = allowed(one);
      return { ...one, ...(reason === undefined ? {} : { reason }) };
    })
    .toSorted((one, other) =>
      one.file < other.file ? -1 : one.file > other.file ? 1 : one.line - other.line,
    );
  const report: CredentialsReport = {
    files: scanned.reduce((sum, { files }) => sum + files, 0),
    read: scanned.reduce((sum, { read }) => sum + read, 0),
    findings,
  };
  context.emit({ kind: 'credentials-looked-for', step: 'inspect', ...report });
  const open = findings.filter(({ reason }) => reason === undefined);
  if (open.length > 0) throw new UserMistake(problemsOf(open, project.folder));
  return report;
}

async function scanImage(
  context: Context,
  projectFolder: string,
  image: BuiltImage,
  contents: ImageContents | undefined,
): Promise<
  Omit<CredentialsReport, 'findings'> & { readonly found: readonly (Hit & { readonly file: string })[] }
> {
  const sources = contents?.sources;
  const ofSources =
    sources === undefined
      ? { files: 0, read: 0, hits: [], searched: new Set<string>() }
      : await scanSources(context, sources);
  // What is in the image as it is in the source is told once, where it can be mended.
  const found = (await layersOf(context, image)).map((blob) => scanLayer(context, blob, ofSources.searched));
  const layers = await Promise.all(found);
  const made = layers
    .flatMap(({ hits }) => hits)
    .map(({ path, rule, line }) => ({ file: `${image.name}:/${path}`, rule, line }));
  const all = [
    ...ofSources.hits.map(({ file, rule, line }) => ({ file: seenFrom(projectFolder, file), rule, line })),
    ...made,
  ];
  return {
    files: [ofSources, ...layers].reduce((sum, { files }) => sum + files, 0),
    read: [ofSources, ...layers].reduce((sum, { read }) => sum + read, 0),
    found: all,
  };
}

/** The layers to search: history and layers end together (OCI image spec 1.1, config.md, "history"). */
async function layersOf(context: Context, image: BuiltImage): Promise<readonly StoredBlob[]> {
  const bytes = await new Store(context).read(image.config.descriptor);
  const history = (parseImageConfiguration(bytes).history ?? []).filter((one) => one.empty_layer !== true);
  const ahead = image.layers.length - history.length;
  return image.layers.filter((_, index) => searched.includes(history[index - ahead]?.created_by ?? ''));
}

/** Why a finding is allowed; undefined where it is not. */
function allowance(
  allow: readonly AllowedSecret[],
): (found: Hit & { readonly file: string }) => string | undefined {
  const rules = allow.map(({ file, rule, reason }) => {
    const patterns = ignore().add(file);
    const covers = (path: string) => path === file || (ignore.isPathValid(path) && patterns.ignores(path));
    return { covers, rule, reason };
  });
  return (found) =>
    rules.find(({ covers, rule }) => (rule === undefined || rule === found.rule) && covers(found.file))
      ?.reason;
}

function problemsOf(open: readonly FoundCredential[], folder: string): readonly Problem[] {
  const { most } = limits.credentials.found;
  const told = open.slice(0, most).map(({ file, line, rule }): Problem => {
    const allow = `secrets: { allow: [{ file: ${JSON.stringify(file)}, rule: ${rule}, reason: … }] }`;
    const isOfImage = /^[^/]+:\//.test(file);
    return {
      what: oneLine(
        `this looks like a credential (${rule})${isOfImage ? ', which the build has put in' : ''}`,
      ),
      where: { file: isOfImage || isAbsolute(file) ? file : join(folder, file), line, confidential: true },
      next: `Take it out, and change it where it counts: whoever has seen the source has it. Credentials come by \`needs\`. If it is none, say so in ptp.yaml: ${allow}`,
    };
  });
  if (open.length <= most) return told;
  return [
    ...told,
    { what: `${open.length - most} more places look like credentials`, next: 'Mend those above first.' },
  ];
}

function seenFrom(folder: string, file: string): string {
  const seen = relative(folder, file);
  return seen.startsWith('..') ? file : seen.split(sep).join('/');
}
