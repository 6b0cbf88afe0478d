import type { StoredBlob } from '../core/handover.ts';

/**
 * What a request carries: bytes at hand, a stretch of a file that is read when it is sent, or a whole blob, which is
 * hashed while it is sent.
 */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly start: number; readonly length: number }
  | { readonly kind: 'blob'; readonly blob: StoredBlob };

/** A registry's answer. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Who answered, after redirects. */
  readonly url: URL;
}

/** A request to a registry, and how its answer is read; sending it is somebody else's work. */
export interface Ask<T> {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  /** A path from the registry's root with its query, or the whole URL that an earlier answer named. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** The rights that are needed (distribution's token scopes): `repository:hello/gateway:pull,push`. */
  readonly scopes: readonly string[];
  /** What it is for, to be read after "to": `upload the layer sha256:…`. */
  readonly purpose: string;
  /** What it is about, as a person would name it: `registry.example.com/hello/gateway`. */
  readonly reference: string;
  /** The statuses that `read` understands. Any other is a failure. */
  readonly statuses: readonly number[];
  /** Pure. Throws StepFailed where the answer is not as the specification says. */
  readonly read: (reply: Reply) => T;
}
