import { StepFailed } from '../core/failure.ts';
import type { Cluster, Release, Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import { prune } from '../kubernetes/prune.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project } from '../project/project.ts';
import { names, planRoute, publicUrl, type RouteInput } from './plan.ts';

/** What the step works on. */
export interface RouteStepInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  readonly release: Release;
  /** See `RouteInput`; those of Traefik's usual entry points unless told. */
  readonly listenerPorts?: RouteInput['listenerPorts'];
}

/** Seconds that certificates and gateway together have. */
const deadline = 120;

/**
 * Opens the project to its users: certificate, gateway, routes; waits until the certificate is issued and the routes
 * are accepted.
 * @returns the URL, and the authority to trust for it
 * @throws StepFailed where the certificate or the gateway does not become ready
 */
export function openRoute(context: Context, input: RouteStepInput): Promise<Route> {
  const { client, cluster, project, release, listenerPorts = { http: 8000, https: 8443 } } = input;
  const url = publicUrl(input);
  return timed(context, 'route', `open ${url}`, async () => {
    const objects = planRoute({ project, cluster, listenerPorts });
    const options = { step: 'route', project: project.name } as const;
    await apply(context, client, objects, options);
    await waitUntilReady(context, client, objects, { step: 'route', deadline });
    await prune(context, client, {
      ...options,
      namespace: release.namespace,
      wanted: objects,
    });
    const authority = await authorityOf(context, client, release.namespace);
    const entry = cluster.entry === undefined ? {} : { entry: cluster.entry };
    return { text: `${url} is open`, result: { url, authority, ...entry } };
  });
}

/** The authority's certificate as the Secret of the users' certificate names it; its key is not read. */
export async function authorityOf(
  context: Context,
  client: KubernetesClient,
  namespace: string,
): Promise<string> {
  const key = { apiVersion: 'v1', kind: 'Secret', name: names.certificate, namespace };
  const secret = await getObject<SecretObject>(client, key, context.signal);
  const encoded = secret?.data?.['ca.crt'];
  if (encoded === undefined)
    throw new StepFailed({
      what: 'the certificate was issued without its authority',
      where: { object: `${namespace}/secret/${names.certificate}` },
      next: 'Delete this Secret; cert-manager makes it anew. Then run `ptp up` again.',
    });
  return Buffer.from(encoded, 'base64').toString('utf8');
}
