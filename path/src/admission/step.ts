import { type Problem, StepFailed } from '../core/failure.ts';
import type { Cluster, PublishedImage } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import { timed } from '../effects/timed.ts';
import { missingRights, type Right, rightsText } from '../kubernetes/access-review.ts';
import { acmeSolverImage } from '../kubernetes/acme-solver.ts';
import { admissionRights } from '../kubernetes/admission-rights.ts';
import { apply } from '../kubernetes/apply.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { type KubernetesObject, keyOf, objectName } from '../kubernetes/objects.ts';
import { objectPath, resourceOf } from '../kubernetes/resources.ts';
import type { Project } from '../project/project.ts';
import { type Listed, readList, writeList } from './listed.ts';
import { type LiveImages, liveImages } from './live.ts';
import { takeBack } from './managed.ts';
import { planAdmission } from './plan.ts';
import { type Asked, untilAdmitted, untilRefusing } from './settle.ts';

const nothing: LiveImages = { used: [], applied: [] };

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
   * Whether an image that this run has not built came out of the path, by its signature; one that has not is told of and
   * left out. Called for each that the list does not have yet. Absent: they are taken at the caller's word.
   */
  readonly verify?: (reference: string) => Promise<boolean>;
}

/** What came of it. */
export interface Admission {
  /**
   * Resolves when the cluster refuses every other image: an API server heeds a new policy up to a second after it was
   * written. Rejects with StepFailed where it does not come to that, and with UserMistake where somebody else manages a
   * field of the policy.
   */
  readonly inForce: Promise<void>;
  /** Those of `recorded` that were left out, for want of a signature. */
  readonly unsigned: Promise<readonly string[]>;
}

interface LetIn {
  /** What to ask about, where the policy has only now been made. */
  readonly asked: Asked | undefined;
  readonly unsigned: readonly string[];
}

/**
 * Lets the images of a release into the project's namespace, and has the cluster refuse every other one: to be called
 * before anything is applied that runs them. Returns when the API server takes them, which is at once where those
 * that were built are listed already; the rest is done meanwhile. Images that run now stay listed, since their pods may have to be started
 * again; those that nothing uses any more leave the list. Where the credentials do not suffice for the policy, a warning
 * says so.
 * @throws as `inForce` does
 */
export async function admitImages(context: Context, input: AdmissionInput): Promise<Admission> {
  const listed = await readList(input.client, input.project, context.signal);
  const admitted = letIn(context, input, listed);
  const inForce = admitted.then(({ asked }) =>
    asked === undefined ? undefined : untilRefusing(context, asked),
  );
  const unsigned = admitted.then((done) => done.unsigned);
  for (const one of [inForce, unsigned]) one.catch(() => {}); // told where it is waited for
  const built = input.images.map(({ reference }) => reference);
  const needed = built.length === 0 ? releaseOf(input) : built;
  if (!needed.every((reference) => listed.references.includes(reference))) await admitted;
  return { inForce, unsigned };
}

function letIn(context: Context, input: AdmissionInput, listed: Listed): Promise<LetIn> {
  const { client, cluster, project } = input;
  const { namespace } = project.target;
  return timed(context, 'admission', `let only images of releases into ${namespace}`, async () => {
    const [missing, { references, unsigned }] = await Promise.all([
      cluster.provider === 'local' ? [] : missingRights(client, admissionRights(namespace)),
      admittedOf(context, input, listed),
    ]);
    const plan = planAdmission(project);
    // The list first: a policy without one lets nothing in.
    const rewritten = await writeList(context, client, project, references, listed);
    const guards = missing.length === 0 ? [plan.policy, plan.binding] : [];
    const changes = await apply(context, client, guards, { step: 'admission', project: project.name });
    const taken = await takeBack(context, client, guards, changes);
    // The list is one text: where the server knows the newest of its images, it knows all.
    const newest = references.find((one) => !listed.references.includes(one)) ?? references[0];
    const asked = newest === undefined ? undefined : { client, project, policy: plan.policy, listed: newest };
    if (rewritten && asked !== undefined) await untilAdmitted(context, asked);
    const open = missing.length > 0 && !(await heldByOthers(client, plan.policy, context.signal));
    if (open) context.emit({ kind: 'warning', step: 'admission', problem: openDoor(plan.policy, missing) });
    const count = references.length === 1 ? '1 image' : `${references.length} images`;
    const guarded = taken || changes.some(({ change }) => change !== 'unchanged');
    return {
      result: { asked: guarded ? asked : undefined, unsigned },
      text: `${open ? 'any image' : count} may run in ${namespace}`,
    };
  });
}

function openDoor(policy: KubernetesObject, missing: readonly Right[]): Problem {
  return {
    what: `the cluster runs any image, also one of no release: the credentials may not ${rightsText(missing)}`,
    where: { object: objectName(policy) },
    next: 'Ask whoever runs the cluster for these rights, or to run `ptp up` once.',
  };
}

/** The image of the pods that show an authority that the domain is ours, where that is how it is shown. */
async function solverOf(
  { client, cluster: { acme } }: Pick<AdmissionInput, 'client' | 'cluster'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (acme === undefined || acme.dns01 !== undefined) return [];
  const image = await acmeSolverImage(client, signal);
  return image === undefined || !byDigest.test(image) ? [] : [image];
}

const byDigest = /^[^@\s]+@sha256:[0-9a-f]{64}$/;

/** What this release, and those that the project can go back to, run. */
function releaseOf({ images, recorded = [] }: AdmissionInput): readonly string[] {
  return [...new Set([...images.map(({ reference }) => reference), ...recorded])].sort();
}

/**
 * What may run from now on. What runs now stays if it was let in: that it runs is no reason to let it in. Where no list
 * is yet, that is what the path has applied from the project's own part of the registry.
 */
async function admittedOf(
  { signal, emit }: Pick<Context, 'signal' | 'emit'>,
  input: AdmissionInput,
  listed: Listed,
): Promise<{ readonly references: readonly string[]; readonly unsigned: readonly string[] }> {
  const { client, cluster, project, images, verify } = input;
  const release = releaseOf(input);
  // Where the list has nothing more, nothing can leave it, and nothing has to be looked for.
  const look = !listed.written || listed.references.some((reference) => !release.includes(reference));
  const { used, applied } = look ? await liveImages(client, project, signal) : nothing;
  const { name, prefix } = cluster.registry;
  const place = prefix === '' ? `${name}/` : `${name}/${prefix}/`;
  const kept = listed.written
    ? used.filter((reference) => listed.references.includes(reference))
    : applied.filter((reference) => reference.startsWith(place));
  // What is kept is not asked for: to leave out what runs would only end it.
  const solver = await solverOf(input, signal);
  const known = new Set([
    ...images.map(({ reference }) => reference),
    ...listed.references,
    ...kept,
    ...solver,
  ]);
  const all = [...new Set([...release, ...kept, ...solver])].sort();
  for (const reference of all)
    if (!byDigest.test(reference))
      throw new StepFailed({ what: `${reference} does not name its digest; only digests are let in` });
  const good = await Promise.all(
    all.map(async (reference) => known.has(reference) || (await verify?.(reference)) !== false),
  );
  const unsigned = all.filter((_, index) => good[index] === false);
  if (unsigned.length > 0) emit({ kind: 'warning', step: 'admission', problem: unsignedProblem(unsigned) });
  return { references: all.filter((_, index) => good[index] !== false), unsigned };
}

function unsignedProblem(references: readonly string[]): Problem {
  return {
    what: `${references.length} images of earlier releases are not signed with the project's key: they are not let in`,
    next: 'Nothing to do, unless one of these releases is to be gone back to: build it from its commit then.',
    details: references.slice(0, 5),
  };
}

/** Whether somebody with more rights has made the policy; not, where the credentials may not look. */
async function heldByOthers(
  client: KubernetesClient,
  policy: KubernetesObject,
  signal: AbortSignal,
): Promise<boolean> {
  const resource = await resourceOf(client, policy);
  if (resource === undefined) return false;
  return client.get(objectPath(keyOf(policy), resource), {}, signal).then(
    () => true,
    () => false,
  );
}
