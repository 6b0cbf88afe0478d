import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { edited } from '../../support/edited.ts';
import { processesOf } from '../../support/host.ts';
import { jsonResult, ptp } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';
import { Webhook } from '../../support/webhook.ts';

/** What happens when something breaks and nobody looks: it is noticed, told, and named. */
export function watched(system: System): void {
  const webhook = new Webhook();
  let restore: () => void = () => {};
  beforeAll(async () => {
    const port = await webhook.open();
    const file = `/var/lib/ptp/${system.instance}/instance.json`;
    await system.must('up');
    const { number } = JSON.parse(readFileSync(file, 'utf8')) as { readonly number: number };
    restore = edited(join(system.place.folder, 'ptp.yaml'), [
      '\ntargets:',
      '\nalerts:\n  webhook: env:PTP_TEST_ALERTS\n\ntargets:',
    ]);
    // Where alerts go is in the environment of this one command: the cluster keeps it.
    const env = { ...system.place.env, PTP_TEST_ALERTS: `http://10.77.${number}.1:${port}/` };
    expect(await ptp({ ...system.place, env }, ['up'])).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    restore();
    await system.must('up');
    await webhook.close();
  });

  test('the heartbeat is heard', async () => {
    await until(
      'the watchdog is told of',
      () => webhook.notices,
      (notices) => notices.some(({ name, status }) => name === 'Watchdog' && status === 'firing'),
    );
  });

  test('status says how much of the error budget is left', async () => {
    const { health } = await until(
      'the budget is reckoned',
      async () => jsonResult(await system.ptp('status', '--json')) as { readonly health?: Health },
      (status) => (status.health?.budgets ?? []).every(({ left }) => left !== undefined),
    );
    expect(health).toMatchObject({
      monitoring: 'running',
      budgets: [
        { slo: 'availability', objective: 0.995, window: 30 },
        { slo: 'latency', objective: 0.99, within: 500 },
      ],
    });
  });

  test('the monitoring takes less than 200 MiB', () => {
    const programs = ['/prometheus', '/alertmanager', '/observer'];
    const found = processesOf(system.instance).filter(({ args }) => programs.includes(args[0] ?? ''));
    expect(found.map(({ args }) => args[0]).toSorted()).toEqual(programs.toSorted());
    const resident = found.map(({ pid }) =>
      Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    );
    expect(resident.reduce((sum, one) => sum + one, 0) / 1024).toBeLessThan(200);
  });

  test('a backend without copies is told of as that and nothing else, and status names it', async () => {
    const already = webhook.notices.length;
    await system.cluster((client) =>
      client.send({
        method: 'PATCH',
        path: '/apis/apps/v1/namespaces/hello/deployments/backend/scale',
        contentType: 'application/merge-patch+json',
        body: { spec: { replicas: 0 } },
      }),
    );
    const since = () => webhook.notices.slice(already).filter(({ name }) => name !== 'Watchdog');
    await until(
      'the alert is told',
      () => since(),
      (notices) => notices.some(({ name }) => name === 'ComponentDown'),
      180,
    );
    expect(since().filter(({ kind }) => kind === 'cause')).toEqual([
      {
        status: 'firing',
        name: 'ComponentDown',
        kind: 'cause',
        summary: 'none of the copies of backend is ready',
        runbook: 'docs/runbooks/component-down.md',
      },
    ]);
    const status = await system.ptp('status');
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/^✘ ComponentDown: none of the copies of backend is ready, since /m);
    await system.must('up');
  });

  test('a monitoring that is gone is a problem, and `up` brings it back', async () => {
    await system.cluster((client) =>
      client.send({
        method: 'DELETE',
        path: '/apis/apps/v1/namespaces/ptp-monitoring/deployments/monitoring',
      }),
    );
    await until(
      'status says so',
      async () => (await system.ptp('status')).stdout,
      (text) => /^✘ .*the monitoring does not answer: nobody would be told/m.test(text),
    );
    await system.must('up');
    await until(
      'it watches again',
      async () => jsonResult(await system.ptp('status', '--json')),
      ({ health }) => (health as Health | undefined)?.monitoring === 'running',
    );
  });
}

interface Health {
  readonly monitoring: 'running' | 'silent';
  readonly budgets: readonly { readonly left?: number }[];
}
