/** Where a problem is: a place in a file, a Kubernetes object, a URL. */
export interface Place {
  readonly file?: string;
  /** Line, from 1. */
  readonly line?: number;
  /** Column, from 1. */
  readonly column?: number;
  /** The configuration key as a path: `components.gateway.source`. */
  readonly key?: string;
  /** A Kubernetes object as `kind/name`, with its namespace where it has one: `hello/deployment/gateway`. */
  readonly object?: string;
  /** A package in images (purl-spec), for programs: people are told its name in `what`. */
  readonly package?: string;
  /** What is written there must not be shown: it looks like a credential. */
  readonly confidential?: true;
}

/** One thing that is wrong: what, where, and what to do about it. */
export interface Problem {
  readonly what: string;
  readonly where?: Place;
  /** The next step for the person who reads it; an imperative sentence. */
  readonly next?: string;
  /** Lines of evidence: a pod's last log lines, the output of a build. Never a secret. */
  readonly details?: readonly string[];
}

/** What the user has to mend: configuration, a missing file, a port that is taken. Exit code 2, never a stack. */
export class UserMistake extends Error {
  override readonly name = 'UserMistake';
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[]) {
    const all = 'what' in problems ? [problems] : problems;
    super(all.map(problemLine).join('\n'));
    this.problems = all;
  }
}

/** The path could not be walked to its end though nothing was wrong with the request. Exit code 1, no stack. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly problems: readonly Problem[];

  constructor(problems: Problem | readonly Problem[], options?: ErrorOptions) {
    const all = 'what' in problems ? [problems] : problems;
    super(all.map(problemLine).join('\n'), options);
    this.problems = all;
  }
}

/** `file:line:column: what`, or as much of it as is known. */
export function problemLine(problem: Problem): string {
  const at = placeText(problem.where);
  return at === '' ? problem.what : `${at}: ${problem.what}`;
}

/** A place as one word that editors and terminals can follow; empty where nothing is known. */
export function placeText(place: Place | undefined): string {
  if (place === undefined) return '';
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
  return [position, place.object, place.file === undefined ? place.key : undefined].filter(Boolean).join(' ');
}
