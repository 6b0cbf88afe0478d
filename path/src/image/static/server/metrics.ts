const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Counts requests and tells of them as Prometheus text (rate, errors by status, duration). */
export interface Metrics {
  began(): void;
  /** @param seconds from the request's head to the answer's last byte */
  ended(method: string, status: number, seconds: number): void;
  /** The text format 0.0.4 that Prometheus reads. */
  text(): string;
}

interface Series {
  readonly labels: string;
  /** One count for each bound, not summed up, and the last for all above. */
  readonly counts: number[];
  sum: number;
}

/** Metrics that have counted nothing yet. */
export function createMetrics(): Metrics {
  const all = new Map<string, Series>();
  const started = Date.now() / 1000 - process.uptime();
  let inFlight = 0;
  return {
    began() {
      inFlight += 1;
    },
    ended(method, status, seconds) {
      inFlight -= 1;
      // Only known methods become labels: anybody can send others, and each would be kept for ever.
      const labels = `method="${/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ? method : 'other'}",status="${status}"`;
      const series = all.get(labels) ?? { labels, counts: Array(bounds.length + 1).fill(0), sum: 0 };
      all.set(labels, series);
      const slot = bounds.findIndex((bound) => seconds <= bound);
      const index = slot === -1 ? bounds.length : slot;
      series.counts[index] = (series.counts[index] ?? 0) + 1;
      series.sum += seconds;
    },
    text() {
      const cpu = process.cpuUsage();
      return [
        '# HELP http_request_duration_seconds Time from the head of a request to the last byte of its answer.',
        '# TYPE http_request_duration_seconds histogram',
        ...[...all.values()].flatMap(histogram),
        '# HELP http_requests_total Requests answered.',
        '# TYPE http_requests_total counter',
        ...[...all.values()].map(({ labels, counts }) => `http_requests_total{${labels}} ${total(counts)}`),
        '# HELP http_requests_in_flight Requests being answered.',
        '# TYPE http_requests_in_flight gauge',
        `http_requests_in_flight ${inFlight}`,
        '# HELP process_cpu_seconds_total Processor time used.',
        '# TYPE process_cpu_seconds_total counter',
        `process_cpu_seconds_total ${(cpu.user + cpu.system) / 1e6}`,
        '# HELP process_resident_memory_bytes Memory in use.',
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
        '# HELP process_start_time_seconds When the process started, in seconds since 1970.',
        '# TYPE process_start_time_seconds gauge',
        `process_start_time_seconds ${started.toFixed(3)}`,
        '',
      ].join('\n');
    },
  };
}

function histogram({ labels, counts, sum }: Series): string[] {
  let upTo = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((bound, index) => {
    upTo += counts[index] ?? 0;
    return `http_request_duration_seconds_bucket{${labels},le="${bound}"} ${upTo}`;
  });
  return [
    ...buckets,
    `http_request_duration_seconds_sum{${labels}} ${sum}`,
    `http_request_duration_seconds_count{${labels}} ${upTo}`,
  ];
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
