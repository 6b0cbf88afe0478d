import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPromtool, type Promtool } from './support/promtool.ts';

/*
 * The rules in simulated time, by promtool of the very Prometheus that runs them: each fault raises its alert within
 * its window, and only that; quiet hours raise none, and neither do noisy ones (noise.test.ts).
 */

const minute = 60;
const hour = 60 * minute;
let promtool: Promtool;
/** The same, with the rules of a system in somebody else's cluster. */
let elsewhere: Promtool;
beforeAll(() => {
  promtool = openPromtool();
  elsewhere = openPromtool('kubeconfig');
});
afterAll(() => {
  promtool.close();
  elsewhere.close();
});

test('promtool takes the rules', () => {
  for (const tool of [promtool, elsewhere]) expect(tool.check()).toContain('SUCCESS');
});

/** A figure from the beginning on, and what it is, or how it grows a second, after the fault. */
interface Series {
  readonly name: string;
  readonly labels?: string;
  readonly kind: 'gauge' | 'counter';
  readonly well: number;
  readonly faulty?: number | undefined;
}

const router = 'router="httproute-hello-gateway-gw-hello-public-ep-websecure-0-1ac2@kubernetesgateway"';
const answers = (code: string, well: number, faulty = well): Series => ({
  name: 'traefik_router_requests_total',
  labels: `${router},code="${code}"`,
  kind: 'counter',
  well,
  faulty,
});
const inTime = (le: string, well: number, faulty = well): Series => ({
  name: 'traefik_router_request_duration_seconds_bucket',
  labels: `${router},le="${le}"`,
  kind: 'counter',
  well,
  faulty,
});
const gauge = (name: string, labels: string, well: number, faulty = well): Series => ({
  name,
  labels,
  kind: 'gauge',
  well,
  faulty,
});
const statements = (le: string, well: number, faulty = well): Series => ({
  name: 'db_query_duration_seconds_bucket',
  labels: `project="hello",component="backend",le="${le}"`,
  kind: 'counter',
  well,
  faulty,
});
const allStatements = (well: number): Series => ({
  name: 'db_query_duration_seconds_count',
  labels: 'project="hello",component="backend"',
  kind: 'counter',
  well,
});

const isWell: readonly Series[] = [
  answers('200', 10),
  inTime('0.5', 10),
  inTime('+Inf', 10),
  ...['gateway', 'backend', 'frontend'].flatMap((name) => [
    gauge('kube_deployment_spec_replicas', `namespace="hello",deployment="${name}"`, 2),
    gauge('kube_deployment_status_replicas_ready', `namespace="hello",deployment="${name}"`, 2),
  ]),
  gauge('kube_statefulset_replicas', 'namespace="hello",statefulset="database"', 1),
  gauge('kube_statefulset_status_replicas_ready', 'namespace="hello",statefulset="database"', 1),
  gauge('kube_pod_status_phase', 'namespace="hello",pod="backend-1",phase="Running"', 1),
  gauge('kube_node_status_condition', 'node="node1",condition="Ready",status="true"', 1),
  gauge('probe_success', 'project="hello",url="https://hello"', 1),
  gauge('probe_ssl_earliest_cert_expiry', 'project="hello",url="https://hello"', 90 * 24 * hour),
  gauge(
    'certmanager_certificate_expiration_timestamp_seconds',
    'namespace="hello",name="public"',
    90 * 24 * hour,
  ),
  gauge(
    'certmanager_certificate_renewal_timestamp_seconds',
    'namespace="hello",name="public"',
    60 * 24 * hour,
  ),
  gauge('kubelet_volume_stats_available_bytes', 'namespace="hello",persistentvolumeclaim="data"', 5e10),
  gauge('kubelet_volume_stats_capacity_bytes', 'namespace="hello",persistentvolumeclaim="data"', 1e11),
  gauge('kubelet_volume_stats_inodes_free', 'namespace="hello",persistentvolumeclaim="data"', 9e6),
  gauge('kubelet_volume_stats_inodes', 'namespace="hello",persistentvolumeclaim="data"', 1e7),
  gauge('up', 'project="hello",job="hello/components",instance="backend-1"', 1),
  statements('0.005', 10),
  statements('0.5', 10),
  statements('1', 10),
  statements('+Inf', 10),
  allStatements(10),
];

/** All is well, but for what has another value after the fault. */
const but = (...changed: readonly Series[]): readonly Series[] => {
  const key = ({ name, labels }: Series) => `${name}{${labels}}`;
  const keys = new Set(changed.map(key));
  return [...isWell.filter((one) => !keys.has(key(one))), ...changed];
};

interface Scenario {
  readonly series: readonly Series[];
  /** Seconds. */
  readonly fault: number;
  readonly end: number;
  readonly step: number;
}

/** Which alerts fire at each moment asked for (seconds); the heartbeat is left out, it has a test of its own. */
function firing(
  scenario: Scenario,
  moments: Readonly<Record<number, readonly string[]>>,
  tool = promtool,
): void {
  const { series, fault, end, step } = scenario;
  const before = Math.floor(fault / step);
  const after = Math.ceil((end - fault) / step) + 1;
  const valuesOf = ({ kind, well, faulty = well }: Series) => {
    if (kind === 'gauge')
      return Number.isNaN(well)
        ? `_x${before} ${faulty}x${after}`
        : `${well}x${before - 1} ${faulty}x${after}`;
    const reached = well * step * before;
    return `0+${well * step}x${before} ${reached + faulty * step}+${faulty * step}x${after}`;
  };
  tool.run({
    evaluation_interval: `${step}s`,
    tests: [
      {
        interval: `${step}s`,
        input_series: series.map((one) => ({
          series: `${one.name}{${one.labels ?? ''}}`,
          values: valuesOf(one),
        })),
        promql_expr_test: Object.entries(moments).map(([moment, alerts]) => ({
          expr: 'count by (alertname) (ALERTS{alertstate="firing",alertname!="Watchdog"})',
          eval_time: `${moment}s`,
          exp_samples: alerts.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
        })),
      },
    ],
  });
}

const fault = 20 * minute;
const soon = { fault, end: fault + 10 * minute, step: 10 };

describe('a fault raises its alert within its window, and only that', () => {
  test('a slow database', () => {
    const series = but(statements('0.005', 10, 0), statements('0.5', 10, 8), statements('1', 10));
    firing({ ...soon, series }, { [fault]: [], [fault + 150]: ['DatabaseSlow'] });
  });

  test('a dead backend', () => {
    const ready = 'namespace="hello",deployment="backend"';
    const series = but(gauge('kube_deployment_status_replicas_ready', ready, 2, 0));
    firing({ ...soon, series }, { [fault + 20]: [], [fault + 40]: ['ComponentDown'] });
  });

  test('a backend that has fewer copies than it is to have', () => {
    const ready = 'namespace="hello",deployment="backend"';
    const series = but(gauge('kube_deployment_status_replicas_ready', ready, 2, 1));
    firing(
      { ...soon, end: fault + 15 * minute, series },
      { [fault + 9 * minute]: [], [fault + 11 * minute]: ['ComponentDegraded'] },
    );
  });

  test('a dead database', () => {
    const ready = 'namespace="hello",statefulset="database"';
    const series = but(gauge('kube_statefulset_status_replicas_ready', ready, 1, 0));
    firing({ ...soon, series }, { [fault + 20]: [], [fault + 40]: ['DatabaseDown'] });
  });

  test('a full volume', () => {
    const labels = 'namespace="hello",persistentvolumeclaim="data"';
    const series = but(gauge('kubelet_volume_stats_available_bytes', labels, 5e10, 5e8));
    firing({ ...soon, series }, { [fault + 50]: [], [fault + 70]: ['VolumeFillsUp'] });
  });

  test('an expired certificate, before and beside what follows from it', () => {
    const labels = 'project="hello",url="https://hello"';
    const series = but(
      gauge('probe_ssl_earliest_cert_expiry', labels, fault),
      gauge('probe_success', labels, 1, 0),
    );
    firing(
      { ...soon, series },
      {
        [fault - 10]: [],
        [fault + 10]: ['CertificateExpired'],
        // The one is a symptom of the other: it is not told of beside it.
        [fault + 80]: ['CertificateExpired', 'PublicRouteDown'],
      },
    );
  });

  test('a certificate that is not renewed, with two thirds of the time that was left', () => {
    const labels = 'namespace="hello",name="public"';
    const end = 10 * hour;
    const series = but(
      gauge('certmanager_certificate_expiration_timestamp_seconds', labels, end),
      gauge('certmanager_certificate_renewal_timestamp_seconds', labels, 4 * hour),
    );
    firing(
      { series, fault: hour, end: 7 * hour, step: 60 },
      { [6 * hour + 4 * minute]: [], [6 * hour + 6 * minute]: ['CertificateNotRenewed'] },
    );
  });

  /** A container that waits between two attempts, and how often it was started again. */
  const crashing = (pod: string, restarts: number) => {
    const labels = `namespace="hello",pod="${pod}",container="backend"`;
    return [
      ...isWell,
      gauge('kube_pod_container_status_waiting_reason', `${labels},reason="CrashLoopBackOff"`, Number.NaN, 1),
      gauge('kube_pod_container_status_restarts_total', labels, 0, restarts),
    ];
  };

  test('a crash loop, also between two attempts', () => {
    const series = crashing('backend-1', 3);
    firing({ ...soon, series }, { [fault + 50]: [], [fault + 70]: ['ComponentCrashLooping'] });
  });

  test('a crash loop whose pod has gone is over, and two attempts are none', () => {
    firing({ ...soon, series: crashing('backend-2', 3) }, { [fault + 5 * minute]: [] });
    firing({ ...soon, series: crashing('backend-1', 2) }, { [fault + 5 * minute]: [] });
  });

  test('a public route that does not answer', () => {
    const series = but(gauge('probe_success', 'project="hello",url="https://hello"', 1, 0));
    firing({ ...soon, series }, { [fault + 50]: [], [fault + 70]: ['PublicRouteDown'] });
  });

  test('a node that is gone', () => {
    const series = but(
      gauge('kube_node_status_condition', 'node="node1",condition="Ready",status="true"', 1, 0),
    );
    firing({ ...soon, series }, { [fault + 50]: [], [fault + 70]: ['NodeNotReady'] });
  });

  test('half of the requests fail: within minutes', () => {
    const series = [...but(answers('200', 10, 5)), answers('503', 0, 5)];
    const at = 2 * hour;
    firing(
      { series, fault: at, end: at + 15 * minute, step: 60 },
      { [at + 3 * minute]: [], [at + 13 * minute]: ['AvailabilityBudgetBurnsFast'] },
    );
  });

  test('half of the requests take too long: within minutes', () => {
    const at = 2 * hour;
    firing(
      { series: but(inTime('0.5', 10, 5)), fault: at, end: at + 30 * minute, step: 60 },
      { [at + 3 * minute]: [], [at + 25 * minute]: ['LatencyBudgetBurnsFast'] },
    );
  });

  test('one request of fifty fails for most of a day: a ticket and no page', () => {
    const series = [...but(answers('200', 10, 9.8)), answers('503', 0, 0.2)];
    firing(
      { series, fault: 20 * minute, end: 20 * hour, step: 60 },
      { [20 * minute]: [], [12 * hour]: [], [20 * hour]: ['AvailabilityBudgetBurnsSlowly'] },
    );
  });
});

describe('in somebody else’s cluster', () => {
  const own = 'project="hello",url="https://hello"';
  const counted = (name: string, more: string, well: number, faulty = well): Series => ({
    name,
    labels: `${own},${more}`,
    kind: 'counter',
    well,
    faulty,
  });
  /** The observer's six requests a minute, of which some fail or are slow after the fault. */
  const asked = (failing: number, slow: number): readonly Series[] => [
    ...isWell.filter(({ name }) => !/^(traefik|certmanager|kube_node)_/.test(name)),
    counted('probe_requests_total', 'result="success"', 0.1, 0.1 - failing),
    counted('probe_requests_total', 'result="failure"', 0, failing),
    counted('probe_request_duration_seconds_bucket', 'le="0.5"', 0.1, 0.1 - slow),
    counted('probe_request_duration_seconds_bucket', 'le="+Inf"', 0.1),
  ];
  const at = 2 * hour;

  test('half of what the observer asks fails, or takes too long: within half an hour', () => {
    firing(
      { series: asked(0.05, 0), fault: at, end: at + 15 * minute, step: 60 },
      { [at + 3 * minute]: [], [at + 13 * minute]: ['AvailabilityBudgetBurnsFast'] },
      elsewhere,
    );
    firing(
      { series: asked(0, 0.05), fault: at, end: at + 30 * minute, step: 60 },
      { [at + 3 * minute]: [], [at + 25 * minute]: ['LatencyBudgetBurnsFast'] },
      elsewhere,
    );
  });

  test('a name that nobody knows, and a certificate that ends within a week', () => {
    const series = [...asked(0, 0), gauge('probe_name_known', own, 1, 0)];
    firing(
      { series, fault: at, end: at + 30 * minute, step: 60 },
      { [at + 14 * minute]: [], [at + 17 * minute]: ['DomainUnknown'] },
      elsewhere,
    );
    const expiry = 'probe_ssl_earliest_cert_expiry';
    const ends = [
      ...asked(0, 0).filter(({ name }) => name !== expiry),
      gauge(expiry, own, 90 * 24 * hour, 6 * 24 * hour),
    ];
    firing(
      { series: ends, fault: at, end: at + 30 * minute, step: 60 },
      { [at + 3 * minute]: [], [at + 7 * minute]: ['CertificateNotRenewed'] },
      elsewhere,
    );
  });
});

describe('all is well', () => {
  test('quiet hours raise nothing, and the heartbeat is there from its first moment to its last', () => {
    const end = 6 * hour;
    const series = isWell.map(({ name, labels = '', kind, well }) => ({
      series: `${name}{${labels}}`,
      values: kind === 'gauge' ? `${well}x360` : `0+${well * minute}x360`,
    }));
    const samples = (expr: string, exp_samples: readonly unknown[], eval_time = `${end}s`) => ({
      expr,
      eval_time,
      exp_samples,
    });
    promtool.run({
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: series,
          promql_expr_test: [
            samples('count_over_time(ALERTS{alertname!="Watchdog"}[6h])', []),
            samples('count(count_over_time(ALERTS{alertname="Watchdog",alertstate="firing"}[6h]) >= 360)', [
              { labels: '{}', value: 1 },
            ]),
            samples('max by (slo) (ptp:slo_budget:left)', [
              { labels: '{slo="availability"}', value: 1 },
              { labels: '{slo="latency"}', value: 1 },
            ]),
          ],
        },
      ],
    });
  });

  test('a rollout that loses three requests in a thousand, and one that is slow, page nobody', () => {
    const series = [...but(answers('200', 10, 9.97)), answers('502', 0, 0.03)];
    const at = 2 * hour;
    firing({ series, fault: at, end: at + hour, step: 60 }, { [at + 10 * minute]: [], [at + hour]: [] });
  });
});
