import { expect, test } from 'vitest';
import type { Route } from '../core/handover.ts';
import type { Project, Target } from '../project/project.ts';
import { planObserve } from './plan.ts';
import { sloRules } from './slo-rules.ts';

const projectOn = (target: Partial<Target>): Project =>
  ({
    name: 'shop',
    target: { namespace: 'shop', ...target },
    components: [{ name: 'web' }],
    services: [],
  }) as unknown as Project;
const cloud = { kind: 'eks', region: 'eu-west-1', access: [], databases: 'managed' } as const;

/** Where a project's settings are, and how it is asked for. */
function probed(target: Partial<Target>, route: Partial<Route>) {
  const { metadata, data = {} } = planObserve({
    project: projectOn(target),
    route: { url: 'https://shop.example.com', ...route },
    places: new Map(),
  });
  const probes: unknown = JSON.parse(Buffer.from(data['probes.json'] ?? '', 'base64').toString());
  return { namespace: metadata.namespace, probes };
}

test('on this machine the cluster’s door is asked: its name leads nowhere within the cluster', () => {
  const entry = { address: '127.0.0.1', http: 80, https: 443 };
  expect(probed({ cluster: 'local' }, { entry, authority: 'PEM' })).toEqual({
    namespace: 'ptp-monitoring',
    probes: [
      {
        url: 'https://shop.example.com',
        address: 'traefik.ptp-system.svc.cluster.local:443',
        authority: 'PEM',
      },
    ],
  });
});

test('elsewhere it is asked for by its name, and at the gateway as long as nobody knows that', () => {
  const url = 'https://shop.example.com';
  expect(probed({ cluster: 'eks', cloud }, { gateway: 'lb.example.net' })).toEqual({
    namespace: 'ptp-monitoring',
    probes: [{ url, unnamed: 'traefik.ptp-system.svc.cluster.local:443' }],
  });
  expect(probed({ cluster: 'kubeconfig' }, { gateway: '192.0.2.7' })).toEqual({
    namespace: 'shop-monitoring',
    probes: [{ url, unnamed: '192.0.2.7:443' }],
  });
  expect(probed({ cluster: 'kubeconfig' }, { gateway: '2001:db8::7' }).probes).toEqual([
    { url, unnamed: '[2001:db8::7]:443' },
  ]);
  expect(probed({ cluster: 'kubeconfig' }, {}).probes).toEqual([{ url }]);
});

test('what is promised is measured at our own door, and by the observer behind somebody else’s', () => {
  const slo = { availability: 0.995, latency: { within: 500, share: 0.99 }, window: 30 };
  const measured = (target: Partial<Target>) =>
    JSON.stringify(sloRules(projectOn(target), slo)[0]).match(/traefik_router|probe_request/g) ?? [];
  expect(new Set(measured({ cluster: 'local' }))).toEqual(new Set(['traefik_router']));
  expect(new Set(measured({ cluster: 'eks', cloud }))).toEqual(new Set(['traefik_router']));
  expect(new Set(measured({ cluster: 'kubeconfig' }))).toEqual(new Set(['probe_request']));
});
