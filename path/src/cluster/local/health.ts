import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { containerdSocket } from './configure.ts';
import { type Layout, layoutOfNode } from './layout.ts';
import { type ClusterNode, type Network, nodeOf, policyHealthPort } from './plan.ts';

/** What a program of the node says of itself. */
export interface Answer {
  readonly ready: boolean;
  readonly text: string;
}

/** Asks a program of a node whether it is ready. Programs without a door of their own are ready when they run. */
export async function probe(
  layout: Layout,
  network: Network,
  name: string,
  node: ClusterNode = nodeOf(network, 1),
): Promise<Answer> {
  switch (name) {
    case 'containerd':
      return connects(containerdSocket(layoutOfNode(layout, node.name)));
    case 'registry':
      return ask(`http://${network.node}:${network.registryPort}/v2/`, [200, 401]);
    case 'kube-apiserver':
      return ask(`https://${network.node}:6443/readyz`, [200], await adminAgent(layout));
    case 'kubelet':
      return ask(`http://${node.address}:10248/healthz`, [200]);
    case 'kube-proxy':
      return ask(`http://${node.address}:10256/livez`, [200]);
    case 'network-policy':
      // Alive, and not ready: on a new cluster its rights are applied once the node is up.
      return ask(`http://${node.address}:${policyHealthPort}/livez`, [200]);
    default:
      return { ready: true, text: 'runs' };
  }
}

/** Milliseconds that a program has to answer. */
const timeout = 2000;

const plainAgent = new Agent({ connect: { timeout } });
const agents = new Map<string, Agent>();

async function adminAgent(layout: Layout): Promise<Agent> {
  const existing = agents.get(layout.pki);
  if (existing !== undefined) return existing;
  const read = (name: string) => readFile(join(layout.pki, name), 'utf8');
  const [ca, cert, key] = await Promise.all([read('ca.crt'), read('admin.crt'), read('admin.key')]);
  const agent = new Agent({ connect: { ca, cert, key, timeout } });
  agents.set(layout.pki, agent);
  return agent;
}

async function ask(url: string, good: readonly number[], dispatcher = plainAgent): Promise<Answer> {
  try {
    const answer = await request(url, {
      dispatcher,
      headersTimeout: timeout,
      bodyTimeout: timeout,
    });
    const text = (await answer.body.text()).slice(0, 500);
    return { ready: good.includes(answer.statusCode), text: `${answer.statusCode} ${text}` };
  } catch (error) {
    return { ready: false, text: (error as Error).message };
  }
}

function connects(path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setTimeout(timeout, () => socket.destroy(new Error('no answer')));
    socket.once('connect', () => {
      socket.destroy();
      resolve({ ready: true, text: 'answers' });
    });
    socket.once('error', (error) => resolve({ ready: false, text: error.message }));
  });
}
