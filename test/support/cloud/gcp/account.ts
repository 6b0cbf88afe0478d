import { randomBytes } from 'node:crypto';
import type { Reality } from '../stand-in.ts';

/** A resource as JSON. */
export type Doc = Readonly<Record<string, unknown>>;

/** A call as a handler sees it. */
export interface Asked {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Doc;
  readonly account: Account;
}

/** Answers one method of a service. */
export type Handler = (asked: Asked) => Doc;

/** What a service refuses. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Something that is not as it is to be yet. */
interface Turning {
  /** Looks until it is. */
  looks: number;
  readonly turn: () => void;
}

/** All that is in a project of the stand-in's. Things become what they are to be by being looked at, not by time. */
export class Account {
  readonly project = 'stand-in-project';
  readonly number = '123456789012';
  /** By the service and the path: `compute/projects/…/networks/shop`. */
  readonly things = new Map<string, Doc>();
  readonly policies = new Map<string, Doc>();
  readonly enabled = new Set<string>();
  /** Looks that it takes to make or to delete something. */
  patience = 1;
  reality: Reality = {};
  /** Databases that are gone keep the connection to their network for days. */
  lingering = false;
  /** Names of clusters and servers that fail when they are made. */
  readonly failing = new Set<string>();
  /** Permissions that the caller has not. */
  readonly lacking = new Set<string>();
  readonly #turning = new Map<string, Turning>();
  readonly #operations = new Map<string, { done: boolean; key: string }>();
  #count = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    for (const map of [this.things, this.policies, this.#turning, this.#operations]) map.clear();
    this.lingering = false;
    this.failing.clear();
    this.lacking.clear();
    this.enabled.clear();
    this.enabled.add('serviceusage.googleapis.com');
  }

  /** All that is there now, to be put back later. Nothing may be on its way. */
  snapshot(): () => void {
    if (this.#turning.size > 0) throw new Error(`on its way: ${[...this.#turning.keys()].join(', ')}`);
    const kept = [new Map(this.things), new Map(this.policies), new Set(this.enabled)] as const;
    return () => {
      this.reset();
      for (const [key, doc] of kept[0]) this.things.set(key, doc);
      for (const [key, doc] of kept[1]) this.policies.set(key, doc);
      for (const id of kept[2]) this.enabled.add(id);
    };
  }

  /** The next number, for identifiers. */
  next(): string {
    this.#count += 1;
    return String(this.#count);
  }

  get(key: string): Doc {
    this.look(key);
    const found = this.things.get(key);
    if (found === undefined) throw new Refused(404, 'notFound', `The resource '${key}' was not found`);
    return found;
  }

  /** Everything whose path is below one, as a list call sees it. */
  list(prefix: string): readonly Doc[] {
    const keys = [...this.things.keys(), ...this.#turning.keys()];
    const below = new Set(keys.filter((key) => key.startsWith(`${prefix}/`)));
    for (const key of below) this.look(key);
    return [...below].map((key) => this.things.get(key)).filter((doc) => doc !== undefined);
  }

  put(key: string, doc: Doc): Doc {
    this.things.set(key, doc);
    return doc;
  }

  mustNotBe(key: string): void {
    if (this.things.has(key) || this.#turning.has(key))
      throw new Refused(409, 'alreadyExists', `The resource '${key}' already exists`);
  }

  /** Begins what takes some looks, and gives the name of the operation. */
  begin(key: string, turn: () => void): string {
    const name = `operation-${this.next()}`;
    this.#operations.set(name, { done: false, key });
    const whole = () => {
      const operation = this.#operations.get(name);
      if (operation !== undefined) operation.done = true;
      turn();
    };
    this.#turning.set(key, { looks: this.patience, turn: whole });
    return name;
  }

  isTurning(key: string): boolean {
    return this.#turning.has(key);
  }

  /** Whether an operation is done, after a look at it. */
  isDone(name: string): boolean {
    const operation = this.#operations.get(name);
    if (operation === undefined) throw new Refused(404, 'notFound', `no operation ${name}`);
    this.look(operation.key);
    return operation.done;
  }

  look(key: string): void {
    const turning = this.#turning.get(key);
    if (turning === undefined) return;
    turning.looks -= 1;
    if (turning.looks >= 0) return;
    this.#turning.delete(key);
    turning.turn();
  }

  policy(key: string): Doc {
    return this.policies.get(key) ?? { version: 1, etag: 'ACAB' };
  }

  setPolicy(key: string, { policy }: Doc): Doc {
    const given = policy as Doc;
    if (given.etag !== undefined && given.etag !== this.policy(key).etag)
      throw new Refused(
        409,
        'ABORTED',
        'There were concurrent policy changes. Please retry the whole read-modify-write.',
      );
    const set = { ...given, etag: randomBytes(8).toString('base64') };
    this.policies.set(key, set);
    return set;
  }

  /** All that is there, without times and random identifiers. */
  inventory(): readonly string[] {
    const volatile =
      /^(id|etag|uniqueId|createTime|creationTimestamp|settingsVersion|fingerprint|labelFingerprint)$/;
    const text = (value: unknown) =>
      JSON.stringify(value, (key, member) => (volatile.test(key) ? undefined : sorted(member)));
    const bindings = [...this.policies].flatMap(([key, { bindings: all = [] }]) =>
      (all as readonly Doc[]).map((each) => `policy ${key} ${text(each)}`),
    );
    return [
      ...[...this.enabled].map((name) => `service ${name}`),
      ...[...this.things].map(([key, doc]) => `${key} ${text(doc)}`),
      ...bindings,
    ].toSorted();
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** A member that is a text. */
export function text(doc: Doc, key: string): string {
  const value = doc[key];
  return typeof value === 'string' ? value : '';
}
