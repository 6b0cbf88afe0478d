import type { Problem } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';
import type { Path, YamlText } from './yaml-text.ts';

/** A problem with a part of ptp.yaml that is not yet placed at a line. */
export interface Finding {
  readonly path: Path;
  /** Whether the key or its value is what is wrong. */
  readonly at: 'key' | 'value';
  readonly what: string;
  readonly next: string;
}

/** The finding as a problem with file, line, column and key. */
export function placed(finding: Finding, text: YamlText): Problem {
  const { path, at, what, next } = finding;
  // Keys and values of the file are part of both, and they may be megabytes.
  return { what: oneLine(what), where: text.place(path, at), next: oneLine(next) };
}

/** Problems in the order of the file, so that a reader mends from top to bottom. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted(
    (a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0) || (a.where?.column ?? 0) - (b.where?.column ?? 0),
  );
}
