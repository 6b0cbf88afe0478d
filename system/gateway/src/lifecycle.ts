/**
 * Where the process is in its life.
 * - `starting`: it does not listen yet
 * - `serving`: all is well
 * - `lame-duck`: it is to stop; it still serves, says that it is not ready and retires its connections
 * - `closing`: it takes no new requests and finishes those it has
 */
export type Phase = 'starting' | 'serving' | 'lame-duck' | 'closing';

/** The phase, shared by all that depend on it. */
export interface Lifecycle {
  phase: Phase;
}

/** The documents of the health paths: plain words, no details. */
export const UP = '{"status":"UP"}';
export const OUT_OF_SERVICE = '{"status":"OUT_OF_SERVICE"}';

/** What a health path answers, or undefined for any other path. */
export function health(
  path: string,
  lifecycle: Lifecycle,
): { readonly status: number; readonly body: string } | undefined {
  switch (path) {
    case '/livez':
    case '/actuator/health':
      return { status: 200, body: UP };
    case '/readyz':
      return lifecycle.phase === 'serving'
        ? { status: 200, body: UP }
        : { status: 503, body: OUT_OF_SERVICE };
    default:
      return undefined;
  }
}
