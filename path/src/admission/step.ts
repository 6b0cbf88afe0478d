import { StepFailed } from '../core/failure.ts';
import type { Cluster, PublishedImage } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { missingRights, rightsText } from '../kubernetes/access-review.ts';
import { admissionRights } from '../kubernetes/admission-rights.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { keyOf, objectName } from '../kubernetes/objects.ts';
import { objectPath, resourceOf } from '../kubernetes/resources.ts';
import type { Project } from '../project/project.ts';
import { type Listed, readList, writeList } from './listed.ts';
import { type LiveImages, liveImages } from './live.ts';
import { takeBack } from './managed.ts';
import { planAdmission } from './plan.ts';
import { type Asked, untilAdmitted, untilRefusing } from './settle.ts';

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
 * Where the credentials do not suffice for the policy, a warning says so.
 * @throws UserMistake where somebody else manages a field of the policy; StepFailed where the cluster refuses it
 */
export function admitImages(context: Context, input: AdmissionInput): Promise<void> {
  const { client, cluster, project, images } = input;
  const { namespace } = project.target;
  return timed(context, 'admission', `let only images of releases into ${namespace}`, async () => {
    const [missing, listed, live] = await Promise.all([
      cluster.provider === 'local' ? [] : missingRights(client, admissionRights(namespace)),
      readList(client, project, context.signal),
      liveImages(client, project, context.signal),
    ]);
    const references = await admittedOf(input, listed, live);
    const plan = planAdmission(project);
    // The list first: a policy without one lets nothing in.
    const rewritten = await writeList(context, client, project, references, listed);
    const guards = missing.length === 0 ? [plan.policy, plan.binding] : [];
    const changes = await apply(context, client, guards, { step: 'admission', project: project.name });
    const taken = await takeBack(context, client, guards, changes);
    const asked = { client, project, policy: plan.policy };
    // The list is one text: where the server knows the newest of its images, it knows all.
    const newest = references.find((one) => !listed.references.includes(one)) ?? images[0]?.reference;
    if (newest !== undefined) {
      const guarded = taken || changes.some(({ change }) => change !== 'unchanged');
      if (guarded) await untilRefusing(context, asked, newest);
      if (guarded || rewritten) await untilAdmitted(context, asked, newest);
    }
    if (missing.length > 0 && !(await heldByOthers(asked, context.signal))) {
      const words = `the credentials may not ${rightsText(missing)}`;
      context.emit({
        kind: 'warning',
        step: 'admission',
        problem: {
          what: `the cluster takes any image into ${namespace}: ${words}`,
          where: { object: objectName(plan.policy) },
          next: 'Ask whoever runs the cluster for these rights, or to run `ptp up` once.',
        },
      });
      return { result: undefined, text: `${namespace} takes any image` };
    }
    const count = references.length === 1 ? '1 image' : `${references.length} images`;
    return { result: undefined, text: `${count} may run in ${namespace}` };
  });
}

/**
 * What may run from now on. What runs now stays if it was let in: that it runs is no reason to let it in. Where no list
 * is yet, that is what the path has applied from the project's own part of the registry.
 */
async function admittedOf(
  { cluster, images, recorded = [], verify }: AdmissionInput,
  listed: Listed,
  { used, applied }: LiveImages,
): Promise<readonly string[]> {
  const { name, prefix } = cluster.registry;
  const place = prefix === '' ? `${name}/` : `${name}/${prefix}/`;
  const kept = listed.written
    ? used.filter((reference) => listed.references.includes(reference))
    : applied.filter((reference) => reference.startsWith(place));
  const built = images.map(({ reference }) => reference);
  const known = new Set([...built, ...listed.references]);
  const all = [...new Set([...built, ...recorded, ...kept])].sort();
  for (const reference of all) {
    if (!/^[^@\s]+@sha256:[0-9a-f]{64}$/.test(reference))
      throw new StepFailed({ what: `${reference} does not name its digest; only digests are let in` });
    if (!known.has(reference)) await verify?.(reference);
  }
  return all;
}

/** Whether somebody with more rights has made the policy; not, where the credentials may not look. */
async function heldByOthers({ client, policy }: Asked, signal: AbortSignal): Promise<boolean> {
  const resource = await resourceOf(client, policy);
  if (resource === undefined) return false;
  return client.get(objectPath(keyOf(policy), resource), {}, signal).then(
    () => true,
    () => false,
  );
}
