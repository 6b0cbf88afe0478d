import type { Secret } from '../../core/secret.ts';

/** An object as Azure Resource Manager (ARM) writes it. */
export type Answer = Readonly<Record<string, unknown>>;

/** Whom the access tokens are given to: what role assignments call a principal. */
export interface Caller {
  readonly id: string;
  readonly type: 'User' | 'ServicePrincipal';
}

/**
 * ARM of one subscription. Paths are from the server's root; every service has a version of its own. What the service
 * refuses is thrown as AzureError. A request that asks for a change is answered when it is taken, not when it is done.
 */
export interface Api {
  readonly subscription: string;
  readonly tenant: string;
  readonly caller: Caller;
  /** Aborted when the run that let itself in is to end. */
  readonly signal: AbortSignal;
  /** Undefined where it is not there. */
  get(path: string, version: string, signal: AbortSignal): Promise<Answer | undefined>;
  /** All pages of a list. */
  list(path: string, version: string, signal: AbortSignal): Promise<readonly Answer[]>;
  send(
    method: 'PUT' | 'PATCH' | 'POST' | 'DELETE',
    path: string,
    version: string,
    signal: AbortSignal,
    body?: unknown,
  ): Promise<Answer>;
  /**
   * Why what was asked for at a path came to nothing later on; undefined where it did not, is not known yet, or was not
   * asked for in this run (ARM's RPC, "Asynchronous Operations").
   */
  outcome(path: string, signal: AbortSignal): Promise<AzureError | undefined>;
  /** An access token for another service than ARM, by its scope; good for five minutes at least. */
  token(scope: string): Promise<Secret>;
}

/** What a service answered instead of doing what was asked. */
export class AzureError extends Error {
  override readonly name = 'AzureError';
  readonly status: number;
  /** `QuotaExceeded`; empty where none was given. */
  readonly code: string;
  readonly method: string;

  constructor(method: string, status: number, code: string, message: string) {
    super(message);
    this.method = method;
    this.status = status;
    this.code = code;
  }
}

/** A part of an answer that is an object; empty where it is none. */
export function part(answer: unknown, ...path: readonly string[]): Answer {
  let value: unknown = answer;
  for (const key of path) value = isAnswer(value) ? value[key] : undefined;
  return isAnswer(value) ? value : {};
}

/** A part of an answer that is a text; undefined where it is none. */
export function text(answer: unknown, ...path: readonly string[]): string | undefined {
  const value = part(answer, ...path.slice(0, -1))[path.at(-1) ?? ''];
  return typeof value === 'string' ? value : undefined;
}

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
