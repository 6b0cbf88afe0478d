import { createSecureContext } from 'node:tls';
import { Agent } from 'undici';
import type { Route } from '../core/handover.ts';

/**
 * Connections through a route's public door: the name is the route's (in Host and SNI, and verified in the
 * certificate), its address is the entry's where there is one and else what DNS says, and the authority is the route's
 * own. HTTP/1.1.
 * @param options of undici's; those of the connection are added to
 */
export function throughDoor({ entry, authority }: Route, options: Agent.Options = {}): Agent {
  const connect = typeof options.connect === 'object' ? options.connect : {};
  return new Agent({
    ...options,
    allowH2: false,
    connect: {
      ...connect,
      // Made once: else every connection reads the certificates anew, which is a good part of what it costs.
      secureContext: createSecureContext(authority === undefined ? {} : { ca: authority }),
      ...(entry === undefined
        ? {}
        : {
            lookup: (_name, { all }, answer) => {
              const family = entry.address.includes(':') ? 6 : 4;
              if (all === true) answer(null, [{ address: entry.address, family }]);
              else answer(null, entry.address, family);
            },
          }),
    },
  });
}
