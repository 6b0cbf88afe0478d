import { inspect } from 'node:util';

/**
 * A value that must not be shown: it prints as `[redacted]` however it is printed (string conversion, JSON,
 * `console.log`, an error's text). `reveal()` is the one way to the value, so every use can be searched for.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it only where the value leaves for its one destination. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
