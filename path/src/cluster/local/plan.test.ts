import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { podSecurityVersion } from '../../kubernetes/namespace.ts';
import { configurationFiles } from './configure.ts';
import { type Layout, layoutOf } from './layout.ts';
import { mostNodes, type Network, networkOf, nodeOf, nodeProcesses, nodesOf } from './plan.ts';
import { components } from './source/components.ts';

const layout = layoutOf('hello');
const network = networkOf(7);
const nodes = nodesOf(network, 3);
const programsOf = (index: number, of: { layout: Layout; network: Network } = { layout, network }) =>
  nodeProcesses(of.layout, of.network, nodeOf(of.network, index), 3);
const wordsOf = (...given: Parameters<typeof programsOf>) =>
  programsOf(...given).flatMap(({ program, args }) => [program, ...args]);

test('every program waits only for programs that come before it', () => {
  const seen = new Set<string>();
  for (const process of programsOf(1)) {
    for (const name of process.after) expect(seen).toContain(name);
    seen.add(process.name);
  }
});

test('two instances share no address, interface or path', () => {
  const other = { layout: layoutOf('other'), network: networkOf(8) };
  const words = (of: typeof other) => [1, 2].flatMap((index) => wordsOf(index, of));
  const shared = words({ layout, network }).filter((word) => words(other).includes(word));
  expect(shared.filter((word) => word.includes('/ptp/') || word.includes('10.77.'))).toEqual([]);
  const names = ({ network }: typeof other) => [
    network.bridge,
    ...nodesOf(network, mostNodes).flatMap(({ address, veth }) => [address, veth]),
  ];
  expect(names({ layout, network }).filter((name) => names(other).includes(name))).toEqual([]);
});

test('two nodes of an instance share no address, and of its folders only those that belong to all', () => {
  const common = [layout.bin, layout.pki, `${layout.etc}/network-policy.kubeconfig`];
  const shared = wordsOf(2).filter((word) => wordsOf(3).includes(word));
  const own = shared.filter((word) => /10\.77\.|\/ptp\//.test(word));
  expect(own.filter((word) => !common.some((known) => word.includes(known)))).toEqual([]);
  expect(new Set(nodesOf(network, mostNodes).map(({ podRange }) => podRange)).size).toBe(mostNodes);
});

test('only the first node has a control plane', () => {
  expect(programsOf(2).map(({ name }) => name)).toEqual([
    'containerd',
    'kubelet',
    'kube-proxy',
    'network-policy',
  ]);
  expect(programsOf(1).map(({ name }) => name)).toEqual(expect.arrayContaining(['etcd', 'kube-apiserver']));
});

test('interface names fit into what the kernel takes', () => {
  expect(networkOf(250).bridge.length).toBeLessThan(16);
  for (const { veth } of nodesOf(networkOf(250), mostNodes)) expect(veth.length).toBeLessThan(16);
});

const settings = {
  registryAuthorization: 'c2VjcmV0',
  htpasswd: 'ptp:$2b$05$hash',
  encryptionKey: 'a2V5',
  pause: 'registry.ptp.internal/ptp/pause:1',
  resolvConf: '/etc/resolv.conf',
} as const;

test('no secret is among the arguments of a program', () => {
  const files = configurationFiles(layout, network, nodes, { ...settings, cgroupVersion: 1 });
  const words = [...wordsOf(1), ...wordsOf(2)].join(' ');
  for (const secret of [settings.registryAuthorization, settings.htpasswd, settings.encryptionKey]) {
    expect(words).not.toContain(secret);
    expect([...files.values()].join('\n')).toContain(secret);
  }
});

test('the kubelet is told to live with cgroup version 1 only where the machine has it', () => {
  const files = (cgroupVersion: 1 | 2) =>
    configurationFiles(layout, network, nodes, { ...settings, cgroupVersion });
  const kubelet = (cgroupVersion: 1 | 2) =>
    parse(files(cgroupVersion).get(`${layout.etc}/kubelet.yaml`) ?? '');
  expect(kubelet(1).failCgroupV1).toBe(false);
  expect(kubelet(2)).not.toHaveProperty('failCgroupV1');
  expect(kubelet(2).cgroupRoot).toBe('/ptp-hello');
  expect(kubelet(2).authentication.anonymous.enabled).toBe(false);
});

test('every YAML and JSON file parses', () => {
  for (const [path, content] of configurationFiles(layout, network, nodes, {
    ...settings,
    cgroupVersion: 1,
  })) {
    if (path.endsWith('.yaml')) expect(parse(content), path).toBeTypeOf('object');
    if (path.endsWith('.conflist')) expect(JSON.parse(content).plugins.length).toBe(3);
  }
});

test('each node has settings of its own, and shares with the others what belongs to all', () => {
  const files = configurationFiles(layout, network, nodes, { ...settings, cgroupVersion: 1 });
  const of = (name: string) => [
    files.get(`${layout.etc}/${name}`),
    files.get(`${layout.nodes}/node2/etc/${name}`),
    files.get(`${layout.nodes}/node3/etc/${name}`),
  ];
  for (const name of ['kubelet.yaml', 'kube-proxy.yaml', 'containerd.toml', 'cni/10-ptp.conflist']) {
    expect(of(name)).not.toContain(undefined);
    expect(new Set(of(name)).size, name).toBe(3);
  }
  expect(of('kubelet.yaml').map((text) => parse(text ?? '').cgroupRoot)).toEqual([
    '/ptp-hello',
    '/ptp-hello/nodes/node2',
    '/ptp-hello/nodes/node3',
  ]);
  expect([...files.keys()].filter((path) => path.includes('hosts.toml'))).toHaveLength(2);
});

test('that a node is gone is noticed sooner where others can serve', () => {
  const grace = (count: number) =>
    nodeProcesses(layout, network, nodeOf(network, 1), count)
      .flatMap(({ args }) => args)
      .find((arg) => arg.startsWith('--node-monitor-grace-period='));
  expect(grace(1)).toBe('--node-monitor-grace-period=40s');
  expect(grace(2)).toBe('--node-monitor-grace-period=8s');
});

test('pods are held to the security standards of the version that the cluster has', () => {
  const { version = '' } = components.find(({ name }) => name === 'kubernetes') ?? {};
  expect(`${version}.`.startsWith(`${podSecurityVersion}.`)).toBe(true);
});
