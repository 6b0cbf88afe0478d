import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PoolUse } from './database.ts';

/** What happened to one request; `seconds` is how long it took. */
export interface RequestMeasure {
  readonly method: string;
  /** The route's pattern, never the path itself: every id would make a series. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** The process's metrics. */
export interface Metrics {
  /** A request has come. */
  began(): void;
  /** It is over. */
  observe(measure: RequestMeasure): void;
  /** One statement is over: by name, whether the database answered, and how long it took with the wait for a connection. */
  statement(name: string, outcome: 'ok' | 'failed', seconds: number): void;
  readonly contentType: string;
  /** All metrics in the Prometheus text format. */
  text(): Promise<string>;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']);

/**
 * Makes the metrics: rate, errors and duration by route (the histogram's count is the rate), the same of statements,
 * the pool's use, and those of the process (memory, processor time, event loop lag).
 */
export function createMetrics(poolUse: () => PoolUse, poolMax: number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its response.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  let inFlight = 0;
  new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests that are being worked on.',
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });
  const statements = new Histogram({
    name: 'db_query_duration_seconds',
    help: 'Time of a statement, with the wait for a connection.',
    labelNames: ['statement', 'outcome'] as const,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  new Gauge({
    name: 'db_pool_connections',
    help: 'Open connections to the database.',
    labelNames: ['state'] as const,
    registers: [registry],
    collect() {
      const { total, idle } = poolUse();
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'used' }, total - idle);
    },
  });
  new Gauge({
    name: 'db_pool_waiting',
    help: 'Requests that wait for a connection to the database.',
    registers: [registry],
    collect() {
      this.set(poolUse().waiting);
    },
  });
  new Gauge({
    name: 'db_pool_max',
    help: 'The most connections to the database that this process opens for requests.',
    registers: [registry],
  }).set(poolMax);
  return {
    began: () => {
      inFlight += 1;
    },
    observe: ({ method, route, status, seconds }) => {
      inFlight -= 1;
      duration.observe({ method: methods.has(method) ? method : 'OTHER', route, status }, seconds);
    },
    statement: (statement, outcome, seconds) => statements.observe({ statement, outcome }, seconds),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
