import { admitImages } from './admission/step.ts';
import type { Returned } from './cli/actions.ts';
import { UserMistake } from './core/failure.ts';
import type { Cluster } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { openDoor } from './opening.ts';
import type { Project } from './project/project.ts';
import { missingImages } from './registry/missing-images.ts';
import { imagesOfReleases, type ReleaseRecord, releaseBefore, servingRelease } from './releases/record.ts';
import { readReleases } from './releases/store.ts';
import { beginRelease, bringBack, keepRecord, lockProject } from './releasing.ts';
import { signedFor } from './signed-for.ts';
import { measureRollout } from './traffic/step.ts';

/**
 * Returns to an earlier release, to the one before what serves unless a number is named. Nothing is built: its images
 * are in the registry, which is asked first. It becomes a release of its own, so that it can be undone as well.
 * Migrations are not undone: the expand, migrate, contract order is what lets an earlier version run.
 * @throws UserMistake where there is no such release, or its images are gone
 */
export async function rollBack(
  context: Context,
  {
    client,
    cluster,
    project,
  }: { readonly client: KubernetesClient; readonly cluster: Cluster; readonly project: Project },
  { to, wait = true }: { readonly to?: number | undefined; readonly wait?: boolean } = {},
): Promise<Returned> {
  const began = context.clock.monotonic();
  const lease = await lockProject(context, client, project);
  try {
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
    const { images, manifests, source, migrations } = target;
    const release = await beginRelease(
      context,
      { client, project, records },
      {
        images,
        manifests,
        ...(source === undefined ? {} : { source }),
        migrations: migrations.map((one) => ({ ...one, ran: false })),
        changes: [],
        backTo: target.backTo ?? target.number,
      },
    );
    const traffic = measureRollout(
      context,
      project,
      Promise.resolve({ client, cluster, route: () => openDoor(context, { client, cluster, project }) }),
    );
    try {
      const rolled = await bringBack(context, { client, project, beforeRollout: traffic.change }, target);
      const serving = context.clock.monotonic();
      const measured = await traffic.finish({ wait });
      await keepRecord(context, cluster.registry, await release.serves(rolled, measured?.result));
      return {
        number: release.number,
        backTo: target.number,
        rolled,
        serving: (serving - began) / 1000,
        ...(measured === undefined ? {} : { traffic: measured.result }),
      };
    } catch (error) {
      if (lease.lost.aborted) throw lease.lost.reason;
      throw await release.failed(error, async () => (await traffic.finish())?.result);
    }
  } finally {
    await lease.release();
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
