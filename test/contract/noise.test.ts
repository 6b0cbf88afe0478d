import { afterAll, beforeAll, test } from 'vitest';
import { openPromtool, type Promtool } from './support/promtool.ts';

/*
 * Three hours of a system that works, as such hours are: it was just made, few people use it, answers are now and then
 * slow or wrong, pods are replaced and start twice, a node is away for a moment, figures are missing, volumes fill and
 * are emptied, a certificate is renewed a little late. Nobody is told of anything. All in simulated time, by promtool; the
 * same numbers each time. What does raise an alert is in alerts.test.ts.
 */

/** Seconds between two looks, as on a cluster. */
const step = 10;
const minute = 60 / step;
const hour = 60 * minute;
const length = 3 * hour;

let promtool: Promtool;
beforeAll(() => {
  promtool = openPromtool();
});
afterAll(() => promtool.close());

/** Numbers from 0 to 1 that look drawn by lot (mulberry32), from a seed. */
function lots(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Values = readonly (number | undefined)[];
interface Series {
  readonly name: string;
  readonly labels: string;
  readonly values: Values;
}

/** A figure at each look; undefined: nobody could read it. */
const gauge = (name: string, labels: string, at: (look: number) => number | undefined): Series => ({
  name,
  labels,
  values: Array.from({ length }, (_, look) => at(look)),
});

/** What is counted: `more` is what each look adds. It begins anew where its program was started again. */
const counter = (
  name: string,
  labels: string,
  more: (look: number) => number,
  restarts: readonly number[],
) => {
  let sum = 0;
  return gauge(name, labels, (look) => {
    sum = restarts.includes(look) ? 0 : sum + more(look);
    return sum;
  });
};

const during = (look: number, from: number, looks: number) => look >= from && look < from + looks;

/** The door: three requests a second and waves of them, one of a thousand fails, one of 250 is slow, the first ones are. */
function door(): readonly Series[] {
  const drawn = lots(1);
  const router = 'router="httproute-hello-gateway-gw-hello-public-ep-websecure-0-1ac2@kubernetesgateway"';
  const looks = Array.from({ length }, (_, look) => {
    const requests = Math.round(step * (3 + 2 * Math.sin(look / hour)) * (0.5 + drawn()));
    const share = (chance: number) =>
      Array.from({ length: requests }, drawn).filter((lot) => lot < chance).length;
    // Its first requests find cold caches; a rollout is felt.
    const slow = look < 2 * minute ? 0.5 : during(look, hour, 2 * minute) ? 0.05 : 0.004;
    return { requests, failed: share(0.001), slow: share(slow) };
  });
  const restarts = [2 * hour];
  const count = (name: string, labels: string, of: (one: (typeof looks)[number]) => number) =>
    counter(
      name,
      `${router},${labels}`,
      (look) => of(looks[look] ?? { requests: 0, failed: 0, slow: 0 }),
      restarts,
    );
  const bucket = 'traefik_router_request_duration_seconds_bucket';
  return [
    count('traefik_router_requests_total', 'code="200"', ({ requests, failed }) => requests - failed),
    count('traefik_router_requests_total', 'code="502"', ({ failed }) => failed),
    count(bucket, 'le="0.5"', ({ requests, slow }) => requests - slow),
    count(bucket, 'le="+Inf"', ({ requests }) => requests),
  ];
}

/**
 * Statements of a system that few use: one every five seconds, and now and then one alone is slow. For some minutes there
 * are more, and the database starts anew twice, half a minute apart, while they wait.
 */
function statements(): readonly Series[] {
  const labels = 'project="hello",component="backend"';
  const many = (look: number) => during(look, 80 * minute, 5 * minute);
  const anew = (look: number) => [80 * minute + 6, 80 * minute + 9].includes(look);
  const all = (look: number) => (many(look) ? 60 : 2);
  const slow = (look: number) => (anew(look) ? 20 : look % (11 * minute) === 7 ? 1 : 0);
  const count = (name: string, le: string, more: (look: number) => number) =>
    counter(name, `${labels}${le}`, more, [hour]);
  const bucket = 'db_query_duration_seconds_bucket';
  return [
    count(bucket, ',le="0.005"', (look) => all(look) - slow(look)),
    count(bucket, ',le="0.5"', (look) => all(look) - slow(look)),
    count(bucket, ',le="1"', (look) => all(look) - (anew(look) ? 10 : 0)),
    count(bucket, ',le="5"', all),
    count(bucket, ',le="+Inf"', all),
    count('db_query_duration_seconds_count', '', all),
  ];
}

/** Copies: a rollout, an eviction that leaves one of two for some minutes, and all away for the blink of an eye. */
function copies(): readonly Series[] {
  const of = (look: number) => {
    if (during(look, 2.5 * hour, 2)) return 0;
    return during(look, 90 * minute, 8 * minute) ? 1 : 2;
  };
  const pod = 'namespace="hello",pod="backend-2"';
  return [
    ...['gateway', 'backend', 'frontend'].flatMap((name) => [
      gauge('kube_deployment_spec_replicas', `namespace="hello",deployment="${name}"`, () => 2),
      gauge('kube_deployment_status_replicas_ready', `namespace="hello",deployment="${name}"`, of),
    ]),
    gauge('kube_statefulset_replicas', 'namespace="hello",statefulset="database"', () => 1),
    gauge('kube_statefulset_status_replicas_ready', 'namespace="hello",statefulset="database"', (look) =>
      during(look, 2 * hour, 2) ? 0 : 1,
    ),
    // A backend that starts before its database does ends twice within moments, and then runs; two hours later, once more.
    gauge('kube_pod_status_phase', `${pod},phase="Running"`, () => 1),
    gauge(
      'kube_pod_container_status_waiting_reason',
      `${pod},container="backend",reason="CrashLoopBackOff"`,
      (look) => (during(look, 2, 3) || during(look, 2.2 * hour, minute) ? 1 : undefined),
    ),
    gauge('kube_pod_container_status_restarts_total', `${pod},container="backend"`, (look) => {
      if (look < 2.2 * hour) return look < 2 ? 1 : 2;
      return 3;
    }),
    gauge('up', 'project="hello",job="hello/components",instance="backend-2"', (look) =>
      during(look, 30 * minute, minute) ? 0 : 1,
    ),
  ];
}

/** What is below: a node that is away for half a minute, volumes, the public address, certificates. */
function below(): readonly Series[] {
  const drawn = lots(2);
  const volume = 'namespace="hello",persistentvolumeclaim="data"';
  const address = 'project="hello",url="https://hello"';
  const certificate = 'namespace="hello",name="public"';
  // Due after two hours, renewed three minutes after that.
  const isNew = (look: number) => look > 2 * hour + 3 * minute;
  const days = (count: number) => count * 24 * 3600;
  return [
    gauge('kube_node_status_condition', 'node="node1",condition="Ready",status="true"', (look) =>
      during(look, 45 * minute, 3) ? 0 : 1,
    ),
    gauge(
      'kubelet_volume_stats_available_bytes',
      volume,
      (look) => 4e10 * (1 + Math.sin(look / 300)) + 1e10 * drawn() + 2.5e9,
    ),
    gauge('kubelet_volume_stats_capacity_bytes', volume, () => 1e11),
    gauge('kubelet_volume_stats_inodes_free', volume, () => 9e6),
    gauge('kubelet_volume_stats_inodes', volume, () => 1e7),
    gauge('probe_success', address, (look) => (during(look, 70 * minute, 3) ? 0 : 1)),
    gauge('probe_ssl_earliest_cert_expiry', address, (look) => (isNew(look) ? days(91) : days(30))),
    gauge('certmanager_certificate_expiration_timestamp_seconds', certificate, (look) =>
      isNew(look) ? days(91) : days(30),
    ),
    gauge('certmanager_certificate_renewal_timestamp_seconds', certificate, (look) =>
      isNew(look) ? days(61) : 2 * 3600,
    ),
  ];
}

test('three hours of a young system with few users and much that is not perfect: nobody is told', () => {
  // Monitoring itself is started again once, and measures nothing meanwhile.
  const away = (look: number) => during(look, 100 * minute, 4);
  const written = (values: Values) =>
    values.map((value, look) => (value === undefined || away(look) ? '_' : String(value))).join(' ');
  const all = [...door(), ...statements(), ...copies(), ...below()];
  const told = {
    expr: 'count_over_time(ALERTS{alertstate="firing",alertname!="Watchdog"}[3h])',
    exp_samples: [],
  };
  const seconds = (length - 1) * step;
  promtool.run({
    evaluation_interval: `${step}s`,
    tests: [
      {
        interval: `${step}s`,
        input_series: all.map(({ name, labels, values }) => ({
          series: `${name}{${labels}}`,
          values: written(values),
        })),
        promql_expr_test: [
          { ...told, eval_time: `${seconds}s` },
          // There is something to judge: most of a month's budget is left, and not all of it.
          ...['availability', 'latency'].map((slo) => ({
            expr: `count(ptp:slo_budget:left{slo="${slo}"} < 1 and ptp:slo_budget:left{slo="${slo}"} > 0.9)`,
            eval_time: `${seconds}s`,
            exp_samples: [{ labels: '{}', value: 1 }],
          })),
        ],
      },
    ],
  });
});
