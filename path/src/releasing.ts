import type { PlannedChange } from './core/event.ts';
import { type Problem, StepFailed, UserMistake } from './core/failure.ts';
import type { PublishedImage, RegistryAccess, TrafficResult } from './core/handover.ts';
import { redeploy } from './deploy/redeploy.ts';
import type { Context } from './effects/context.ts';
import { apply } from './kubernetes/apply.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { KubernetesError } from './kubernetes/error.ts';
import { hashOf } from './kubernetes/hash.ts';
import { label } from './kubernetes/labels.ts';
import { type HeldLease, holdLease, whoIsThis } from './kubernetes/lease.ts';
import { namespaceFor } from './kubernetes/namespace.ts';
import type { Project } from './project/project.ts';
import type { SourceState } from './project/revision.ts';
import { publishDocument } from './registry/publish-document.ts';
import {
  contentOf,
  type Manifests,
  type MigrationMark,
  nextNumber,
  type ReleaseRecord,
  recordRepository,
  servicesRelease,
  servingRelease,
} from './releases/record.ts';
import { forgetReleases, writeRelease } from './releases/store.ts';
import { reopenRoute } from './route/step.ts';
import { restoreServices } from './services/step.ts';

/** Where releases are made and kept. */
export interface ReleasePlace {
  readonly client: KubernetesClient;
  readonly project: Project;
  /** Those that were made so far, the oldest first. */
  readonly records: readonly ReleaseRecord[];
}

/** What a release is to run, and what it changes. */
export interface ReleaseWish {
  readonly images: readonly PublishedImage[];
  readonly manifests: Manifests;
  readonly migrations: readonly MigrationMark[];
  readonly changes: readonly PlannedChange[];
  readonly source?: SourceState | undefined;
  readonly backTo?: number;
}

/** A release under way. */
export interface OpenRelease {
  readonly number: number;
  /** Whether it is another one than what served before. */
  readonly isNew: boolean;
  /** It has come to its end and serves; returns the record where one was written. */
  serves(rolled: readonly string[], traffic?: TrafficResult): Promise<ReleaseRecord | undefined>;
  /**
   * It has failed: what served before is brought back, and the error to throw is returned, which tells of that as well.
   * A bug, or an end by the user, brings nothing back: the next `up` goes on.
   */
  failed(error: unknown, options?: FailedOptions): Promise<unknown>;
}

/** What is known of a release that has failed. */
export interface FailedOptions {
  /** Whether its services have come up; so unless told. Where they have not, they are made as they were. */
  readonly servicesStand?: boolean;
  /** Ends the measuring of requests, which goes on until what served before does so again. */
  readonly measure?: () => Promise<TrafficResult | undefined>;
}

/**
 * One at a time changes a project in a cluster: holds its Lease, and waits for whoever holds it. The namespace is made
 * where it is not there yet.
 */
export async function lockProject(
  context: Context,
  client: KubernetesClient,
  { name, target }: Project,
): Promise<HeldLease> {
  const began = context.clock.monotonic();
  const lease = await holdLease(context, client, {
    step: 'deploy',
    namespace: target.namespace,
    name: 'ptp',
    project: name,
    async makeNamespace() {
      await apply(context, client, [namespaceFor(target.namespace)], { step: 'deploy', project: name });
    },
  });
  const seconds = (context.clock.monotonic() - began) / 1000;
  const text = `nobody else changes ${target.namespace}`;
  context.emit({ kind: 'task-done', step: 'deploy', task: 'one at a time', text, seconds });
  return lease;
}

/** Begins a release and records it as rolling; where it is what serves already, nothing is recorded. */
export async function beginRelease(
  context: Context,
  place: ReleasePlace,
  wish: ReleaseWish,
): Promise<OpenRelease> {
  const { client, project, records } = place;
  const serving = servingRelease(records);
  const last = records.at(-1);
  if (serving !== undefined && last === serving && contentOf(serving) === contentOf(wish))
    return {
      number: serving.number,
      isNew: false,
      serves: async () => undefined,
      failed: async (error) => error,
    };
  const { source, backTo, ...rest } = wish;
  const record: ReleaseRecord = {
    version: 1,
    number: nextNumber(records, wish),
    state: 'rolling',
    begun: context.clock.now().toISOString(),
    by: whoIsThis(),
    ...(source === undefined ? {} : { source }),
    ...(backTo === undefined ? {} : { backTo }),
    ...rest,
    rolled: [],
  };
  const write = async (written: ReleaseRecord) => {
    const began = context.clock.monotonic();
    await writeRelease(context, client, project, written);
    const seconds = (context.clock.monotonic() - began) / 1000;
    const text = `release ${written.number} is ${written.state}`;
    context.emit({ kind: 'task-done', step: 'deploy', task: 'record', text, seconds });
  };
  await write(record);
  const end = async (state: ReleaseRecord['state'], more: Partial<ReleaseRecord> = {}) => {
    const ended = { ...record, state, ended: context.clock.now().toISOString(), ...more };
    await write(ended);
    return ended;
  };
  let isServing = false;
  return {
    number: record.number,
    isNew: true,
    async serves(rolled, traffic) {
      const served = await end('serving', { rolled, ...(traffic === undefined ? {} : { traffic }) });
      isServing = true;
      await forgetReleases(context, client, project, records);
      return served;
    },
    async failed(error, { servicesStand = true, measure = async () => undefined } = {}) {
      if (!(error instanceof StepFailed || error instanceof UserMistake) || context.signal.aborted)
        return error;
      // What goes wrong when it serves is told, and takes nothing back.
      if (isServing) return error;
      const back = error instanceof UserMistake ? undefined : serving;
      const changed = changedServices(records, wish);
      const lost = servicesStand ? [] : changed;
      const stay = servicesStand && changed.length > 0 && back !== undefined;
      const problems = [...error.problems, ...(stay ? [stayText(changed, record.number, back)] : [])];
      const more = { problems, ...(lost.length === 0 ? {} : { servicesFailed: true as const }) };
      try {
        await end('failed', more);
        if (back === undefined) return error;
        const told = await broughtBack(context, place, { number: record.number, serving: back, lost });
        const traffic = await measure();
        if (traffic !== undefined) await end('failed', { ...more, traffic });
        const seen = traffic === undefined ? {} : { details: [seenText(traffic)] };
        const [first, ...others] = told;
        return new StepFailed([...problems, { ...first, ...seen }, ...others], { cause: error });
      } catch (again) {
        const also = problemsOf(again);
        if (also === undefined) throw again;
        const what = `release ${record.number} could not be taken back`;
        const next = 'Run `ptp up` again: it goes on from where this has ended.';
        return new StepFailed([...problems, { what, next }, ...also], { cause: error });
      }
    },
  };
}

/** The services that a release has other objects for than the cluster had before it. */
function changedServices(records: readonly ReleaseRecord[], { manifests }: ReleaseWish): readonly string[] {
  const before = new Set(servicesRelease(records)?.manifests.services.map((object) => hashOf(object)));
  const changed = manifests.services.filter((object) => !before.has(hashOf(object)));
  return [
    ...new Set(changed.map(({ metadata }) => metadata.labels?.[label.service] ?? metadata.name)),
  ].sort();
}

function stayText(services: readonly string[], number: number, serving: ReleaseRecord): Problem {
  return {
    what: `${services.join(', ')}: what release ${number} has made of ${services.length === 1 ? 'it' : 'them'} stays`,
    next: `A database that works is not started anew to take back what failed after it. Run \`ptp up\` from the sources of release ${serving.number} to have it as before.`,
  };
}

function problemsOf(error: unknown): readonly Problem[] | undefined {
  if (error instanceof StepFailed || error instanceof UserMistake) return error.problems;
  return error instanceof KubernetesError ? [error.problem ?? { what: error.message }] : undefined;
}

/** Brings back what served, with the services that have been lost; returns what to tell of it. */
async function broughtBack(
  context: Context,
  { client, project, records }: ReleasePlace,
  {
    number,
    serving,
    lost,
  }: { readonly number: number; readonly serving: ReleaseRecord; readonly lost: readonly string[] },
): Promise<readonly [Problem, ...Problem[]]> {
  const text = `release ${number} has failed: release ${serving.number} is brought back`;
  context.emit({ kind: 'note', step: 'deploy', text });
  try {
    const services = servicesRelease(records)?.manifests.services ?? [];
    if (lost.length > 0) await restoreServices(context, { client, project }, services);
    await bringBack(context, { client, project }, serving);
    const also = lost.length === 0 ? '' : `, with ${lost.join(', ')} as before`;
    return [
      {
        what: `release ${number} was taken back: release ${serving.number} serves${also}`,
        next: 'Mend what failed and run `ptp up` again; `ptp history` has both.',
      },
    ];
  } catch (again) {
    const problems = problemsOf(again);
    if (problems === undefined) throw again;
    const what = `release ${serving.number} could not be brought back`;
    return [{ what, next: 'Run `ptp status`.' }, ...problems];
  }
}

function seenText({ requests, failed, seconds }: TrafficResult): string {
  const bad = failed === 0 ? 'none failed' : `${failed} failed`;
  return `of ${requests} requests in ${seconds.toFixed(1)} s, until it served again, ${bad}`;
}

/**
 * Keeps a release's record beside its images as well, where it outlives the cluster: `…/ptp-releases:12`. A registry
 * that does not take it is told of, and the release serves all the same.
 */
export async function keepRecord(
  context: Context,
  registry: RegistryAccess,
  record: ReleaseRecord | undefined,
): Promise<void> {
  if (record === undefined) return;
  const options = {
    name: recordRepository,
    tag: String(record.number),
    type: 'application/vnd.ptp.release.v1+json',
  };
  try {
    await publishDocument(context, registry, record, options);
  } catch (error) {
    if (!(error instanceof StepFailed || error instanceof UserMistake)) throw error;
    const problem = {
      what: `the record of release ${record.number} is in the cluster alone: ${error.message}`,
      next: 'Look at the registry; the next release is kept there again.',
    };
    context.emit({ kind: 'warning', step: 'registry', problem });
  }
}

/** Makes the cluster run what a release ran. @returns the components whose pods were replaced */
export async function bringBack(
  context: Context,
  {
    client,
    project,
    beforeRollout,
  }: Omit<ReleasePlace, 'records'> & { readonly beforeRollout?: () => Promise<void> },
  { number, manifests }: Pick<ReleaseRecord, 'number' | 'manifests'>,
): Promise<readonly string[]> {
  const { ground, workloads, route } = manifests;
  const rolled = await redeploy(context, {
    client,
    project,
    name: `release ${number}`,
    ground,
    workloads,
    beforeRollout,
  });
  await reopenRoute(context, { client, project, objects: route });
  return rolled;
}
