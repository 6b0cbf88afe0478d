import type { Problem } from '../core/failure.ts';

/** What the server says with a refusal (API conventions, "Response Status Kind"). */
export interface Status {
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly kind?: string;
    readonly name?: string;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly message?: string;
      readonly field?: string;
    }[];
  };
}

/** The API server refused a request. Its text holds the server's message and nothing of the request's body. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  /** The HTTP status code. */
  readonly code: number;
  /** One word of the server for it: `NotFound`, `Conflict`, `Invalid`. */
  readonly reason: string;
  readonly status: Status;
  /** Seconds after which to ask again, where the server says so. */
  readonly retryAfter: number | undefined;

  constructor(request: string, code: number, status: Status, retryAfter?: number) {
    super(`${request}: ${status.message ?? `status ${code}`}`);
    this.code = code;
    this.reason = status.reason ?? '';
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** How a server that cannot answer is told of; a refusal that nobody foresaw is told as what it is. */
  get problem(): Problem | undefined {
    if (this.code < 500 && !this.temporary) return undefined;
    return {
      what: `the cluster's API server cannot answer: ${this.message}`,
      next: 'Look at `ptp status`, and run the same command again.',
    };
  }

  /** Whether the same request may succeed later. */
  get temporary(): boolean {
    return this.code === 429 || this.code === 503 || (this.code >= 500 && this.retryAfter !== undefined);
  }
}
