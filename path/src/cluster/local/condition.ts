import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../core/failure.ts';
import { probe } from './health.ts';
import type { Layout } from './layout.ts';
import type { Network } from './plan.ts';
import { closedPorts } from './ports.ts';
import type { InstanceRecord } from './record.ts';
import { stoppedPrograms } from './stopped-programs.ts';

/** How a cluster that was started is now. */
export type Condition =
  | { readonly answers: true; readonly problems: readonly Problem[] }
  | { readonly answers: false; readonly why: string };

const next = 'Run `ptp up`: it mends the cluster.';

/** Looks at a cluster whose first machine runs; changes nothing. */
export async function conditionOf(
  layout: Layout,
  network: Network,
  { ports }: Pick<InstanceRecord, 'ports'>,
): Promise<Condition> {
  // Without the bridge its addresses are those of somebody else's network, who may well answer.
  if (!(await exists(join('/sys/class/net', network.bridge))))
    return {
      answers: false,
      why: `the bridge ${network.bridge}, which joins the cluster to this machine, is gone`,
    };
  const [answer, stopped, closed] = await Promise.all([
    probe(layout, network, 'kube-apiserver').catch((error: Error) => ({ ready: false, text: error.message })),
    stoppedPrograms(layout, network),
    closedPorts(ports),
  ]);
  if (!(await exists(join(layout.etc, 'admin.kubeconfig'))))
    return { answers: false, why: 'the key to the cluster is gone from its folder' };
  // Without its store the server says for a while yet that it is ready.
  if (!answer.ready || stopped.includes('etcd')) {
    const dead = stopped.length === 0 ? '' : ` (not running: ${stopped.join(', ')})`;
    const text = answer.ready ? 'it has lost its store' : answer.text;
    return { answers: false, why: `the API server does not answer: ${text}${dead}` };
  }
  return {
    answers: true,
    problems: [
      ...stopped.map((name) => ({ what: `${name} of the local cluster does not run`, next })),
      ...closed.map((port) => ({ what: `nobody answers on 127.0.0.1:${port}, where users come in`, next })),
    ],
  };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
