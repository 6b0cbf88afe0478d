import { admitImages } from './admission/step.ts';
import type { Returned } from './cli/actions.ts';
import { UserMistake } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import type { HeldLease } from './kubernetes/lease.ts';
import { openDoor } from './opening.ts';
import type { Project } from './project/project.ts';
import { missingImages } from './registry/missing-images.ts';
import {
  changedServices,
  imagesOfReleases,
  meantToRun,
  type ReleaseRecord,
  releaseBefore,
  servingRelease,
} from './releases/record.ts';
import { withRevisions } from './releases/revisions.ts';
import { readReleases } from './releases/store.ts';
import { beginRelease, keepRecord, lockProject } from './releasing.ts';
import { bindingRevisions } from './services/revisions.ts';
import { signedFor } from './signed-for.ts';
import { bringBack } from './taking-back.ts';
import { measureRollout } from './traffic/step.ts';

/** Where a release is made that runs what an earlier one did. */
export interface ReturnPlace {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
}

/** What may be said about a return. */
export interface ReturnOptions {
  /** The release; absent: the one before what serves. */
  readonly to?: number | undefined;
  /** Whether it ends when the last old pod has gone, and not already when it serves; so unless told. */
  readonly wait?: boolean;
}

/**
 * Returns to an earlier release, to the one before what serves unless a number is named. Nothing is built: its images
 * are in the registry, which is asked first. It becomes a release of its own, so that it can be undone as well.
 * Migrations are not undone: the expand, migrate, contract order is what lets an earlier version run.
 * @throws UserMistake where there is no such release, or its images are gone
 */
export async function rollBack(
  context: Context,
  place: ReturnPlace,
  options: ReturnOptions = {},
): Promise<Returned> {
  const began = context.clock.monotonic();
  const lease = await lockProject(context, place.client, place.project);
  try {
    const { servedAt, from: _, ...returned } = await rollBackLocked(context, place, lease, options);
    return { ...returned, serving: (servedAt - began) / 1000 };
  } finally {
    await lease.release();
  }
}

/**
 * As `rollBack`, for who holds the project's lease.
 * @returns `from`: the release that served before; `servedAt`: the moment when the other one did (monotonic milliseconds)
 */
export async function rollBackLocked(
  context: Context,
  place: ReturnPlace,
  lease: HeldLease,
  { to, wait = true }: ReturnOptions = {},
): Promise<Omit<Returned, 'serving'> & { readonly from: number; readonly servedAt: number }> {
  const { client, cluster, project } = place;
  const records = await readReleases(context, client, project);
  const target = chosen(records, to);
  const lost = await missingImages(context, cluster.registry, target.images);
  if (lost.length > 0)
    throw new UserMistake({
      what: `the registry no longer has the images of release ${target.number}`,
      next: 'Check out the sources it was made from and run `ptp up`; `ptp history` names the commit.',
      details: lost,
    });
  const recorded = imagesOfReleases([...records, target]);
  const verify = signedFor(context, cluster, project);
  const { unsigned } = await admitImages(context, {
    client,
    cluster,
    project,
    images: [],
    recorded,
    verify,
  });
  const left = new Set(await unsigned);
  const unproven = target.images.filter(({ reference }) => left.has(reference));
  if (unproven.length > 0)
    throw new UserMistake({
      what: `images of release ${target.number} are not signed with the project's key: the cluster refuses them`,
      next: 'Check out the sources it was made from and run `ptp up`; `ptp history` names the commit.',
      details: unproven.map(({ reference }) => reference),
    });
  tellServices(context, records, target);
  const { servedAt, number, rolled, traffic } = await rerun(context, place, lease, {
    records,
    target,
    backTo: target.backTo ?? target.number,
    wait,
  });
  return {
    from: servingRelease(records)?.number ?? number,
    number,
    backTo: target.number,
    rolled,
    servedAt,
    ...(traffic === undefined ? {} : { traffic }),
  };
}

/** Says which services are not as the release had them: they stay as they are. */
function tellServices(
  { emit }: Context,
  records: readonly ReleaseRecord[],
  { number, manifests }: ReleaseRecord,
): void {
  const other = changedServices(records, manifests);
  if (other.length === 0) return;
  const text = `services stay as they are, and not as release ${number} had them: ${other.join(', ')}`;
  emit({ kind: 'note', step: 'deploy', text });
}

/**
 * Has what serves read the credentials of services anew: its pods are replaced where these are others than those that
 * they began with. It becomes a release of its own; nothing is built and nothing migrated.
 * @returns the components whose pods were replaced
 */
export async function rereadBindings(
  context: Context,
  place: ReturnPlace,
  lease: HeldLease,
): Promise<readonly string[]> {
  const records = await readReleases(context, place.client, place.project);
  const target = servingRelease(records);
  if (target === undefined)
    throw new UserMistake({ what: 'nothing was released here yet', next: 'Run `ptp up`.' });
  const { backTo } = target;
  return (await rerun(context, place, lease, { records, target, backTo, wait: true })).rolled;
}

interface Rerun {
  readonly records: readonly ReleaseRecord[];
  readonly target: ReleaseRecord;
  readonly backTo: number | undefined;
  readonly wait: boolean;
}

/** Makes a release that runs what another one ran, with the credentials of today. */
async function rerun(
  context: Context,
  { client, cluster, project }: ReturnPlace,
  lease: HeldLease,
  { records, target, backTo, wait }: Rerun,
) {
  const { images, source, migrations } = target;
  const { services = target.manifests.services } = meantToRun(records)?.manifests ?? {};
  const revised = withRevisions(target.manifests, await bindingRevisions(context, client, project));
  // Services stay as they are: a database does not go back and forth with those that use it.
  const manifests = { ...revised, services };
  const release = await beginRelease(
    context,
    { client, project, records },
    {
      images,
      manifests,
      ...(source === undefined ? {} : { source }),
      migrations: migrations.map((one) => ({ ...one, ran: false })),
      changes: [],
      ...(backTo === undefined ? {} : { backTo }),
    },
  );
  const traffic = measureRollout(
    context,
    project,
    Promise.resolve({ client, cluster, route: () => openDoor(context, { client, cluster, project }) }),
  );
  try {
    const run = { number: target.number, manifests };
    const rolled = await bringBack(context, { client, project, beforeRollout: traffic.change }, run);
    const servedAt = context.clock.monotonic();
    const measured = await traffic.finish({ wait });
    await keepRecord(context, cluster.registry, await release.serves(rolled, measured?.result));
    return { number: release.number, rolled, servedAt, traffic: measured?.result };
  } catch (error) {
    if (lease.lost.aborted) throw lease.lost.reason;
    throw await release.failed(error, { measure: async () => (await traffic.finish())?.result });
  }
}

function chosen(records: readonly ReleaseRecord[], to: number | undefined): ReleaseRecord {
  const serving = servingRelease(records);
  if (serving === undefined)
    throw new UserMistake({ what: 'nothing was released here yet', next: 'Run `ptp up`.' });
  if (to === undefined) {
    const before = releaseBefore(records);
    if (before !== undefined) return before;
    throw new UserMistake({
      what: `there is no release before ${serving.number} that ran something else`,
      next: 'Run `ptp history`, and name one: `ptp rollback 3`.',
    });
  }
  const found = records.find(({ number }) => number === to);
  const had = records.filter(({ state }) => state === 'serving').map(({ number }) => number);
  if (found === undefined)
    throw new UserMistake({ what: `there is no release ${to}`, next: `There are ${had.join(', ')}.` });
  if (found.state !== 'serving')
    throw new UserMistake({
      what: `release ${to} never served: it is ${found.state}`,
      next: `Those that did: ${had.join(', ')}.`,
    });
  return found;
}
