import { join } from 'node:path';

/** Where a local cluster keeps what must last, and what it forgets at a reboot. */
export interface Layout {
  readonly instance: string;
  /** Everything that must last: `/var/lib/ptp/<instance>`, mode 0700. */
  readonly root: string;
  /** Sockets and pids: `/run/ptp/<instance>`. */
  readonly run: string;
  readonly bin: string;
  readonly pki: string;
  readonly etc: string;
  readonly log: string;
  readonly etcd: string;
  readonly containerd: string;
  readonly kubelet: string;
  readonly registry: string;
  readonly volumes: string;
  /** The instance's own record: its number, ports and what was changed on the host. */
  readonly record: string;
}

/** The folders of an instance; `state` and `run` are `/var/lib/ptp` and `/run/ptp` outside of tests. */
export function layoutOf(instance: string, state = '/var/lib/ptp', run = '/run/ptp'): Layout {
  const root = join(state, instance);
  return {
    instance,
    root,
    run: join(run, instance),
    bin: join(root, 'bin'),
    pki: join(root, 'pki'),
    etc: join(root, 'etc'),
    log: join(root, 'log'),
    etcd: join(root, 'etcd'),
    containerd: join(root, 'containerd'),
    kubelet: join(root, 'kubelet'),
    registry: join(root, 'registry'),
    volumes: join(root, 'volumes'),
    record: join(root, 'instance.json'),
  };
}
