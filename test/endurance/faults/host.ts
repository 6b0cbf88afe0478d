import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { machineInit } from '../../support/host.ts';
import type { Fault } from '../fault.ts';
import { instance, ports, type World } from '../world.ts';

function sh(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}

function inside(...args: readonly string[]): void {
  sh('nsenter', '--target', String(machineInit(instance)), '--net', '--', ...args);
}

function bridge(): string {
  const { number } = JSON.parse(readFileSync(`/var/lib/ptp/${instance}/instance.json`, 'utf8')) as {
    readonly number: number;
  };
  return `ptp${number}`;
}

/** What somebody else on the host does to what belongs to the cluster. */
export const host: readonly Fault[] = [
  {
    name: 'the host’s firewall table is deleted',
    bring: async () => void sh('nft', 'delete', 'table', 'ip', bridge()),
    status: { code: 1, says: new RegExp(`nobody answers on 127.0.0.1:${ports.https}`) },
  },
  {
    name: 'the bridge is deleted',
    bring: async () => void sh('ip', 'link', 'delete', bridge()),
    status: { code: 1, says: /the bridge ptp\d+.* is gone/ },
  },
  {
    name: 'the pair of interfaces is deleted',
    bring: async () => void sh('ip', 'link', 'delete', `${bridge()}n1`),
  },
  {
    name: 'ip_forward is switched off',
    bring: async () => void sh('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward'),
  },
  {
    name: 'all firewall rules within the machine are deleted',
    bring: async () => void inside('nft', 'flush', 'ruleset'),
    status: { code: 1, says: new RegExp(`nobody answers on 127.0.0.1:${ports.https}`) },
  },
  {
    name: 'the folder of sockets and pids is deleted while the cluster runs',
    bring: async () => {
      rmSync(`/run/ptp/${instance}`, { recursive: true });
      return undefined;
    },
    status: { code: 1, says: /status stopped/ },
  },
  {
    name: 'nothing reaches the registry: packets to it are dropped',
    bring: async () => {
      inside(
        'nft',
        'add table inet chaos { chain in { type filter hook input priority 0; tcp dport 5000 drop; }; }',
      );
      return async () => inside('nft', 'delete', 'table', 'inet', 'chaos');
    },
    says: /registry.*(does not answer|no answer|cannot be reached|timed? ?out)/i,
  },
  {
    name: 'another program has the port before up, after a down',
    bring: async (world) => {
      await world.system.must('down');
      const server = createServer().listen(ports.https, '127.0.0.1');
      await once(server, 'listening');
      return async () => {
        server.close();
      };
    },
    says: new RegExp(`port ${ports.https} on 127.0.0.1 is taken by another program → .*ss -ltnp`),
    code: 2,
  },
  {
    name: 'two at once: up and up',
    bring: async (world) => {
      world.change();
      await both(world, ['up'], ['up']);
      return undefined;
    },
  },
  {
    name: 'two at once: up and down',
    bring: async (world) => {
      await both(world, ['up'], ['down']);
      return undefined;
    },
  },
];

/** One of the two may well fail, for the other's sake; none may break. */
async function both(world: World, one: readonly string[], other: readonly string[]): Promise<void> {
  const ended = await Promise.all([world.ptp([...one, '--json']), world.ptp([...other, '--json'])]);
  for (const { stdout, stderr } of ended)
    if (/"kind":"bug"/.test(stdout)) throw new Error(`a bug of ptp:\n${stdout.slice(-2000)}${stderr}`);
  if (ended.every(({ code }) => code !== 0)) throw new Error('both failed');
}
