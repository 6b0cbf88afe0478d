import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ErrorKind } from './upstream-error.ts';

/** What is counted; each label has few values, so no client can make it grow. */
export interface Metrics {
  /** One request is over. */
  request(route: string, method: string, status: number, seconds: number): void;
  upstreamError(route: string, kind: ErrorKind): void;
  retry(route: string, kind: ErrorKind): void;
  /** The text format that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const NANO = 1e-9;
const MICRO = 1e-6;

/**
 * Makes the metrics.
 * @param inFlight tells how many requests are being worked on
 */
export function createMetrics(inFlight: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests that are over.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the end of the request headers to the end of the response.',
    labelNames: ['route', 'method', 'status'],
    buckets: BUCKETS,
    registers,
  });
  const upstreamErrors = new Counter({
    name: 'upstream_errors_total',
    help: 'Attempts that an upstream did not answer as it should, by kind.',
    labelNames: ['route', 'kind'],
    registers,
  });
  const retries = new Counter({
    name: 'upstream_retries_total',
    help: 'Further attempts after one that did no harm, by the kind of its failure.',
    labelNames: ['route', 'kind'],
    registers,
  });
  new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests that are being worked on.',
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  new Gauge({
    name: 'event_loop_lag_seconds',
    help: 'How late the event loop was since the last reading.',
    labelNames: ['quantile'],
    registers,
    collect() {
      // What is measured includes the sampling interval itself.
      for (const quantile of [0.5, 0.99, 1]) {
        const late = delay.percentile(quantile * 100) * NANO - 0.02;
        this.set({ quantile }, delay.count === 0 ? 0 : Math.max(0, late));
      }
      delay.reset();
    },
  });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time used, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) * MICRO);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  return {
    request(route, method, status, seconds) {
      const labels = { route, method, status: `${Math.floor(status / 100)}xx` };
      requests.inc(labels);
      durations.observe(labels, seconds);
    },
    upstreamError: (route, kind) => upstreamErrors.inc({ route, kind }),
    retry: (route, kind) => retries.inc({ route, kind }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    close: () => {
      delay.disable();
    },
  };
}
