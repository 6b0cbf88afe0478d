/** A program to run: never through a shell. Secrets go in by `input` or a file, never in `args`. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to this process's environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** Called for each line of standard output and standard error, as they come. */
  readonly onLine?: (line: string) => void;
  /**
   * Ends the program, and all that it has started, when it is aborted; both end with this process too, however that
   * ends. Without a signal a program goes on to its end.
   */
  readonly signal?: AbortSignal;
}

/** How a program ended. */
export interface Outcome {
  /** 128 + the signal's number where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that goes on after this process has ended. */
export interface Daemon {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Standard output and error are appended here; created with mode 0600. */
  readonly log: string;
}

/** Runs programs. */
export interface Processes {
  /** Runs to its end, whatever its exit code. Throws UserMistake only where the program is not there. */
  run(command: Command): Promise<Outcome>;
  /** Starts a program in a session of its own, returns its pid. */
  start(daemon: Daemon): Promise<number>;
  /** The absolute path of a program on PATH (and the sbin folders), or undefined. */
  find(program: string): Promise<string | undefined>;
}
