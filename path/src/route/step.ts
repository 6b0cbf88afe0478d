import { StepFailed } from '../core/failure.ts';
import type { Cluster, Release, Route } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { apply } from '../kubernetes/apply.ts';
import type { Settled } from '../kubernetes/change-set.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { label, ownedBy } from '../kubernetes/labels.ts';
import { getObject, list } from '../kubernetes/list.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import { type KubernetesObject, keyOf, type SecretObject } from '../kubernetes/objects.ts';
import { prune } from '../kubernetes/prune.ts';
import { waitUntilReady } from '../kubernetes/wait.ts';
import type { Project } from '../project/project.ts';
import { askAuthority } from './ask-authority.ts';
import { names, planRoute, publicUrl } from './plan.ts';
import { untilWayIn, wayIn } from './way-in.ts';

/** What the step works on. */
export interface RouteStepInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  readonly release: Release;
  /** What a dry run has found to be as it is wanted. */
  readonly settled?: Settled | undefined;
}

/** The ports of Traefik's entry points unless its installation was told otherwise. */
const usualPorts = { http: 8000, https: 8443 };

/** Seconds that certificates and gateway together have: one machine's own, and others' whose zones and load balancers take their time. */
const deadlines = { own: 120, others: 900 };

/** The objects of a project's route on a cluster. */
export function routeObjects({
  project,
  cluster,
}: Pick<RouteStepInput, 'project' | 'cluster'>): readonly KubernetesObject[] {
  return planRoute({ project, cluster, listenerPorts: cluster.listenerPorts ?? usualPorts });
}

/**
 * Applies all but the routes themselves, and waits for nothing: certificates are issued while the components roll out,
 * and nobody is led to pods that do not serve yet. Where a route is open already there is nothing to prepare.
 * @throws StepFailed where the server refuses an object; UserMistake where someone else manages its fields
 */
export async function prepareRoute(context: Context, input: Omit<RouteStepInput, 'release'>): Promise<void> {
  const { client, cluster, project } = input;
  const objects = routeObjects({ project, cluster });
  const gateway = objects.find(({ kind }) => kind === 'Gateway');
  if (gateway === undefined || (await getObject(client, keyOf(gateway), context.signal)) !== undefined)
    return;
  const early = objects.filter(({ kind }) => kind !== 'HTTPRoute');
  const namespace = namespaceFor(project.target.namespace);
  const prepared = [namespace, ...credentials(input), ...early];
  await apply(context, client, prepared, { step: 'route', project: project.name });
}

/**
 * Opens the project to its users: certificate, gateway, routes; waits until the certificate is issued and the routes
 * are accepted.
 * @returns the URL, and the authority to trust for it
 * @throws StepFailed where the certificate or the gateway does not become ready
 */
export function openRoute(context: Context, input: RouteStepInput): Promise<Route> {
  const { client, cluster, project, release } = input;
  const url = publicUrl(input);
  return timed(context, 'route', `open ${url}`, async () => {
    const objects = routeObjects(input);
    const options = { step: 'route', project: project.name, settled: input.settled } as const;
    await apply(context, client, [...credentials(input), ...objects], options);
    const deadline =
      cluster.acme === undefined && cluster.point === undefined ? deadlines.own : deadlines.others;
    await askAuthority(context, input, (within) =>
      waitUntilReady(within, client, objects, { step: 'route', deadline }),
    );
    if (input.settled?.nothingLeaves !== true)
      await prune(context, client, {
        ...options,
        namespace: release.namespace,
        wanted: objects,
      });
    const authority = await authorityFor(context, client, release.namespace, cluster);
    if (cluster.entry === undefined && cluster.acme === undefined) {
      const text =
        "the certificate is from an authority of the system's own, which browsers do not know; `acme` of the target names a public one";
      context.emit({ kind: 'note', step: 'route', text });
    }
    const way = await untilWayIn(context, { client, cluster, url, namespace: release.namespace });
    if (way.gateway !== undefined) await cluster.point?.(way.gateway);
    const result = { url, ...(authority === undefined ? {} : { authority }), ...issuedBy(cluster), ...way };
    return { text: `${url} is open`, result };
  });
}

/** What shows in the zone that the domain is ours; not among the route's objects, which releases record. */
function credentials({ cluster: { acme }, project }: Pick<RouteStepInput, 'cluster' | 'project'>) {
  if (acme?.credentials === undefined) return [];
  const { name, data } = acme.credentials;
  const encoded = Object.entries(data).map(([key, secret]) => [
    key,
    Buffer.from(secret.reveal()).toString('base64'),
  ]);
  const secret: SecretObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: project.target.namespace, labels: { [label.partOf]: project.name } },
    data: Object.fromEntries(encoded),
  };
  return [secret];
}

/** Opens the route that an earlier release had; waits for nothing: its certificate is there. */
export async function reopenRoute(
  context: Context,
  {
    client,
    project,
    objects,
  }: Pick<RouteStepInput, 'client' | 'project'> & {
    readonly objects: readonly KubernetesObject[];
  },
): Promise<void> {
  const options = { step: 'route', project: project.name } as const;
  await apply(context, client, objects, { ...options, force: true });
  await prune(context, client, { ...options, namespace: project.target.namespace, wanted: objects });
}

/**
 * The route that a project has now, without changing anything: what users reach the version by that runs.
 * @returns undefined where none is open yet
 */
export async function routeNow(
  context: Context,
  { client, cluster, project }: Omit<RouteStepInput, 'release'>,
): Promise<Route | undefined> {
  const { namespace } = project.target;
  const routes = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    namespace,
    labels: ownedBy(project.name, 'route'),
  };
  if ((await list(client, routes, context.signal)).length === 0) return undefined;
  const [authority, way] = await Promise.all([
    authorityFor(context, client, namespace, cluster),
    wayIn(context, client, namespace, cluster),
  ]);
  const url = publicUrl({ project, cluster });
  return { url, ...(authority === undefined ? {} : { authority }), ...issuedBy(cluster), ...way };
}

function issuedBy({ acme }: Pick<Cluster, 'acme'>): Pick<Route, 'issuedBy'> {
  return acme === undefined ? {} : { issuedBy: acme.server };
}

/** The authority to trust; undefined where it is a public one, which everybody trusts. */
async function authorityFor(
  context: Context,
  client: KubernetesClient,
  namespace: string,
  { acme }: Pick<Cluster, 'acme'>,
): Promise<string | undefined> {
  return acme === undefined ? authorityOf(context, client, namespace) : acme.authority;
}

/** The authority's certificate as the Secret of the users' certificate names it; its key is not read. */
export async function authorityOf(
  context: Context,
  client: KubernetesClient,
  namespace: string,
): Promise<string> {
  const key = { apiVersion: 'v1', kind: 'Secret', name: names.certificate, namespace };
  // One that was exchanged is trusted by its own certificate, not by the one that has signed it for a while.
  const [secret, next] = await Promise.all([
    getObject<SecretObject>(client, key, context.signal),
    getObject<SecretObject>(client, { ...key, name: names.nextAuthority }, context.signal),
  ]);
  const exchanged = next?.data?.['ca.crt'];
  if (exchanged !== undefined) return Buffer.from(exchanged, 'base64').toString('utf8');
  if (secret === undefined)
    throw new StepFailed({
      what: 'the system has no certificate yet',
      where: { object: `${namespace}/secret/${names.certificate}` },
      next: 'Run `ptp up` first.',
    });
  const encoded = secret.data?.['ca.crt'];
  if (encoded === undefined)
    throw new StepFailed({
      what: 'the certificate was issued without its authority',
      where: { object: `${namespace}/secret/${names.certificate}` },
      next: 'Delete this Secret; cert-manager makes it anew. Then run `ptp up` again.',
    });
  return Buffer.from(encoded, 'base64').toString('utf8');
}
