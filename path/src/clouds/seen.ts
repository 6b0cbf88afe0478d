import type { Found, Resource, Seen } from './resource.ts';

/** What was found of a resource's needs is not there. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

/** What has been found of resources so far, by their ids. */
export class Findings implements Seen {
  readonly signal: AbortSignal;
  readonly #found = new Map<string, Found<unknown>>();

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  of<Value>(resource: Resource<never, Value>): Value {
    const found = this.#found.get(resource.id);
    if (found === undefined) throw new NotThere(`${resource.kind} ${resource.name} is not there`);
    return found.value as Value;
  }

  find<Value>(resource: Resource<never, Value>): Value | undefined {
    return this.#found.get(resource.id)?.value as Value | undefined;
  }

  /** All that is known of it, state included. */
  whole<Value>(resource: Resource<never, Value>): Found<Value> | undefined {
    return this.#found.get(resource.id) as Found<Value> | undefined;
  }

  /** Keeps what a look at it has found; undefined: it is not there. */
  keep<Value>(resource: Resource<never, Value>, found: Found<Value> | undefined): void {
    if (found === undefined) this.#found.delete(resource.id);
    else this.#found.set(resource.id, found);
  }
}
