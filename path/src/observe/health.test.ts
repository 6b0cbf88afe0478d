import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type KubernetesClient } from '../kubernetes/client.ts';
import { type FakeApi, startFakeApi } from '../kubernetes/testing/fake-api.ts';
import type { Project } from '../project/project.ts';
import { healthOf } from './health.ts';

const project = {
  name: 'hello',
  target: { cluster: 'local', namespace: 'hello' },
} as unknown as Project;
const context = { signal: new AbortController().signal };
const below = '/api/v1/namespaces/ptp-monitoring/services/monitoring:prometheus/proxy/api/v1';

let api: FakeApi;
let client: KubernetesClient;
beforeEach(async () => {
  api = await startFakeApi();
  client = await connect(api.kubeconfig);
});
afterEach(async () => {
  await client.close();
  await api.close();
});

const alert = (labels: Readonly<Record<string, string>>, activeAt: string, state = 'firing') => ({
  labels: { project: 'hello', severity: 'page', kind: 'cause', ...labels },
  annotations: { summary: `${labels.alertname} it is`, runbook: 'docs/runbooks/x.md' },
  state,
  activeAt,
});

/** What Prometheus answers: these alerts, and to every query this value. */
function answers(alerts: readonly unknown[], value: string): void {
  api.documents.set(`${below}/alerts`, { status: 'success', data: { alerts } });
  const result = [{ metric: { slo: 'availability' }, value: [0, value] }];
  api.documents.set(`${below}/query`, { status: 'success', data: { resultType: 'vector', result } });
}

test('causes come before symptoms, pages before tickets; what is pending or of another project is left out', async () => {
  answers(
    [
      alert({ alertname: 'FiguresMissing', severity: 'ticket' }, '2026-01-01T10:00:00Z'),
      alert({ alertname: 'PublicRouteDown', kind: 'symptom' }, '2026-01-01T10:02:00Z'),
      alert({ alertname: 'ComponentDown', component: 'backend' }, '2026-01-01T10:01:00Z'),
      alert({ alertname: 'DatabaseDown' }, '2026-01-01T10:01:00Z', 'pending'),
      alert({ alertname: 'ComponentDown', project: 'other' }, '2026-01-01T09:00:00Z'),
      alert({ alertname: 'Watchdog', severity: 'none', kind: 'heartbeat' }, '2026-01-01T00:00:00Z'),
    ],
    '0.25',
  );
  const health = await healthOf(context, client, project);
  expect(health.alerts.map(({ name }) => name)).toEqual([
    'ComponentDown',
    'PublicRouteDown',
    'FiguresMissing',
  ]);
  expect(health).toMatchObject({
    monitoring: 'running',
    healthy: false,
    since: '2026-01-01T10:01:00.000Z',
    budgets: [{ slo: 'availability', objective: 0.995, left: 0.25 }, { slo: 'latency' }],
  });
  expect(health.alerts[0]).toMatchObject({ part: 'backend', summary: 'ComponentDown it is' });
  expect(health.budgets[1]).not.toHaveProperty('left');
});

test('without a page the system is healthy since the last one', async () => {
  answers([alert({ alertname: 'FiguresMissing', severity: 'ticket' }, '2026-01-01T10:00:00Z')], '1700000000');
  expect(await healthOf(context, client, project)).toMatchObject({
    healthy: true,
    since: '2023-11-14T22:13:20.000Z',
  });
});

test('a page that the cluster itself knows to be over makes nobody unhealthy', async () => {
  const node = { metadata: { name: 'node2' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  api.documents.set('/api/v1/nodes/node2', node);
  answers([alert({ alertname: 'NodeNotReady', node: 'node2' }, '2026-01-01T10:00:00Z')], '1700000000');
  expect(await healthOf(context, client, project)).toMatchObject({
    healthy: true,
    alerts: [{ name: 'NodeNotReady', over: 'node2 is ready' }],
  });
});

test('a monitoring that is not there is silent', async () => {
  expect(await healthOf(context, client, project)).toEqual({
    monitoring: 'silent',
    healthy: false,
    alerts: [],
    budgets: [],
  });
});
