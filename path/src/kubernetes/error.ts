import { z } from 'zod';
import type { Problem } from '../core/failure.ts';
import { oneLine } from '../core/one-line.ts';

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

const text = z.string().optional().catch(undefined);
const cause = z.object({ reason: text, message: text, field: text }).catch({});
const status = z.object({
  message: text,
  reason: text,
  details: z
    .object({ kind: text, name: text, causes: z.array(cause).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

/** What a refusal's body says, as far as it is what the API conventions say; proxies answer in plain text. */
export function readStatus(body: string): Status {
  try {
    const parsed = status.safeParse(JSON.parse(body));
    if (parsed.success) return parsed.data as Status;
  } catch {
    // It is no JSON.
  }
  return { message: oneLine(body, 500) };
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
