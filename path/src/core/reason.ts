import { type PathPart, pathParts } from './field-path.ts';

/**
 * Why a field of the objects of one kind is as it is. Planning files keep theirs beside them (`deploy/reasons.ts`), so
 * that `ptp explain` can trace a field of a live object to its rule and to the line of ptp.yaml that it comes from.
 */
export interface FieldReason {
  /** `Deployment` */
  readonly kind: string;
  /** Whether it is about objects of components alone, of services, or of neither; absent: of all. */
  readonly part?: 'component' | 'service' | 'other';
  /**
   * The field, or what begins its path: `.spec.template.spec.containers[*].resources.requests.cpu`. `[*]` stands for any
   * entry, `*` for any key. The longest that fits is the one that counts.
   */
  readonly path: string;
  /** The rule in a sentence. */
  readonly rule: string;
  /** The key of ptp.yaml that it comes from; `{name}` is the component's or service's, `{target}` the target's. */
  readonly input?: string;
  /** The number of the page in docs/decisions. */
  readonly decision?: number;
}

/** Reasons with the file that they are about. */
export interface Reasons {
  /** From the repository's root: `path/src/deploy/pod.ts`. */
  readonly file: string;
  readonly reasons: readonly FieldReason[];
}

/** A reason that was found, and where. */
export type FoundReason = FieldReason & { readonly file: string };

/**
 * The reasons for a field: the one whose path is the longest that begins it, or, where the field has parts with reasons
 * of their own, all of these. Pure.
 */
export function reasonsFor(
  all: readonly Reasons[],
  { kind, part }: { readonly kind: string; readonly part?: FieldReason['part'] },
  parts: readonly PathPart[],
): readonly FoundReason[] {
  const ofKind = all.flatMap(({ file, reasons }) =>
    reasons
      .filter((one) => one.kind === kind && (one.part === undefined || one.part === (part ?? 'other')))
      .map((one) => ({ ...one, file, parts: pathParts(one.path) ?? [] })),
  );
  const fits = (pattern: readonly PathPart[]) =>
    pattern.every((part, index) => samePart(part, parts[index])) ? pattern.length : -1;
  const best = Math.max(-1, ...ofKind.map(({ parts: pattern }) => fits(pattern)));
  const above = ofKind.filter(({ parts: pattern }) => best > -1 && fits(pattern) === best);
  const below = ofKind.filter(
    ({ parts: pattern }) =>
      pattern.length > parts.length && parts.every((part, index) => samePart(pattern[index] ?? part, part)),
  );
  const exact = best === parts.length;
  return [...(below.length > 0 && !exact ? [] : above), ...below].map(({ parts: _, ...reason }) => reason);
}

function samePart(pattern: PathPart | undefined, part: PathPart | undefined): boolean {
  if (pattern === undefined || part === undefined) return false;
  if ('entry' in pattern) return 'entry' in part && (pattern.entry === '*' || pattern.entry === part.entry);
  return 'key' in part && (pattern.key === '*' || pattern.key === part.key);
}
