import { join } from 'node:path';

/** The name of the node that has the control plane, the cluster's own parts and all volumes. */
export const firstNode = 'node1';

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
  /** What a machine's programs write beside the host's own files; gone with the machine. */
  readonly beside: string;
  /** What further nodes have to themselves; a folder each. */
  readonly nodes: string;
  /** The instance's own record: its number, ports and what was changed on the host. */
  readonly record: string;
}

/**
 * The folders as one of the instance's nodes has them: where a node has something to itself (its settings, what it
 * logs, runs and stores), a folder of its own. The first node has the instance's.
 */
export function layoutOfNode(layout: Layout, node: string): Layout {
  if (node === firstNode) return layout;
  const own = join(layout.nodes, node);
  return {
    ...layout,
    run: join(layout.run, node),
    etc: join(own, 'etc'),
    log: join(layout.log, node),
    containerd: join(own, 'containerd'),
    kubelet: join(own, 'kubelet'),
    beside: join(own, 'beside'),
  };
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
    beside: join(root, 'beside'),
    nodes: join(root, 'nodes'),
    record: join(root, 'instance.json'),
  };
}
