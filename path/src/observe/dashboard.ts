import { monitoringNamespace } from '../core/monitoring.ts';
import { label } from '../kubernetes/labels.ts';
import type { ConfigMap } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';

/** One picture: a title, its unit in Grafana's words, and an expression for each line with the line's name. */
type Panel = readonly [
  title: string,
  unit: string,
  ...lines: (readonly [expression: string, legend: string])[],
];

/** How many columns Grafana's grid has, and how high a panel is in its rows. */
const grid = { columns: 24, height: 7 };

/**
 * A Grafana dashboard of a project (grafana.com, "Dashboard JSON model"): what users see first, then each component,
 * then what they stand on. No Grafana is installed; one that reads ConfigMaps labelled `grafana_dashboard` finds it.
 */
export function dashboard({ name, target }: Pick<Project, 'name' | 'target'>): ConfigMap {
  const document = {
    uid: `ptp-${name}`.slice(0, 40),
    title: name,
    tags: ['ptp'],
    schemaVersion: 41,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    panels: panelsOf(name, target.namespace).map(([title, unit, ...lines], index) => ({
      id: index + 1,
      title,
      type: 'timeseries',
      gridPos: {
        x: (index % 2) * (grid.columns / 2),
        y: Math.floor(index / 2) * grid.height,
        w: grid.columns / 2,
        h: grid.height,
      },
      fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
      targets: lines.map(([expr, legendFormat], line) => ({
        refId: String.fromCharCode('A'.charCodeAt(0) + line),
        expr,
        legendFormat,
      })),
    })),
  };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `dashboard-${name}`,
      namespace: monitoringNamespace(target),
      labels: { grafana_dashboard: '1', [label.partOf]: name },
    },
    data: { [`${name}.json`]: JSON.stringify(document) },
  };
}

function panelsOf(name: string, namespace: string): readonly Panel[] {
  const own = `project="${name}"`;
  const requests = `http_request_duration_seconds`;
  return [
    ['Error budget left', 'percentunit', [`ptp:slo_budget:left{${own}}`, '{{slo}}']],
    [
      'Requests at the door',
      'reqps',
      [`ptp:door_requests:rate5m{${own}}`, 'all'],
      [`ptp:door_bad:rate5m{${own}}`, 'bad for {{slo}}'],
    ],
    [
      'Requests by component',
      'reqps',
      [`sum by (component) (rate(${requests}_count{${own}}[5m]))`, '{{component}}'],
    ],
    [
      'Errors by component',
      'reqps',
      [`sum by (component) (rate(${requests}_count{${own},status=~"5.*"}[5m]))`, '{{component}}'],
    ],
    [
      'Time of 99 of 100 requests',
      's',
      [
        `histogram_quantile(0.99, sum by (component, le) (rate(${requests}_bucket{${own}}[5m])))`,
        '{{component}}',
      ],
    ],
    [
      'Time of 99 of 100 statements',
      's',
      [
        `histogram_quantile(0.99, sum by (statement, le) (rate(db_query_duration_seconds_bucket{${own}}[5m])))`,
        '{{statement}}',
      ],
    ],
    [
      'In flight, and waiting for a connection to the database',
      'short',
      [`sum by (component) (http_requests_in_flight{${own}})`, '{{component}}'],
      [`sum by (component) (db_pool_waiting{${own}})`, '{{component}} waits'],
    ],
    [
      'Delay of the event loop',
      's',
      [`max by (component) (event_loop_lag_seconds{${own},quantile="0.99"})`, '{{component}}'],
      [`max by (component) (nodejs_eventloop_lag_p99_seconds{${own}})`, '{{component}}'],
    ],
    [
      'Memory',
      'bytes',
      [`sum by (container) (container_memory_working_set_bytes{namespace="${namespace}"})`, '{{container}}'],
    ],
    [
      'Processors',
      'short',
      [
        `sum by (container) (rate(container_cpu_usage_seconds_total{namespace="${namespace}"}[5m]))`,
        '{{container}}',
      ],
    ],
  ];
}
