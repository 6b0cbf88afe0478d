import { appendFileSync } from 'node:fs';

/** One thing that was tried. */
export interface Attempt {
  readonly group: string;
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, or why it failed. */
  readonly seen: string;
  readonly seconds: number;
}

/** Keeps what was tried and tells it as it happens; a failure does not end the rest. */
export class Journal {
  readonly attempts: Attempt[] = [];
  readonly notes: string[] = [];
  readonly #file: string;
  readonly #match: string;

  /**
   * `file`: each attempt is appended there as a line of JSON, so that a run that is killed has told something; `match`:
   * only attempts with this in their names are made.
   */
  constructor(file: string, match = '') {
    this.#file = file;
    this.#match = match;
  }

  /** Tries something; `work` returns what it saw, or throws. */
  async attempt(group: string, name: string, work: () => Promise<string>): Promise<boolean> {
    if (!`${group}: ${name}`.includes(this.#match)) return true;
    const began = performance.now();
    const result = await work().then(
      (seen) => ({ ok: true, seen }),
      (error: Error) => ({ ok: false, seen: error.message }),
    );
    const attempt = { group, name, ...result, seconds: (performance.now() - began) / 1000 };
    this.attempts.push(attempt);
    appendFileSync(this.#file, `${JSON.stringify(attempt)}\n`);
    process.stdout.write(
      `${attempt.ok ? '✔' : '✘'} ${group}: ${name} (${attempt.seconds.toFixed(1)} s): ${attempt.seen}\n`,
    );
    return attempt.ok;
  }

  /** A sentence for the report. */
  note(text: string): void {
    this.notes.push(text);
    process.stdout.write(`${text}\n`);
  }
}
