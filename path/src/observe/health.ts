import type { ErrorBudget, FiringAlert, SystemHealth } from '../core/health.ts';
import { type MonitoredPlace, monitoring, monitoringNamespace } from '../core/monitoring.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Project } from '../project/project.ts';
import { whyOver } from './over.ts';
import { usualSlo } from './plan.ts';

/** Milliseconds that the monitoring has to answer: somebody waits at a screen. */
const patience = 4000;

/**
 * Asks the cluster's monitoring how a system is, through the API server, and the cluster itself whether what it tells
 * of is over. A monitoring that does not answer is a finding and no failure.
 */
export async function healthOf(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
): Promise<SystemHealth> {
  const asked = AbortSignal.any([context.signal, AbortSignal.timeout(patience)]);
  const of = `project="${project.name}"`;
  const at = { client, target: project.target };
  try {
    const [alerts, left, unhealthy, known] = await Promise.all([
      ask<{ readonly alerts: readonly Alert[] }>(at, 'alerts', {}, asked),
      query(at, `ptp:slo_budget:left{${of}}`, asked),
      query(at, `max(max_over_time((timestamp(ptp:pages:count{${of}} > 0))[7d:1m]))`, asked),
      query(at, `min(min_over_time(timestamp(ptp:pages:count{${of}})[7d:1m]))`, asked),
    ]);
    const own = alerts.alerts.flatMap((alert) => firingOf(project.name, alert));
    const { namespace } = project.target;
    const firing = await Promise.all(
      own.map(async ({ labels, ...alert }) => {
        const over = await whyOver(client, { alert: alert.name, labels, namespace }, asked);
        return over === undefined ? alert : { ...alert, over };
      }),
    );
    const pages = firing.filter(({ severity, over }) => severity === 'page' && over === undefined);
    const first = pages.map(({ since }) => since).toSorted()[0];
    const quiet = unhealthy[0]?.value ?? known[0]?.value;
    const since = first ?? (quiet === undefined ? undefined : new Date(quiet * 1000).toISOString());
    return {
      monitoring: 'running',
      healthy: pages.length === 0,
      ...(since === undefined ? {} : { since }),
      alerts: firing.toSorted(byWeight),
      budgets: budgetsOf(project, left),
    };
  } catch (error) {
    if (context.signal.aborted) throw error;
    return { monitoring: 'silent', healthy: false, alerts: [], budgets: [] };
  }
}

/** Prometheus' answer for an alert (prometheus.io, "HTTP API", "Alerts"). */
interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
}

function firingOf(
  project: string,
  { labels, annotations, state, activeAt }: Alert,
): readonly (FiringAlert & Pick<Alert, 'labels'>)[] {
  const { severity, kind } = labels;
  if (labels.project !== project || state !== 'firing') return [];
  if ((severity !== 'page' && severity !== 'ticket') || (kind !== 'cause' && kind !== 'symptom')) return [];
  const part = labels.component ?? labels.service;
  return [
    {
      name: labels.alertname ?? '',
      severity,
      kind,
      since: new Date(activeAt).toISOString(),
      summary: annotations.summary ?? '',
      runbook: annotations.runbook ?? '',
      ...(part === undefined ? {} : { part }),
      labels,
    },
  ];
}

/** What wakes people first, causes before what follows from them. */
function byWeight(a: FiringAlert, b: FiringAlert): number {
  const weight = ({ severity, kind }: FiringAlert) =>
    (severity === 'page' ? 0 : 2) + (kind === 'cause' ? 0 : 1);
  return weight(a) - weight(b) || a.since.localeCompare(b.since);
}

function budgetsOf({ slo = usualSlo }: Project, left: readonly Sample[]): readonly ErrorBudget[] {
  const leftOf = (promised: string) => {
    const value = left.find(({ labels }) => labels.slo === promised)?.value;
    return value === undefined || Number.isNaN(value) ? {} : { left: value };
  };
  const { availability, latency, window } = slo;
  return [
    { slo: 'availability', objective: availability, window, ...leftOf('availability') },
    { slo: 'latency', objective: latency.share, within: latency.within, window, ...leftOf('latency') },
  ];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Vector {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
}

/** Whose monitoring is asked, and by which way. */
export interface Asked {
  readonly client: KubernetesClient;
  readonly target: MonitoredPlace;
}

/**
 * The present values of an expression.
 * @throws KubernetesError where the monitoring does not answer, StepFailed where the server cannot be reached
 */
export async function query(at: Asked, expression: string, signal: AbortSignal): Promise<readonly Sample[]> {
  const { result } = await ask<Vector>(at, 'query', { query: expression }, signal);
  return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/**
 * An answer of Prometheus' API, by way of the API server. Throws as `query` does.
 * @param what `query`, `rules`
 */
export async function ask<T>(
  { client, target }: Asked,
  what: string,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<T> {
  const path = `/api/v1/namespaces/${monitoringNamespace(target)}/services/${monitoring.name}:prometheus/proxy/api/v1/${what}`;
  const { data } = await client.get<{ readonly data: T }>(path, parameters, signal);
  return data;
}
