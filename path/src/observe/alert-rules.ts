import type { Project } from '../project/project.ts';
import { type About, alertOf, type RuleGroup } from './rule.ts';

/** Seconds that a statement may take in one case of a hundred. */
const slowStatement = 0.5;

/** So many slow statements in five minutes may be chance. */
const fewStatements = 3;
const week = 7 * 24 * 3600;

/** Bytes: a volume that has more than this left is not told of, however large it is. */
const room = 2 * 2 ** 30;

/** What is told, beside what is promised to users. The windows are as long as it takes to be sure and no longer. */
export function alertRules({
  name,
  target,
  components,
  services,
}: Pick<Project, 'name' | 'target' | 'components' | 'services'>): readonly RuleGroup[] {
  const inside = `namespace="${target.namespace}"`;
  const own = `project="${name}"`;
  const named = (parts: readonly { readonly name: string }[]) => parts.map((part) => part.name).join('|');
  const ready = (kind: 'deployment' | 'statefulset', list: readonly { readonly name: string }[]) =>
    `kube_${kind}_status_replicas_ready{${inside},${kind}=~"${named(list)}"}`;
  const copies = ready('deployment', components);
  const rate = (over: string) =>
    `sum by (component, le) (rate(db_query_duration_seconds_bucket{${own}}[${over}]))`;
  const slow = (over: string) => `histogram_quantile(0.99, ${rate(over)}) > ${slowStatement}`;
  const slowOnes = `(1 - histogram_fraction(0, ${slowStatement}, ${rate('5m')})) * on (component) sum by (component) (increase(db_query_duration_seconds_count{${own}}[5m]))`;
  const restarts = `kube_pod_container_status_restarts_total{${inside}}`;
  const expiry = `certmanager_certificate_expiration_timestamp_seconds{${inside}}`;
  const shown = `probe_ssl_earliest_cert_expiry{${own}}`;
  const guest = target.cluster === 'kubeconfig';
  const renewal = `certmanager_certificate_renewal_timestamp_seconds{${inside}}`;
  const abouts: readonly About[] = [
    {
      name: 'PublicRouteDown',
      severity: 'page',
      kind: 'symptom',
      expr: `probe_success{${own}} == 0`,
      for: '1m',
      summary: '{{ $labels.url }} does not answer as it should',
    },
    {
      name: 'DomainUnknown',
      severity: 'ticket',
      kind: 'cause',
      // A new zone takes its time. Once a name was known, not to find it is not to answer.
      expr: `probe_name_known{${own}} == 0`,
      for: '15m',
      summary:
        'nobody finds {{ $labels.url }}: its name is not known, so it is asked for at the gateway itself',
    },
    {
      name: 'ComponentDown',
      severity: 'page',
      kind: 'cause',
      expr: `label_replace(${copies} == 0, "component", "$1", "deployment", "(.+)")`,
      for: '30s',
      summary: 'none of the copies of {{ $labels.component }} is ready',
    },
    {
      name: 'ComponentDegraded',
      severity: 'ticket',
      kind: 'cause',
      expr: `label_replace((${copies} < on (namespace, deployment) kube_deployment_spec_replicas{${inside}}) > 0, "component", "$1", "deployment", "(.+)")`,
      for: '10m',
      summary: 'only {{ $value }} of the copies of {{ $labels.component }} are ready',
    },
    {
      name: 'ComponentCrashLooping',
      severity: 'page',
      kind: 'cause',
      // Between two attempts a container runs for a moment; a pod that is gone is none that crashes. What others need
      // may come up after it: two attempts are no loop. What was half an hour ago is none either.
      expr: `max by (namespace, pod, container) (max_over_time(kube_pod_container_status_waiting_reason{${inside},reason="CrashLoopBackOff"}[5m])) == 1 and on (namespace, pod, container) ${restarts} - (${restarts} offset 30m or ${restarts} * 0) > 2 and on (namespace, pod) kube_pod_status_phase{${inside}}`,
      for: '1m',
      summary: '{{ $labels.container }} in {{ $labels.pod }} ends again and again',
    },
    ...(services.length === 0
      ? []
      : [
          {
            name: 'DatabaseDown',
            severity: 'page',
            kind: 'cause',
            expr: `label_replace(${ready('statefulset', services)} == 0, "service", "$1", "statefulset", "(.+)")`,
            for: '30s',
            summary: '{{ $labels.service }} is not ready',
          } as const,
        ]),
    {
      name: 'DatabaseSlow',
      severity: 'page',
      kind: 'cause',
      // Of a few statements the slowest is the hundredth: one alone wakes nobody. And it has to be going on: a window
      // shorter than the wait, or the moment in which a database starts anew would do.
      expr: `${slow('5m')} and on (component) ${slow('1m')} and on (component) ${slowOnes} > ${fewStatements}`,
      for: '2m',
      summary:
        'one in a hundred statements of {{ $labels.component }} takes longer than {{ $value | humanizeDuration }}',
    },
    {
      name: 'VolumeFillsUp',
      severity: 'page',
      kind: 'cause',
      expr: `(kubelet_volume_stats_available_bytes{${inside}} < ${room} and kubelet_volume_stats_available_bytes{${inside}} / kubelet_volume_stats_capacity_bytes{${inside}} < 0.1) or kubelet_volume_stats_inodes_free{${inside}} / kubelet_volume_stats_inodes{${inside}} < 0.02`,
      for: '1m',
      summary: 'the volume {{ $labels.persistentvolumeclaim }} is nearly full',
    },
    // A cloud's kubelet may show a certificate that nobody can verify: then nobody would be told of a full disk.
    ...(services.length === 0 || target.cloud === undefined || target.cloud.databases === 'managed'
      ? []
      : [
          {
            name: 'VolumesUnknown',
            severity: 'ticket',
            kind: 'cause',
            expr: `absent(kubelet_volume_stats_available_bytes{${inside}})`,
            for: '1h',
            summary: 'how full the volumes of databases are is not known: the nodes do not tell',
          } as const,
        ]),
    {
      name: 'CertificateNotRenewed',
      severity: 'ticket',
      kind: 'cause',
      // Of the time from its renewal to its end, a third has passed without one. Somebody else's cert-manager is not asked:
      // there, what users are shown ends within a week.
      expr: guest
        ? `0 < ${shown} - time() < ${week}`
        : `(${expiry} - time()) < (${expiry} - on (namespace, name) group_left () ${renewal}) * 2 / 3 and ${expiry} - time() > 0`,
      for: '5m',
      summary: guest
        ? 'the certificate of {{ $labels.url }} was to be renewed and ends in {{ $value | humanizeDuration }}'
        : 'the certificate {{ $labels.name }} was to be renewed and ends in {{ $value | humanizeDuration }}',
    },
    {
      name: 'CertificateExpired',
      severity: 'page',
      kind: 'cause',
      expr: `${shown} - time() <= 0`,
      summary: 'the certificate of {{ $labels.url }} has ended: browsers refuse it',
    },
    // The nodes of somebody else's cluster are theirs: what goes with one is told of as what it is.
    ...(guest
      ? []
      : [
          {
            name: 'NodeNotReady',
            severity: 'page',
            kind: 'cause',
            expr: 'kube_node_status_condition{condition="Ready",status="true"} == 0',
            // Those of a cloud come and go with pods, and take a while to begin.
            for: target.cloud === undefined ? '1m' : '10m',
            summary: 'the node {{ $labels.node }} does not answer',
          } as const,
        ]),
    {
      name: 'FiguresMissing',
      severity: 'ticket',
      kind: 'cause',
      // Of pods that had figures before: an application need not have any.
      expr: `up{${own}} == 0 and on (job, instance) max_over_time(up{${own}}[1h]) == 1`,
      for: '5m',
      summary: 'the figures of {{ $labels.instance }} cannot be read any more',
    },
    {
      name: 'Watchdog',
      severity: 'none',
      kind: 'heartbeat',
      expr: 'vector(1)',
      summary: 'the monitoring works: when this is no longer heard of, it does not',
    },
  ];
  return [
    { name: `${name}: what may break`, rules: abouts.map((about) => alertOf(name, about)) },
    {
      name: `${name}: health`,
      rules: [
        {
          record: 'ptp:pages:count',
          labels: { project: name },
          expr: `count(ALERTS{${own},alertstate="firing",severity="page"}) or vector(0)`,
        },
      ],
    },
  ];
}
