import type { Project, Slo } from '../project/project.ts';
import { type About, alertOf, type RuleGroup } from './rule.ts';

/** What is promised, as rules name it. */
type Promised = 'availability' | 'latency';

/**
 * A pair of windows: the long one says that enough of the budget is gone, the short one that it still goes on (Google,
 * "The Site Reliability Workbook", chapter 5, "Multiwindow, Multi-Burn-Rate Alerts").
 */
interface BurnWindow {
  readonly long: Window;
  readonly short: Window;
  /** The share of the whole budget that is gone when it is told. */
  readonly share: number;
  readonly severity: 'page' | 'ticket';
}

/** Windows that errors are looked at over → their length in hours. */
const windows = { '5m': 1 / 12, '30m': 0.5, '1h': 1, '2h': 2, '6h': 6, '1d': 24, '3d': 72 } as const;
type Window = keyof typeof windows;

const burns: readonly BurnWindow[] = [
  { long: '1h', short: '5m', share: 0.02, severity: 'page' },
  { long: '6h', short: '30m', share: 0.05, severity: 'page' },
  { long: '1d', short: '2h', share: 0.1, severity: 'ticket' },
  { long: '3d', short: '6h', share: 0.1, severity: 'ticket' },
];

/** How many times as fast as it may the budget goes, where it is told: 14.4, 6, 3 and 1 for 30 days. */
export function burnRate({ window }: Slo, { long, share }: Pick<BurnWindow, 'long' | 'share'>): number {
  return Number(((share * window * 24) / windows[long]).toPrecision(6));
}

/** The counters that tell what is promised: selectors of all requests, of those by their time, of those that failed. */
interface Counters {
  readonly count: string;
  readonly bucket: (which: string) => string;
  readonly failed: string;
}

/** Traefik's own: it names a router of the Gateway API by route, gateway and entry point. */
function atTheDoor(namespace: string): Counters {
  const door = `router=~"httproute-${namespace}-.+-gw-${namespace}-public-ep-websecure-.+"`;
  return {
    count: `traefik_router_requests_total{${door}}`,
    bucket: (which) => `traefik_router_request_duration_seconds_bucket{${door},${which}}`,
    failed: `traefik_router_requests_total{${door},code=~"5.."}`,
  };
}

/** The observer's: somebody else's door counts for itself, if at all, and is not ours to ask. */
function asked(project: string): Counters {
  const own = `project="${project}"`;
  return {
    count: `probe_requests_total{${own}}`,
    bucket: (which) => `probe_request_duration_seconds_bucket{${own},${which}}`,
    failed: `probe_requests_total{${own},result="failure"}`,
  };
}

/**
 * Rules for what is promised. It is measured at the cluster's door, where users come in, so what the system does not
 * answer at all counts as well; the observer's requests are among them, so that there is something to measure when
 * nobody else asks. Behind somebody else's door the observer's requests are all that is known.
 *
 * What is bad is bad among all that a window would have seen: of an hour that a system of five minutes has not lived it
 * has had nothing bad. Else its first slow requests would be a quarter of "the last 30 days". How much of a window is
 * known, samples say: how many of them a window has, in the last five minutes and in the whole.
 */
export function sloRules({ name, target }: Pick<Project, 'name' | 'target'>, slo: Slo): readonly RuleGroup[] {
  const labels = { project: name };
  const within = bound(slo.latency.within);
  const { count, bucket, failed } =
    target.cluster === 'kubeconfig' ? asked(name) : atTheDoor(target.namespace);
  const rate = (selector: string) => `sum(rate(${selector}[5m]))`;
  const counts = [
    { record: 'ptp:door_requests:rate5m', labels, expr: rate(count) },
    {
      record: 'ptp:door_bad:rate5m',
      labels: { ...labels, slo: 'availability' },
      expr: `${rate(failed)} or 0 * ${rate(count)}`,
    },
    {
      record: 'ptp:door_bad:rate5m',
      labels: { ...labels, slo: 'latency' },
      expr: `clamp_min(${rate(bucket('le="+Inf"'))} - ${rate(bucket(`le=~"${within}"`))}, 0)`,
    },
  ];
  const kinds: readonly Promised[] = ['availability', 'latency'];
  const all = `ptp:door_requests:rate5m{project="${name}"}`;
  const ratio = (promised: Promised, window: string) =>
    `avg_over_time(ptp:door_bad:rate5m{project="${name}",slo="${promised}"}[${window}]) / on (project) group_left () (avg_over_time(${all}[${window}]) > 0)`;
  const known = (window: string) =>
    ` * on (project) group_left () ptp:slo_known:share{project="${name}",window="${window}"}`;
  const share = (window: string, hours: number) => ({
    record: 'ptp:slo_known:share',
    labels: { ...labels, window },
    expr: `clamp_max(count_over_time(${all}[${window}]) / (count_over_time(${all}[5m]) * ${hours * 12}), 1)`,
  });
  const long = (Object.keys(windows) as Window[]).filter((window) => window !== '5m');
  const shares = long.map((window) => share(window, windows[window]));
  const ratios = kinds.flatMap((promised) => [
    {
      record: 'ptp:slo_bad:ratio',
      labels: { ...labels, slo: promised, window: '5m' },
      expr: ratio(promised, '30s'),
    },
    ...long.map((window) => ({
      record: 'ptp:slo_bad:ratio',
      labels: { ...labels, slo: promised, window },
      expr: ratio(promised, window) + known(window),
    })),
  ]);
  const whole = `${slo.window}d`;
  const budgets = [
    share(whole, slo.window * 24),
    ...kinds.map((promised) => ({
      record: 'ptp:slo_budget:left',
      labels: { ...labels, slo: promised },
      expr: `1 - (${ratio(promised, whole)}${known(whole)}) / ${budgetOf(slo, promised)}`,
    })),
  ];
  return [
    { name: `${name}: what is promised`, rules: [...counts, ...shares, ...ratios] },
    { name: `${name}: error budget`, interval: '1m', rules: budgets },
    {
      name: `${name}: burn rates`,
      rules: kinds.flatMap((promised) =>
        (['page', 'ticket'] as const).map((severity) =>
          alertOf(name, burnAlert(name, slo, promised, severity)),
        ),
      ),
    },
  ];
}

function burnAlert(project: string, slo: Slo, promised: Promised, severity: 'page' | 'ticket'): About {
  const budget = budgetOf(slo, promised);
  const bad = (window: Window) =>
    `max without (window) (ptp:slo_bad:ratio{project="${project}",slo="${promised}",window="${window}"})`;
  const burning = (which: BurnWindow['severity']) =>
    burns
      .filter((burn) => burn.severity === which)
      .map((burn) => {
        const limit = Number((burnRate(slo, burn) * budget).toPrecision(6));
        return `(${bad(burn.long)} > ${limit} and ${bad(burn.short)} > ${limit})`;
      })
      .join(' or ');
  // Whoever is awake already needs no ticket for the same.
  const expr = severity === 'page' ? burning('page') : `(${burning('ticket')}) unless (${burning('page')})`;
  const what =
    promised === 'availability' ? 'requests fail' : `requests take longer than ${slo.latency.within} ms`;
  return {
    name: `${promised === 'availability' ? 'Availability' : 'Latency'}Budget${severity === 'page' ? 'BurnsFast' : 'BurnsSlowly'}`,
    severity,
    kind: 'symptom',
    expr,
    summary: `{{ $value | humanizePercentage }} of the ${what}: more than is promised over ${slo.window} days allows for long`,
  };
}

/** The share of requests that may be bad. */
export function budgetOf(slo: Slo, promised: Promised): number {
  const objective = promised === 'availability' ? slo.availability : slo.latency.share;
  return Number((1 - objective).toPrecision(6));
}

/** Seconds as the label `le` has them, a whole number with or without its zero. */
function bound(milliseconds: number): string {
  const seconds = String(milliseconds / 1000);
  return seconds.includes('.') ? seconds.replace('.', '\\\\.') : `${seconds}(\\\\.0)?`;
}
