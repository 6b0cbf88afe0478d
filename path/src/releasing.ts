import type { PlannedChange } from './core/event.ts';
import { StepFailed, UserMistake } from './core/failure.ts';
import type { PublishedImage, RegistryAccess, TrafficResult } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { apply } from './kubernetes/apply.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
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
  servingRelease,
} from './releases/record.ts';
import { forgetReleases, writeRelease } from './releases/store.ts';
import { type FailedOptions, takenBack } from './taking-back.ts';

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
    async failed(error, options) {
      if (!(error instanceof StepFailed || error instanceof UserMistake) || context.signal.aborted)
        return error;
      // What goes wrong when it serves is told, and takes nothing back.
      if (isServing) return error;
      const ended = (more: Partial<ReleaseRecord>) => end('failed', more);
      return takenBack(context, place, { error, number: record.number, wish, serving, ended }, options);
    },
  };
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
