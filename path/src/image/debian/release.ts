import { parseControl, words } from '../../core/control.ts';
import { StepFailed } from '../../core/failure.ts';
import { oneLine } from '../../core/one-line.ts';

/** A file that a release vouches for. */
export interface ReleaseFile {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** What the signed `Release` of a suite says (Debian wiki, "DebianRepository/Format"). */
export interface Release {
  readonly date: Date;
  readonly validUntil?: Date;
  readonly byHash: boolean;
  /** By their path below the suite's folder: `main/binary-amd64/Packages.xz`. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

/** What a release must be to be accepted. */
export interface ReleaseExpectation {
  readonly suite: string;
  readonly architecture: string;
  readonly now: Date;
  readonly checkValidUntil: boolean;
  /** For messages: where it came from. */
  readonly url: string;
}

/**
 * Reads a release whose signature was verified. Throws StepFailed where it is another suite's (an old or foreign
 * one served in its place), is no longer valid, or is damaged.
 */
export function readRelease(text: string, expected: ReleaseExpectation): Release {
  const fail = (what: string, next: string) => new StepFailed({ what: `${expected.url}: ${what}`, next });
  const otherMirror = 'Use another mirror (PTP_DEBIAN_MIRROR); this one serves what was not asked for.';
  const [fields] = paragraphs(text, fail);
  const names = [fields?.get('suite'), fields?.get('codename')];
  if (fields === undefined || !names.includes(expected.suite)) {
    throw fail(
      `this is the release of ${oneLine(names.filter(Boolean).join(', '), 100) || 'nothing'}, not ${expected.suite}`,
      otherMirror,
    );
  }
  if (!words(fields.get('architectures')).includes(expected.architecture)) {
    throw fail(`it has no packages for ${expected.architecture}`, otherMirror);
  }
  const date = new Date(fields.get('date') ?? '');
  if (Number.isNaN(date.getTime())) throw fail('it has no date', otherMirror);
  const until = fields.get('valid-until');
  const validUntil = until === undefined ? undefined : new Date(until);
  // an unreadable date must not pass for one in the future
  if (
    expected.checkValidUntil &&
    validUntil !== undefined &&
    !(validUntil.getTime() >= expected.now.getTime())
  ) {
    throw fail(
      `it was valid until ${oneLine(until ?? '', 60)}: the mirror is out of date, or someone holds updates back`,
      'Check this machine’s clock; otherwise use another mirror (PTP_DEBIAN_MIRROR).',
    );
  }
  return {
    date,
    ...(validUntil === undefined ? {} : { validUntil }),
    byHash: fields.get('acquire-by-hash') === 'yes',
    files: new Map(filesOf(fields.get('sha256') ?? '')),
  };
}

function paragraphs(
  text: string,
  fail: (what: string, next: string) => StepFailed,
): ReturnType<typeof parseControl> {
  try {
    return parseControl(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw fail(
      `it is damaged: ${error.message}`,
      'Try again later or use another mirror (PTP_DEBIAN_MIRROR).',
    );
  }
}

function* filesOf(list: string): Generator<[string, ReleaseFile]> {
  for (const line of list.split('\n')) {
    const [sha256, size, path] = words(line);
    if (path !== undefined && /^[0-9a-f]{64}$/u.test(sha256 ?? '') && /^\d{1,12}$/u.test(size ?? '')) {
      yield [path, { sha256: sha256 ?? '', size: Number(size) }];
    }
  }
}
