import { parseControl } from '../../core/control.ts';
import { compareVersions } from '../../core/debian-version.ts';
import { StepFailed } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { oneLine } from '../../core/one-line.ts';
import { packagePath } from './lock.ts';
import { type Alternatives, parseRelations } from './relation.ts';

/** Which of a mirror's two archives a package is in: the release and its updates, or the security updates. */
export type ArchiveName = 'main' | 'security';

/** What an index says of one version of a package. */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Depends and Pre-Depends. */
  readonly depends: readonly Alternatives[];
  readonly provides: readonly Alternatives[];
  readonly archive: ArchiveName;
  /** Below the archive's address: `pool/main/d/dash/dash_0.5.12-12_amd64.deb`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** The packages of some indexes taken together. */
export interface PackageIndex {
  /** Every version of a package, the newest first. */
  versions(name: string): readonly PackageRecord[];
  /** The packages that provide a virtual one, by name; of each the newest version first. */
  providers(name: string): readonly PackageRecord[];
}

/** The text of one `Packages` file and the archive whose pool it is about. */
export interface IndexText {
  readonly archive: ArchiveName;
  readonly text: string;
}

/**
 * Makes `Packages` files searchable. Paragraphs are found at once and read when they are asked for: an index has
 * some 70,000 of them and an image needs fifty. What is asked for and damaged throws StepFailed.
 */
export function readIndex(texts: readonly IndexText[], architecture: string): PackageIndex {
  const real = new Map<string, Place[]>();
  const virtual = new Map<string, Place[]>();
  for (const index of texts) locate(index, real, virtual);
  const read = (places: readonly Place[] | undefined) =>
    (places ?? []).flatMap((place) => readRecord(place, architecture) ?? []);
  const newestFirst = (a: PackageRecord, b: PackageRecord) => compareVersions(b.version, a.version);
  return {
    versions: (name) => read(real.get(name)).sort(newestFirst),
    providers: (name) =>
      read(virtual.get(name)).sort((a, b) =>
        a.name < b.name ? -1 : a.name > b.name ? 1 : newestFirst(a, b),
      ),
  };
}

interface Place {
  readonly index: IndexText;
  readonly start: number;
  readonly end: number;
}

function locate(index: IndexText, real: Map<string, Place[]>, virtual: Map<string, Place[]>): void {
  const { text } = index;
  let start = 0;
  let provides = text.indexOf('\nProvides: ');
  while (start < text.length) {
    const blank = text.indexOf('\n\n', start);
    const end = blank === -1 ? text.length : blank;
    const place = { index, start, end };
    const name = fieldAt(text, 'Package: ', start, end);
    if (name !== undefined) add(real, name, place);
    if (provides !== -1 && provides < end) {
      const value = text.slice(provides + '\nProvides: '.length, lineEnd(text, provides + 1));
      for (const part of value.split(',')) add(virtual, part.trim().split(/[\s(:]/u, 1)[0] ?? '', place);
      provides = text.indexOf('\nProvides: ', end);
    }
    start = end + 1;
    while (text[start] === '\n') start += 1;
  }
}

function fieldAt(text: string, field: string, start: number, end: number): string | undefined {
  if (text.startsWith(field, start)) return text.slice(start + field.length, lineEnd(text, start));
  const found = text.slice(start, end).indexOf(`\n${field}`);
  if (found === -1) return undefined;
  const at = start + found + 1;
  return text.slice(at + field.length, lineEnd(text, at));
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function add(map: Map<string, Place[]>, name: string, place: Place): void {
  const places = map.get(name);
  if (places === undefined) map.set(name, [place]);
  else if (places.at(-1) !== place) places.push(place); // a name may be provided twice by one
}

function readRecord(place: Place, wanted: string): PackageRecord | undefined {
  try {
    return recordOf(place, wanted);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { archive, text } = place.index;
    const name = fieldAt(text, 'Package: ', place.start, place.end) ?? '';
    throw new StepFailed(
      {
        what: oneLine(
          `the index of Debian's ${archive} packages is damaged at ${oneLine(name, 80)}: ${error.message}`,
        ),
        next: 'Try again later or use another mirror (PTP_DEBIAN_MIRROR).',
      },
      { cause: error },
    );
  }
}

/** Undefined where the paragraph is about another architecture or lacks what is needed to fetch the package. */
function recordOf(place: Place, wanted: string): PackageRecord | undefined {
  if (place.end - place.start > limits.mirror.paragraph.most) throw new SyntaxError('it is too long');
  const [fields] = parseControl(place.index.text.slice(place.start, place.end));
  const name = fields?.get('package');
  const version = fields?.get('version');
  const architecture = fields?.get('architecture');
  const path = fields?.get('filename');
  const size = Number(fields?.get('size'));
  const sha256 = fields?.get('sha256');
  if (fields === undefined || name === undefined || version === undefined || path === undefined)
    return undefined;
  if (architecture !== wanted && architecture !== 'all') return undefined;
  if (sha256 === undefined || !/^[0-9a-f]{64}$/u.test(sha256) || !Number.isSafeInteger(size) || size < 1)
    return undefined;
  if (!/^[a-z0-9][a-z0-9+.-]*$/u.test(name)) throw new SyntaxError('the name is none');
  if (!/^[\w.+:~-]+$/u.test(version)) throw new SyntaxError('the version is none');
  if (!packagePath.test(path)) throw new SyntaxError('the path of its file is none');
  if (size > limits.mirror.package.most) throw new SyntaxError(`its file has ${size} bytes`);
  return {
    name,
    version,
    architecture,
    depends: [...parseRelations(fields.get('pre-depends')), ...parseRelations(fields.get('depends'))],
    provides: parseRelations(fields.get('provides')),
    archive: place.index.archive,
    path,
    size,
    sha256,
  };
}
