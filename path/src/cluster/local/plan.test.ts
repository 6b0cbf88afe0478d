import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configurationFiles } from './configure.ts';
import { layoutOf } from './layout.ts';
import { networkOf, nodeProcesses } from './plan.ts';

const layout = layoutOf('hello');
const network = networkOf(7);

test('every program waits only for programs that come before it', () => {
  const seen = new Set<string>();
  for (const process of nodeProcesses(layout, network)) {
    for (const name of process.after) expect(seen).toContain(name);
    seen.add(process.name);
  }
});

test('two instances share no address, interface or path', () => {
  const other = { layout: layoutOf('other'), network: networkOf(8) };
  expect(network.bridge).not.toBe(other.network.bridge);
  expect(network.node).not.toBe(other.network.node);
  const words = (of: typeof other) =>
    nodeProcesses(of.layout, of.network).flatMap(({ program, args }) => [program, ...args]);
  const shared = words({ layout, network }).filter((word) => words(other).includes(word));
  expect(shared.filter((word) => word.includes('/ptp/'))).toEqual([]);
});

test('interface names fit into what the kernel takes', () => {
  const { bridge, veth } = networkOf(250);
  expect(bridge.length).toBeLessThan(16);
  expect(veth.length).toBeLessThan(16);
});

const settings = {
  registryAuthorization: 'c2VjcmV0',
  htpasswd: 'ptp:$2b$05$hash',
  encryptionKey: 'a2V5',
  pause: 'registry.ptp.internal/ptp/pause:1',
  cgroupRoot: '/ptp-hello',
  resolvConf: '/etc/resolv.conf',
} as const;

test('no secret is among the arguments of a program', () => {
  const files = configurationFiles(layout, network, { ...settings, cgroupVersion: 1 });
  const words = nodeProcesses(layout, network)
    .flatMap(({ args }) => args)
    .join(' ');
  for (const secret of [settings.registryAuthorization, settings.htpasswd, settings.encryptionKey]) {
    expect(words).not.toContain(secret);
    expect([...files.values()].join('\n')).toContain(secret);
  }
});

test('the kubelet is told to live with cgroup version 1 only where the machine has it', () => {
  const kubelet = (cgroupVersion: 1 | 2) =>
    parse(
      configurationFiles(layout, network, { ...settings, cgroupVersion }).get(`${layout.etc}/kubelet.yaml`) ??
        '',
    );
  expect(kubelet(1).failCgroupV1).toBe(false);
  expect(kubelet(2)).not.toHaveProperty('failCgroupV1');
  expect(kubelet(2).cgroupRoot).toBe('/ptp-hello');
  expect(kubelet(2).authentication.anonymous.enabled).toBe(false);
});

test('every YAML and JSON file parses', () => {
  for (const [path, content] of configurationFiles(layout, network, { ...settings, cgroupVersion: 1 })) {
    if (path.endsWith('.yaml')) expect(parse(content), path).toBeTypeOf('object');
    if (path.endsWith('.conflist')) expect(JSON.parse(content).plugins.length).toBe(3);
  }
});
