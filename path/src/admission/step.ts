import { StepFailed } from '../core/failure.ts';
import type { Cluster, PublishedImage } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { missingRights, rightsText } from '../kubernetes/access-review.ts';
import { admissionNames } from '../kubernetes/admission-names.ts';
import { admissionRights, listRight } from '../kubernetes/admission-rights.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { getObject } from '../kubernetes/list.ts';
import { type ConfigMap, keyOf } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { type LiveImages, liveImages } from './live.ts';
import { managedKeys, takeBack } from './managed.ts';
import { planAdmission, referencesIn } from './plan.ts';
import { untilAdmitted, untilRefusing } from './settle.ts';

/** What the step works on. */
export interface AdmissionInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
  /** What this run has built itself, for components and services. */
  readonly images: readonly PublishedImage[];
  /** References by digest of the releases that the project can go back to. */
  readonly recorded?: readonly string[];
  /**
   * Looks whether an image that this run has not built came out of the path, by its signature; throws where it has not.
   * Called for each that the list does not have yet. Absent: they are taken at the caller's word.
   */
  readonly verify?: (reference: string) => Promise<void>;
}

/**
 * Lets the images of a release into the project's namespace, and has the cluster refuse every other one: to be called
 * before anything is applied that runs them. Returns when the API server has taken notice. Images that run now stay
 * listed, since their pods may have to be started again; those that nothing uses any more leave the list.
 * Where the credentials do not suffice for that, a warning says so and the cluster takes any image.
 * @throws UserMistake where somebody else manages a field of the policy; StepFailed where the cluster refuses it
 */
export function admitImages(context: Context, input: AdmissionInput): Promise<void> {
  const { namespace } = input.project.target;
  return timed(context, 'admission', `let only images of releases into ${namespace}`, async () => {
    const { client, cluster, project } = input;
    const [scope, listed, live] = await Promise.all([
      scopeOf(context, client, cluster, project),
      listedIn(client, project, context.signal),
      liveImages(client, project, context.signal),
    ]);
    if (scope === 'none') return { result: undefined, text: `${namespace} takes any image` };
    const references = await admittedOf(input, listed, live);
    const plan = planAdmission(project, references);
    const objects =
      scope === 'list' ? [plan.list] : [...plan.namespaces, plan.list, plan.policy, plan.binding];
    const changes = await apply(context, client, objects, { step: 'admission', project: project.name });
    await takeBack(context, client, objects, changes);
    const changed = (kinds: readonly string[]) =>
      changes.some(({ change, after }) => change !== 'unchanged' && kinds.includes(after?.kind ?? ''));
    const policies = changed([plan.policy.kind, plan.binding.kind]);
    if (policies) await untilRefusing(context, client, plan.policy, project, input.images);
    if (policies || changed([plan.list.kind]))
      await untilAdmitted(context, client, plan.policy, project, input.images);
    return { result: undefined, text: `${references.length} images may run in ${namespace}` };
  });
}

/** What the credentials suffice for; elsewhere than on this machine somebody else may have made the policy. */
async function scopeOf(
  context: Context,
  client: KubernetesClient,
  cluster: Cluster,
  { target: { namespace } }: Project,
): Promise<'all' | 'list' | 'none'> {
  if (cluster.provider === 'local') return 'all';
  const missing = await missingRights(client, admissionRights(namespace));
  if (missing.length === 0) return 'all';
  const names = admissionNames(namespace);
  const mayList = !missing.some(({ resource }) => resource === listRight(namespace).resource);
  const place = { apiVersion: 'v1', kind: 'Namespace', name: names.namespace };
  if (mayList && (await getObject(client, place, context.signal)) !== undefined) return 'list';
  context.emit({
    kind: 'warning',
    step: 'admission',
    problem: {
      what: `the cluster takes any image into ${namespace}: the credentials may not ${rightsText(missing)}`,
      next: `Ask whoever runs the cluster to make the policy ${names.policy} (docs/decisions/0035-admission.md says how), or for these rights.`,
    },
  });
  return 'none';
}

/** What the list names by the path's own hand; undefined where there is none. */
async function listedIn(
  client: KubernetesClient,
  project: Project,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { list } = planAdmission(project, []);
  const live = await getObject<ConfigMap>(client, keyOf(list), signal);
  if (live === undefined) return undefined;
  const ours = managedKeys(live, 'data');
  return referencesIn(Object.fromEntries(Object.entries(live.data ?? {}).filter(([key]) => ours.has(key))));
}

/**
 * What may run from now on. What runs now stays if it was let in: that it runs is no reason to let it in. Where no list
 * is yet, that is what the path has applied from the project's own part of the registry.
 */
async function admittedOf(
  { cluster, images, recorded = [], verify }: AdmissionInput,
  listed: readonly string[] | undefined,
  { used, applied }: LiveImages,
): Promise<readonly string[]> {
  const { name, prefix } = cluster.registry;
  const place = [name, prefix, ''].filter((part, index) => part !== '' || index === 2).join('/');
  const kept =
    listed === undefined
      ? applied.filter((reference) => reference.startsWith(place))
      : used.filter((reference) => listed.includes(reference));
  const built = images.map(({ reference }) => reference);
  const known = new Set([...built, ...(listed ?? [])]);
  const all = [...new Set([...built, ...recorded, ...kept])].sort();
  for (const reference of all) {
    if (!/@sha256:[0-9a-f]{64}$/.test(reference))
      throw new StepFailed({ what: `${reference} does not name its digest; only digests are let in` });
    if (!known.has(reference)) await verify?.(reference);
  }
  return all;
}
