import { machineInit, nodeProgram, processesOf, processesOfPod } from '../../support/host.ts';
import { until } from '../../support/until.ts';
import type { Fault } from '../fault.ts';
import { instance, type World } from '../world.ts';

const programs = [
  'containerd',
  'etcd',
  'registry',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'network-policy',
];

/** Each program of the node is killed. */
export const nodePrograms: readonly Fault[] = programs.map((name) => ({
  name: `${name} is killed`,
  bring: async () => kill(nodeProgram(instance, name).pid),
  status: { code: 1, says: new RegExp(`${name} of the local cluster does not run|not running: .*${name}`) },
}));

/** The machine as a whole. */
export const machine: readonly Fault[] = [
  {
    name: 'all programs of the node are killed at once',
    bring: async () => {
      for (const name of programs) kill(nodeProgram(instance, name).pid);
      return undefined;
    },
    status: { code: 1, says: /the API server does not (answer|run).*not running: containerd, etcd/ },
  },
  {
    name: 'the first process of the machine is killed',
    bring: async () => {
      const init = machineInit(instance);
      kill(init);
      await until(
        'the machine is gone',
        () => processesOf(instance).length,
        (left) => left === 0,
      );
      return undefined;
    },
    status: { code: 1, says: /status stopped/ },
  },
  {
    name: 'what holds the machine on the host is killed',
    bring: async () => {
      const keeper = processesOf(instance).find(({ args }) => args[0] === 'unshare');
      if (keeper === undefined) throw new Error('nobody holds the machine');
      kill(keeper.pid);
      await until(
        'the machine is gone',
        () => processesOf(instance).length,
        (left) => left === 0,
      );
      return undefined;
    },
    status: { code: 1, says: /status stopped/ },
  },
];

const parts = ['gateway', 'backend', 'frontend', 'database'];
const ofCluster = ['coredns', 'local-path-provisioner', 'cert-manager-controller', 'traefik'];

/** Each container's program is killed, and what holds a pod together. */
export const containers: readonly Fault[] = [
  ...parts.map((part) => ({
    name: `the program of a ${part} is killed`,
    bring: async (world: World) => {
      const [pod] = await world.system.podsOf(part);
      kill(programOf(pod.uid));
      return undefined;
    },
  })),
  ...ofCluster.map((program) => ({
    name: `the cluster’s ${program} is killed`,
    bring: async () => {
      const found = processesOf(instance).find(({ args }) => args[0] === `/${program}`);
      if (found === undefined) throw new Error(`no ${program} runs`);
      kill(found.pid);
      return undefined;
    },
  })),
  {
    name: 'the sandbox of a gateway’s pod is killed',
    bring: async (world) => {
      const [pod] = await world.system.podsOf('gateway');
      const pause = processesOfPod(instance, pod.uid).find(({ args }) =>
        args.join(' ').endsWith('catatonit -P'),
      );
      if (pause === undefined) throw new Error('no sandbox');
      kill(pause.pid);
      return undefined;
    },
  },
  {
    name: 'every shim of containerd is killed',
    bring: async () => {
      const shims = processesOf(instance).filter(({ args }) => args[0]?.endsWith('/containerd-shim-runc-v2'));
      if (shims.length === 0) throw new Error('no shims');
      for (const { pid } of shims) kill(pid);
      return undefined;
    },
  },
];

/** The process that is neither the sandbox’s nor another’s child. */
function programOf(uid: string): number {
  const own = processesOfPod(instance, uid).filter(({ args }) => !args.join(' ').endsWith('catatonit -P'));
  const [first] = own.map(({ pid }) => pid).sort((one, other) => one - other);
  if (first === undefined) throw new Error(`no program in pod ${uid}`);
  return first;
}

function kill(pid: number): undefined {
  process.kill(pid, 'SIGKILL');
}
