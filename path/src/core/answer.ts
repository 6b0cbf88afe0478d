/** Something that is so in the live system now, and how anybody can see it. */
export interface Fact {
  /** What is looked at: `image of backend`. */
  readonly what: string;
  /** How it is. */
  readonly is: string;
  /** The command that shows it. */
  readonly command: string;
  /** False where it is not as it should be. */
  readonly ok: boolean;
}

/** Something else that could have been chosen. */
export interface TurnedDown {
  readonly what: string;
  readonly why: string;
}

/** A page in docs/decisions. */
export interface DecisionLink {
  readonly number: number;
  readonly title: string;
  /** From the repository's root. */
  readonly file: string;
}

/** The answer to one question of the exercise, for one system, now. */
export interface Answer {
  /** The topic's name on the command line: `images`. */
  readonly topic: string;
  /** Which part of the path it is about. */
  readonly part: string;
  readonly question: string;
  readonly choice: string;
  readonly turnedDown: readonly TurnedDown[];
  /** What the choice costs: what is given up, what stays hard. */
  readonly costs: string;
  readonly decisions: readonly DecisionLink[];
  readonly facts: readonly Fact[];
}

/** Where a field of a live object comes from. */
export interface Trace {
  /** `hello/deployment/backend` */
  readonly object: string;
  readonly path: string;
  /** What it is now. */
  readonly value: unknown;
  /** Who set it last (server-side apply's field manager); absent where nobody owns it by name. */
  readonly manager?: string;
  readonly sources: readonly TraceSource[];
}

/** A rule that makes a field, and what it makes it from. */
export interface TraceSource {
  /** The field that the rule is about, where it is a part of the one that was asked for. */
  readonly path: string;
  readonly rule: string;
  /** The file with the rule, from the repository's root. */
  readonly file: string;
  readonly input?: {
    /** The key of ptp.yaml: `components.backend.resources.cpu`. */
    readonly key: string;
    readonly file: string;
    /** Line, from 1: of the key, or of the nearest part of it that is there. */
    readonly line?: number;
    /** Whether ptp.yaml says it; else it is the default. */
    readonly set: boolean;
  };
  readonly decision?: DecisionLink;
}
