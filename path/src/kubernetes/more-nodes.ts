import type { KubernetesClient } from './client.ts';
import { KubernetesError } from './error.ts';
import { list } from './list.ts';
import type { NodeObject } from './objects.ts';

/** Providers of nodes that are as many as somebody has made. */
const fixed = /^(kind|k3s|minikube):\/\//;

/**
 * Whether a pod that finds no room may get a node of its own by and by: a cloud's nodes come and go with pods (EKS Auto
 * Mode, GKE Autopilot, AKS Automatic, cluster autoscalers), and at first there may be none. A node of a cloud's is told by
 * its `spec.providerID`, which a machine that is just there has not. Where nodes may not be looked at they may come.
 */
export async function moreNodesMayCome(client: KubernetesClient, signal?: AbortSignal): Promise<boolean> {
  try {
    const nodes = await list<NodeObject>(client, { apiVersion: 'v1', kind: 'Node' }, signal);
    const providers = nodes.map(({ spec }) => spec?.providerID ?? '');
    return nodes.length === 0 || providers.some((provider) => provider !== '' && !fixed.test(provider));
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 403) return true;
    throw error;
  }
}
