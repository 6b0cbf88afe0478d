import type { Emit } from '../core/event.ts';

/** Milliseconds without any answer after which a server that has answered before counts as away. */
const quiet = 5000;

/** Milliseconds that a server which has answered before is waited for. */
const patience = 60_000;

/** What a client knows of its server's being there. */
export interface Outage {
  /** An answer has come, whatever it says. */
  answered(): void;
  /** Nobody answered. Returns whether it is worth to wait for the server: it answered before, and is not away for long. */
  lost(): boolean;
  /** Looks after a request that was sent: where nothing at all is answered meanwhile, it is told. Returns what ends it. */
  watch(): () => void;
}

/**
 * Tells a server that is away for a while (an upgrade of the control plane, a machine that stood still) from one that
 * is not there: the first is told of once, waited for, and told of again when it is back.
 */
export function outageOf(server: string, emit: Emit): Outage {
  let last: number | undefined;
  let away: number | undefined;
  const gone = (since: number) => {
    if (away !== undefined) return;
    away = since;
    const text = `the API server at ${server} does not answer: waiting for it, a minute at most`;
    emit({ kind: 'note', step: 'cluster', text });
  };
  return {
    answered() {
      last = performance.now();
      if (away === undefined) return;
      const seconds = ((last - away) / 1000).toFixed(0);
      away = undefined;
      emit({ kind: 'note', step: 'cluster', text: `the API server answers again, after ${seconds} s` });
    },
    lost() {
      if (last === undefined) return false;
      gone(performance.now());
      return performance.now() - (away ?? 0) < patience;
    },
    watch() {
      const sent = performance.now();
      const timer = setTimeout(() => {
        if (last !== undefined && last < sent) gone(sent);
      }, quiet).unref();
      return () => clearTimeout(timer);
    },
  };
}
