import { type Paragraph, parseControl, words } from '../../core/control.ts';

/** One entry of apt's sources: where binary packages of some suites are. */
export interface Source {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Paths of keyrings, fingerprints, or one armoured key; empty where the source names none. */
  readonly signedBy: readonly string[];
  /** False where the machine's owner has switched the check of Valid-Until off, as snapshots need it. */
  readonly checkValidUntil: boolean;
}

/**
 * Reads one file of apt's sources (sources.list(5)): `*.sources` in deb822 form, anything else line by line.
 * Disabled entries and sources of source code are left out. Throws a SyntaxError on a deb822 file that is none.
 */
export function parseSources(name: string, text: string): readonly Source[] {
  if (name.endsWith('.sources')) return parseControl(text).flatMap(sourceOf);
  return text.split('\n').flatMap((line) => lineSource(line));
}

function sourceOf(fields: Paragraph): readonly Source[] {
  if (/^(?:no|false|0|off|without|disable)$/iu.test(fields.get('enabled') ?? 'yes')) return [];
  if (!words(fields.get('types')).includes('deb')) return [];
  const signedBy = fields.get('signed-by') ?? '';
  return [
    {
      uris: words(fields.get('uris')),
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      signedBy: signedBy.includes('BEGIN PGP') ? [armoured(signedBy)] : list(signedBy),
      checkValidUntil: isYes(fields.get('check-valid-until')),
    },
  ];
}

/** In deb822 an empty line is written as a dot. */
function armoured(text: string): string {
  return `${text
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '.' ? '' : line.trim()))
    .join('\n')}\n`;
}

/** `deb [option=value …] uri suite component…` */
function lineSource(line: string): readonly Source[] {
  const found =
    /^\s*deb\s+(?:\[(?<options>[^\]]*)\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)(?<components>[^#]*)/u.exec(
      line,
    )?.groups;
  if (found === undefined) return [];
  const options = new Map(
    words(found.options).map((option) => {
      const [key = '', value = ''] = option.split('=', 2);
      return [key.toLowerCase(), value] as const;
    }),
  );
  return [
    {
      uris: [found.uri ?? ''],
      suites: [found.suite ?? ''],
      components: words(found.components),
      signedBy: list(options.get('signed-by') ?? ''),
      checkValidUntil: isYes(options.get('check-valid-until')),
    },
  ];
}

function list(field: string): readonly string[] {
  return field.split(/[\s,]+/u).filter((part) => part !== '');
}

function isYes(field: string | undefined): boolean {
  return !/^(?:no|false|0|off)$/iu.test(field ?? 'yes');
}

const suite =
  /^(?:old)*(?:stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)(?<kind>-security|-updates|-proposed-updates|-backports.*)?$/u;

/** Which of Debian's two archives a source is of; undefined where it is neither, as with another vendor's packages. */
export function archiveOf(source: Source): 'main' | 'security' | undefined {
  const kinds = source.suites.map((name) => suite.exec(name.replace(/\/updates$/u, '-security')));
  if (!source.components.includes('main') || kinds.includes(null)) return undefined;
  const named = kinds.map((found) => found?.groups?.kind ?? '');
  if (named.every((kind) => kind === '-security')) return 'security';
  return named.some((kind) => kind === '' || kind === '-updates') ? 'main' : undefined;
}
