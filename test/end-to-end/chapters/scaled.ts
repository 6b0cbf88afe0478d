import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CostReport } from '../../../path/src/core/cost.ts';
import { lines } from '../../../path/src/kubernetes/lines.ts';
import type { Deployment, Pod } from '../../../path/src/kubernetes/objects.ts';
import { containerSecurity, podSecurity } from '../../../path/src/kubernetes/pod-security.ts';
import { edited } from '../../support/edited.ts';
import { startLoad } from '../../support/load.ts';
import { jsonResult } from '../../support/ptp.ts';
import type { System } from '../../support/system.ts';
import { until } from '../../support/until.ts';

/** Processors that the known load may have, and has where the machine has them. */
const allowed = 0.2;

/** How far two figures of it may be apart: each is an average of another stretch of some seconds. */
const tolerance = 0.1;

/** Milliseconds that an answer is waited for: a machine with other work may stand still, and no request fails by it. */
const patience = 60_000;

/** What is asked for, what is used, and how many copies there are for it. */
export function scaled(system: System): void {
  const file = join(system.place.folder, 'ptp.yaml');
  const path = '/api/v1/namespaces/hello/pods';
  let restore: () => void = () => {};
  let knownLoad = '';
  beforeAll(async () => {
    await system.must('up');
    restore = edited(file, [
      '    route: / #',
      '    scale: { max: 3, cpu: 8m, up: 0, down: 0 }\n    route: / #',
    ]);
    await startKnownLoad();
  });
  afterAll(async () => {
    restore();
    await system.cluster((client) =>
      client.send({ method: 'DELETE', path: `${path}/${knownLoad}`, body: { gracePeriodSeconds: 0 } }),
    );
    await system.must('up');
  });

  /** A pod that would use a processor and is let have a part of one; it counts as one of frontend's, and serves nobody. */
  async function startKnownLoad(): Promise<void> {
    const [{ name }] = await system.podsOf('gateway');
    await system.cluster(async (client) => {
      const gateway = await client.get<{
        readonly spec: { readonly containers: readonly { readonly image: string }[] };
      }>(`${path}/${name}`);
      const container = {
        name: 'known-load',
        image: gateway.spec.containers[0]?.image,
        command: ['node', '-e', 'for (;;);'],
        resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
        securityContext: containerSecurity,
      };
      const { body } = await client.send<Pod>({
        method: 'POST',
        path,
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { generateName: 'known-load-', labels: { 'ptp.dev/component': 'frontend' } },
          spec: {
            automountServiceAccountToken: false,
            securityContext: podSecurity(),
            containers: [container],
          },
        },
      });
      knownLoad = body.metadata.name;
    });
  }

  const copies = () =>
    system.cluster(async (client) => {
      const { spec, status } = await client.get<Deployment>(
        '/apis/apps/v1/namespaces/hello/deployments/gateway',
      );
      return { wanted: spec?.replicas, ready: status?.readyReplicas };
    });

  test('copies come under load, no request is cut off by it, and they go when it is over', async () => {
    await system.must('up');
    const two = () => until('there are two', copies, ({ wanted, ready }) => wanted === 2 && ready === 2);
    await two();
    const load = startLoad({ door: await system.door(), rate: 40, rows: system.rows, patience });
    await until('there are three', copies, ({ ready }) => ready === 3);
    // That it has too much to do is what a system without a processor says; nothing else is wrong with it.
    const { failures } = await load.stop();
    expect(failures.filter(({ kind }) => !/^(status 503|no answer)/.test(kind))).toEqual([]);
    // Neither is it drift, nor does a release change it.
    const { problems } = jsonResult(await system.ptp('status', '--json'));
    expect(JSON.stringify(problems)).not.toContain('was changed since');
    expect(jsonResult(await system.must('plan', '--json'))).toMatchObject({ nothing: true });
    await two();
  });

  test('the figures of `ptp cost` are those of the cluster, of a load that is known', async () => {
    const found = await until('they agree', figures, ({ cost, api, kubelet }) => {
      const all = [cost.cpu, api.cpu, kubelet];
      return Math.min(...all) > 0 && Math.max(...all) <= Math.min(...all) * (1 + tolerance);
    });
    console.info(
      `a known load of ${allowed}: ptp cost ${found.cost.cpu.toFixed(3)}, metrics.k8s.io ${found.api.cpu.toFixed(3)}, the kubelet's counter ${found.kubelet.toFixed(3)}`,
    );
    expect(found.cost.cpu).toBeLessThan(allowed * (1 + tolerance));
    expect(Math.abs(found.cost.memory / found.api.memory - 1)).toBeLessThan(tolerance);
  });

  test('a saving that ptp.yaml decides becomes a release, and is gone back on like one', async () => {
    const { savings } = jsonResult(await system.must('cost', '--json')) as unknown as CostReport;
    expect(savings.map(({ name }) => name)).toContain('right-size backend');
    const applied = jsonResult(
      await system.must('cost', '--apply', 'right-size-backend', '--yes', '--json'),
    ) as { readonly rolled?: readonly string[]; readonly lines?: readonly { readonly text: string }[] };
    expect(applied.rolled).toEqual(['backend']);
    const written = (applied.lines ?? []).map(({ text }) => text.trim());
    expect(written).toContainEqual(expect.stringMatching(/^cpu: \d+m$/));
    expect(jsonResult(await system.must('plan', '--json'))).toMatchObject({ nothing: true });
    await system.must('rollback');
    const backend = await system.cluster((client) =>
      client.get<Deployment>('/apis/apps/v1/namespaces/hello/deployments/backend'),
    );
    expect(backend.spec?.template.spec?.containers[0]?.resources?.requests).toMatchObject({ cpu: '100m' });
  });

  let first: { readonly seconds: number; readonly moment: number } | undefined;

  /** What the known load uses (in `ptp cost`: with frontend's own copies, which nobody asks), by three who measure it. */
  async function figures() {
    const report = jsonResult(await system.must('cost', '--json')) as unknown as CostReport;
    const row = report.rows.find(({ name }) => name === 'frontend');
    const counted = await counter();
    first ??= counted;
    const api = await system.cluster(async (client) => {
      const { items } = await client.get<{
        readonly items: readonly {
          readonly metadata: { readonly labels: Readonly<Record<string, string>> };
          readonly containers: readonly {
            readonly usage: { readonly cpu: string; readonly memory: string };
          }[];
        }[];
      }>('/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods', {
        labelSelector: 'ptp.dev/component=frontend',
      });
      const used = items.flatMap(({ containers }) => containers.map(({ usage }) => usage));
      return {
        cpu: used.reduce((sum, { cpu }) => sum + Number.parseInt(cpu, 10) / 1e9, 0),
        memory: used.reduce((sum, { memory }) => sum + Number.parseInt(memory, 10) * 1024, 0),
      };
    });
    return {
      cost: { cpu: row?.used?.cpu ?? 0, memory: row?.used?.memory ?? 0 },
      api,
      kubelet: (counted.seconds - first.seconds) / Math.max(0.001, counted.moment - first.moment),
    };
  }

  const resource = '/api/v1/nodes/node1/proxy/metrics/resource';

  /** Processor time of frontend's containers so far, as the kubelet counts it, and when it has counted. */
  async function counter() {
    return await system.cluster(async (client) => {
      const pattern =
        /^container_cpu_usage_seconds_total\{container="(?:frontend|known-load)",namespace="hello",.*\} (\S+) (\d+)$/;
      let [seconds, moment] = [0, 0];
      const text = await client.stream(resource, {}, AbortSignal.timeout(10_000));
      for await (const line of lines(text)) {
        const [, value, at] = pattern.exec(line) ?? [];
        seconds += Number(value ?? 0);
        moment = Math.max(moment, Number(at ?? 0) / 1000);
      }
      return { seconds, moment };
    });
  }
}
