import type { DownOptions, Lowered } from '../cli/actions.ts';
import { removeMonitoringRights } from '../cluster/kubeconfig/without-monitoring.ts';
import { StepFailed } from '../core/failure.ts';
import { monitoringNamespace } from '../core/monitoring.ts';
import type { Context } from '../effects/context.ts';
import { admissionPolicyName } from '../kubernetes/admission-rights.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { deleteObject } from '../kubernetes/delete.ts';
import { KubernetesError } from '../kubernetes/error.ts';
import { fieldManager, label, ownedBy } from '../kubernetes/labels.ts';
import { getObject, list } from '../kubernetes/list.ts';
import {
  type AnyObject,
  conditionsOf,
  type KubernetesObject,
  keyOf,
  type Namespace,
} from '../kubernetes/objects.ts';
import { pullSecretName } from '../kubernetes/pull-secret.ts';
import type { Project } from '../project/project.ts';

/** The kinds that hold no data, in the order of their removal: the way in first, what guards the pods last. */
const kinds = [
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute' },
  { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
  { apiVersion: 'cert-manager.io/v1', kind: 'Certificate' },
  { apiVersion: 'cert-manager.io/v1', kind: 'Issuer' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
] as const;

/** Seconds that pods have to end, and the namespace to go after them. */
const deadline = 180;

/**
 * Takes a project out of a cluster that goes on running. Without `data` volumes, Secrets (passwords, the certificate
 * authority) and the namespace stay, so that the next `up` finds the database as it was. A namespace that is not the
 * project's own is left alone.
 * @throws StepFailed where the namespace does not go
 */
export async function removeSystem(
  context: Context,
  client: KubernetesClient,
  project: Project,
  options: DownOptions,
): Promise<Lowered> {
  const watched = await removeMonitoring(context, client, project, options);
  if ((await ownNamespace(context, client, project)) === undefined) {
    const count = await removePolicies(context, client, project);
    const what = `the policy for images in the namespace ${project.target.namespace}`;
    return { ...watched, removed: [...(count === 0 ? [] : [what]), ...watched.removed] };
  }
  const lowered = options.data
    ? await removeAll(context, client, project, project.target.namespace)
    : await removeSystemObjects(context, client, project);
  return {
    removed: [...lowered.removed, ...watched.removed],
    kept: [...lowered.kept, ...watched.kept],
  };
}

/** What watches over the project, which is beside it; what it has measured is data as well. */
async function removeMonitoring(
  context: Context,
  client: KubernetesClient,
  project: Project,
  options: DownOptions,
): Promise<Lowered> {
  const namespace = monitoringNamespace(project.target);
  const rights = await removeMonitoringRights(context, client, project);
  if ((await ownNamespace(context, client, project, namespace)) === undefined)
    return { removed: rights === 0 ? [] : [`the rights of its monitoring (${rights} objects)`], kept: [] };
  if (options.data) return removeAll(context, client, project, namespace);
  const count = rights + (await removeObjects(context, client, project, namespace));
  return {
    removed: count === 0 ? [] : [`its monitoring from the namespace ${namespace} (${count} objects)`],
    kept: ['what its monitoring has measured'],
  };
}

/** A namespace, where it is there and the project's; the project's own unless told. */
export async function ownNamespace(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  { name, target }: Project,
  namespace: string = target.namespace,
): Promise<Namespace | undefined> {
  const key = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  try {
    const found = await getObject<Namespace>(client, key, context.signal);
    return found !== undefined && belongsTo(found, name) ? found : undefined;
  } catch (error) {
    // One that may not be looked at was not made with these credentials.
    if (namespace !== target.namespace && error instanceof KubernetesError && error.code === 403)
      return undefined;
    throw error;
  }
}

function belongsTo({ metadata: { labels = {} } }: KubernetesObject, project: string): boolean {
  return labels[label.managedBy] === fieldManager && labels[label.project] === project;
}

async function removeSystemObjects(
  context: Context,
  client: KubernetesClient,
  project: Project,
): Promise<Lowered> {
  const { namespace } = project.target;
  const count =
    (await removeObjects(context, client, project, namespace)) +
    (await removePolicies(context, client, project));
  const claims = await list(
    client,
    { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace },
    context.signal,
  );
  return {
    removed: count === 0 ? [] : [`${project.name} from the namespace ${namespace} (${count} objects)`],
    kept: claims.map(({ metadata }) => `the data of ${metadata.labels?.[label.service] ?? metadata.name}`),
  };
}

/** Takes away all that holds no data of one of the project's namespaces. @returns how many objects went */
async function removeObjects(
  context: Context,
  client: KubernetesClient,
  project: Project,
  namespace: string,
): Promise<number> {
  const labels = ownedBy(project.name);
  let count = 0;
  for (const kind of kinds) {
    const objects = await list(client, { ...kind, namespace, labels }, context.signal);
    for (const object of objects) {
      // What somebody else's object owns goes with that one.
      if ((object.metadata.ownerReferences ?? []).length > 0) continue;
      if (await removed(context, client, object)) count++;
    }
  }
  const secret = { apiVersion: 'v1', kind: 'Secret', namespace, name: pullSecretName };
  if ((await deleteObject(context, client, secret, { step: 'deploy' })) !== undefined) count++;
  return count;
}

/** Takes away what the cluster itself has of the project, the binding first. Credentials that may not have made none. */
async function removePolicies(context: Context, client: KubernetesClient, project: Project): Promise<number> {
  const name = admissionPolicyName(project.target.namespace);
  let count = 0;
  for (const kind of ['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy']) {
    try {
      const key = { apiVersion: 'admissionregistration.k8s.io/v1', kind, name };
      const found = await getObject(client, key, context.signal);
      if (found === undefined || !belongsTo(found, project.name)) continue;
      if (await removed(context, client, { ...found, ...key })) count++;
    } catch (error) {
      if (!(error instanceof KubernetesError) || error.code !== 403) throw error;
    }
  }
  return count;
}

async function removed(context: Context, client: KubernetesClient, object: AnyObject): Promise<boolean> {
  const { uid } = object.metadata;
  const expected = uid === undefined ? {} : { expected: uid };
  return (await deleteObject(context, client, keyOf(object), { step: 'deploy', ...expected })) !== undefined;
}

/**
 * Deletes the namespace and waits for its end: until then nothing can be made in it again. The pods go first, because
 * a namespace that is deleted with pods in it looks again only after half of their grace period.
 */
async function removeAll(
  context: Context,
  client: KubernetesClient,
  project: Project,
  name: string,
): Promise<Lowered> {
  const key = { apiVersion: 'v1', kind: 'Namespace', name };
  const own = name === project.target.namespace;
  const labels = own ? { labels: `${label.project}=${project.name}` } : {};
  await removeObjects(context, client, project, name);
  if (own) await removePolicies(context, client, project);
  await untilGone(context, `the pods in ${name}`, async () => {
    const pods = await list(
      client,
      { apiVersion: 'v1', kind: 'Pod', namespace: name, ...labels },
      context.signal,
    );
    return pods.map(({ metadata }) => metadata.name);
  });
  await deleteObject(context, client, key, { step: 'deploy' });
  await untilGone(context, `the namespace ${name}`, async () => {
    const left = await getObject<Namespace>(client, key, context.signal);
    return left === undefined ? [] : whyItStays(left);
  });
  return { removed: [`the namespace ${name} with all its data`], kept: [] };
}

/** Asks until nothing is left; throws StepFailed with what is, where that takes too long. */
async function untilGone(
  context: Context,
  what: string,
  ask: () => Promise<readonly string[]>,
): Promise<void> {
  const started = context.clock.monotonic();
  for (let told: string | undefined; ; ) {
    const left = await ask();
    if (left.length === 0) return;
    if (context.clock.monotonic() - started > deadline * 1000) {
      throw new StepFailed({
        what: `after ${deadline} s there still is ${what}`,
        next: 'Look at what is left; the controller that put a finalizer there has to take it away.',
        details: left,
      });
    }
    const text = `waiting for the end of ${what}`;
    if (text !== told) context.emit({ kind: 'progress', step: 'deploy', task: what, text });
    told = text;
    await context.clock.sleep(200, context.signal);
  }
}

function whyItStays(namespace: Namespace): readonly string[] {
  const told = conditionsOf(namespace)
    .filter(({ type, status }) => /Remaining|Failure/.test(type) && status === 'True')
    .map(({ message }) => message ?? '');
  return told.length === 0 ? [`namespace/${namespace.metadata.name}`] : told;
}
