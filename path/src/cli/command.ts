import type { Project } from '../project/project.ts';
import type { Actions, Session } from './actions.ts';
import type { Look } from './render/look.ts';

/** An option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  /** What its value stands for, for the help: `name`, `file`. */
  readonly value?: string;
  readonly description: string;
}

/** One word of the command line. */
export interface Command {
  readonly name: string;
  /** What it does, in one line. */
  readonly summary: string;
  /** How it is written, after `ptp`: `logs [component]`. */
  readonly usage: string;
  /** More for its own help page. */
  readonly description?: string;
  /** Beside the ones that every command has. */
  readonly options: Readonly<Record<string, Option>>;
  /** How many words may stand after its name. */
  readonly words: number;
  /** Does it; returns the exit code: 0 done, 1 failed, 2 the user's mistake. */
  run(invocation: Invocation): Promise<number>;
}

/** A command as it was called, with all that it may use. */
export interface Invocation {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
  readonly actions: Actions;
  readonly session: Session;
  readonly output: Output;
  /** Asks the person at the terminal and returns the line that they type; absent where there is none. */
  readonly ask?: (question: string) => Promise<string>;
  /** The folder that it was called in. */
  readonly cwd: string;
  /** Milliseconds; never goes back. */
  monotonic(): number;
  /** The tool's own version. */
  readonly version: string;
  /** ptp.yaml's path as it was called. */
  readonly file: string;
  /**
   * Loads the project with its chosen target; warnings are told by events. Throws UserMistake.
   * @param text what ptp.yaml is to be taken to say instead of what it says
   */
  load(text?: string): Promise<Project>;
}

/** Where results go: standard output. What happens on the way is told by events and goes to standard error. */
export interface Output {
  readonly look: Look;
  /** Whether each line is to be a JSON object. */
  readonly json: boolean;
  /** A result: the value as one JSON line with `--json`, else the text. */
  result(value: JsonObject, text: string): void;
  /** Text as it is, whatever was asked for: for what is itself a document. */
  raw(text: string): void;
}

export type JsonObject = Readonly<Record<string, unknown>> & { readonly kind: string };
