import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../core/failure.ts';
import type { Layout } from './layout.ts';
import type { Network } from './plan.ts';
import { closedPorts } from './ports.ts';
import type { InstanceRecord } from './record.ts';
import { troubledPrograms } from './troubled-programs.ts';

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
  if (!(await exists(join(layout.etc, 'admin.kubeconfig'))))
    return { answers: false, why: 'the key to the cluster is gone from its folder' };
  const [troubled, closed] = await Promise.all([troubledPrograms(layout, network), closedPorts(ports)]);
  const dead = troubled.filter(({ runs }) => !runs).map(({ name }) => name);
  const server = troubled.find(({ name }) => name === 'kube-apiserver');
  // Without its store the server says for a while yet that it is ready.
  if (server !== undefined || dead.includes('etcd')) {
    const notRunning = dead.length === 0 ? '' : ` (not running: ${dead.join(', ')})`;
    return { answers: false, why: `the API server ${server?.text ?? 'has lost its store'}${notRunning}` };
  }
  return {
    answers: true,
    problems: [
      ...troubled.map(({ name, text }) => ({ what: `${name} of the local cluster ${text}`, next })),
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
