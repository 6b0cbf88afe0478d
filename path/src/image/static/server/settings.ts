/** What the server is told by its environment. */
export interface Settings {
  /** The folder that is served. */
  readonly root: string;
  /** The port of the page; 0 lets the system choose. */
  readonly port: number;
  /** The port of /livez, /readyz and /metrics; 0 lets the system choose. */
  readonly managementPort: number;
  /** Seconds between SIGTERM and the end of accepting connections, while the cluster learns of it. */
  readonly drainSeconds: number;
  /** The file that answers navigation to unknown paths, such as `/index.html`; absent: such paths are 404. */
  readonly fallback?: string;
}

/**
 * Reads ROOT, PORT, MANAGEMENT_PORT, DRAIN_SECONDS and SPA_FALLBACK.
 * @throws Error that names the variable, when a value is not of its kind
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const fallback = env.SPA_FALLBACK || undefined;
  if (fallback !== undefined && !fallback.startsWith('/')) {
    throw new Error(`SPA_FALLBACK must be a path such as /index.html, not ${JSON.stringify(fallback)}`);
  }
  return {
    root: env.ROOT || '/site',
    port: wholeNumber(env, 'PORT', 8080, 65_535),
    managementPort: wholeNumber(env, 'MANAGEMENT_PORT', 9090, 65_535),
    drainSeconds: wholeNumber(env, 'DRAIN_SECONDS', 5, 3_600),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

function wholeNumber(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: number,
  most: number,
): number {
  const text = env[name] || String(otherwise);
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= most) return value;
  throw new Error(`${name} must be a whole number from 0 to ${most}, not ${JSON.stringify(text)}`);
}
