import { Pool } from 'undici';
import { rememberingLookup } from './addresses.ts';
import type { Config } from './config.ts';

/** The connections to one upstream. */
export interface Upstream {
  readonly origin: string;
  /**
   * Kept-alive connections, for requests that may be sent twice.
   *
   * Either side may close an idle connection at any time, and a request that is under way at that moment is
   * lost without a word: the sender cannot tell "never read" from "done, but the answer is lost". For a GET
   * that does not matter, it is sent again.
   */
  readonly reused: Pool;
  /**
   * One new connection for each request, for all others.
   *
   * For a POST that closing race would mean either a failure reported for a write that happened, or a write
   * that happens twice. Shortening the idle time only makes the race rarer: an upstream that restarts closes
   * its idle connections whenever it likes. A connection that has never been idle has no such race, so there
   * is no reuse. It costs about a tenth of a millisecond of processor time. Ports do not run out: the upstream,
   * told to close, does so first, and the waiting state (TIME_WAIT) is on its side nearly always.
   */
  readonly fresh: Pool;
}

/** Opens the pools of each upstream in the routing table; no connection is made yet. */
export function openUpstreams(config: Config): ReadonlyMap<string, Upstream> {
  const lookup = rememberingLookup(5_000);
  const options = {
    connections: config.upstreamConnections,
    pipelining: 1,
    allowH2: false,
    // Until the response's headers the exchange keeps the time itself, with the wait for a connection in it.
    headersTimeout: 0,
    bodyTimeout: config.timeouts.idle,
    maxHeaderSize: 65_536,
    connect: { lookup, timeout: config.timeouts.connect },
  };
  const upstreams = new Map<string, Upstream>();
  for (const { upstream: origin } of config.routes) {
    if (upstreams.has(origin)) continue;
    upstreams.set(origin, {
      origin,
      reused: new Pool(origin, {
        ...options,
        keepAliveTimeout: 4_000,
        keepAliveTimeoutThreshold: 1_000,
        // A connection stays with the one server that took it, however busy it is kept: one that is being replaced
        // would answer with the old version for as long as it lives. New connections go where the name leads now.
        clientTtl: 1_000,
      }),
      // An unused connection stays behind when its request is given up while connecting.
      fresh: new Pool(origin, { ...options, keepAliveTimeout: 500, keepAliveMaxTimeout: 500 }),
    });
  }
  return upstreams;
}

/** Closes all connections, used or not. */
export async function closeUpstreams(upstreams: ReadonlyMap<string, Upstream>): Promise<void> {
  await Promise.all(
    [...upstreams.values()].flatMap(({ reused, fresh }) => [reused.destroy(), fresh.destroy()]),
  );
}
