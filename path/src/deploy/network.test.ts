import { expect, test } from 'vitest';
import type { Binding } from '../core/handover.ts';
import type { CloudTarget } from '../project/project.ts';
import { smallComponent } from '../project/testing/small-component.ts';
import { smallProject } from '../project/testing/small-project.ts';
import { networkPolicies } from './network.ts';
import { outsidePorts } from './outside.ts';

const project = smallProject({
  components: [
    smallComponent('gateway', { route: '/', talksTo: ['backend'] }),
    smallComponent('backend', { needs: ['database'] }),
    smallComponent('worker'),
  ],
  services: [{ name: 'database', type: 'postgres', version: 17, storage: '1Gi' }],
});
const binding: Binding = {
  name: 'database',
  secret: 's',
  revision: 'r',
  selector: { db: 'yes' },
  port: 5432,
};
const pods = (name: string) => ({ podSelector: { matchLabels: { 'ptp.dev/component': name } } });

const policies = networkPolicies(project, [binding]);
const spec = (name: string) => policies.find(({ metadata }) => metadata.name === name)?.spec;

test('nothing is allowed that no policy names', () => {
  expect(spec('default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
});

test('a component is reached by those that talk to it, and by nobody where none does', () => {
  expect(spec('backend')?.ingress).toEqual([
    { from: [pods('gateway')], ports: [{ protocol: 'TCP', port: 'http' }] },
  ]);
  expect(spec('worker')?.ingress).toEqual([]);
});

test('what has a route is reached from anywhere, on its http port alone', () => {
  expect(spec('gateway')?.ingress).toEqual([{ ports: [{ protocol: 'TCP', port: 'http' }] }]);
});

test('a component reaches whom it names, what it needs, and names', () => {
  const ports = (name: string) =>
    (spec(name)?.egress ?? []).flatMap((rule) => rule.ports ?? []).map(({ port }) => port);
  expect(ports('worker')).toEqual([53, 53]);
  expect(spec('gateway')?.egress).toContainEqual({
    to: [pods('backend')],
    ports: [{ protocol: 'TCP', port: 8080 }],
  });
  expect(spec('backend')?.egress).toContainEqual({
    to: [{ podSelector: { matchLabels: { db: 'yes' } } }],
    ports: [{ protocol: 'TCP', port: 5432 }],
  });
  expect(ports('gateway')).not.toContain(5432);
});

test('names are asked of pods of kube-system, of the node itself, and of where a cloud has them', () => {
  const asked = (cloud?: CloudTarget) => {
    const target = { ...project.target, ...(cloud && { cloud }) };
    const worker = networkPolicies({ ...project, target }, []).find(
      ({ metadata }) => metadata.name === 'worker',
    );
    return worker?.spec?.egress?.[0]?.to?.map((peer) => peer.ipBlock?.cidr ?? 'pods');
  };
  expect(asked()).toEqual(['pods', '169.254.0.0/16']);
  const cloud = { kind: 'eks', region: 'r', access: [], databases: 'managed' } as const;
  expect(asked(cloud)).toEqual(['pods', '169.254.0.0/16']);
  expect(asked({ ...cloud, nameServers: ['172.20.0.10/32'] })).toEqual([
    'pods',
    '169.254.0.0/16',
    '172.20.0.10/32',
  ]);
});

test.each([
  ['https://api.example.com/v1', [443]],
  ['http://api.example.com:8081', [8081]],
  ['amqp://a.example.com, redis://b.example.com', [5672, 6379]],
  ['http://backend:8080', []],
  ['http://backend.n.svc.cluster.local:8080', []],
  ['http://localhost:3000', []],
  ['no address at all', []],
])('outside ports of %s are %j', (value, ports) => {
  expect(outsidePorts({ URL: value }, project)).toEqual(ports);
});
