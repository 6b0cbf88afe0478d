import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

interface Entry {
  readonly addresses: readonly LookupAddress[];
  readonly until: number;
}

/**
 * Makes a `lookup` that remembers addresses for a short while.
 *
 * Each write has a connection of its own; without this each would also ask the cluster's name server, by way
 * of the four threads that Node has for it. When the name server does not answer, the last known addresses
 * serve on: whether they are still right shows when connecting.
 *
 * @param ttl how long an answer counts, in milliseconds
 * @param resolve asks for all addresses of a name; the system's resolver by default
 */
export function rememberingLookup(ttl: number, resolve: Resolve = system): LookupFunction {
  const known = new Map<string, Entry>();
  return (hostname, options, callback) => {
    const family = options.family === 4 || options.family === 'IPv4' ? 4 : options.family ? 6 : 0;
    const key = `${hostname} ${family}`;
    const entry = known.get(key);
    if (entry !== undefined && performance.now() < entry.until) {
      // A lookup must never call back before it has returned.
      queueMicrotask(() => answer(entry.addresses, options, callback));
      return;
    }
    resolve(hostname, family, (error, addresses) => {
      if (error === null && addresses.length > 0) {
        known.set(key, { addresses, until: performance.now() + ttl });
        answer(addresses, options, callback);
      } else if (entry !== undefined && error !== null && error.code === 'EAI_AGAIN') {
        answer(entry.addresses, options, callback);
      } else {
        known.delete(key);
        callback(error ?? new Error('no address'), []);
      }
    });
  };
}

/** Asks for all addresses of a name. */
export type Resolve = (
  hostname: string,
  family: 0 | 4 | 6,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

const system: Resolve = (hostname, family, callback) => {
  lookup(hostname, { all: true, family }, callback);
};

function answer(
  addresses: readonly LookupAddress[],
  options: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (options.all) callback(null, [...addresses]);
  else if (first !== undefined) callback(null, first.address, first.family);
}
