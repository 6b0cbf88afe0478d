/** A line that looks as if it held a credential. Never the credential. */
export interface Hit {
  /** What kind of credential: `github`, `private-key`, `assignment`. */
  readonly rule: string;
  /** Line, from 1. */
  readonly line: number;
}
