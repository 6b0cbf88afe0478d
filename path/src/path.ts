import { admitImages } from './admission/step.ts';
import { installParts, type Parts } from './cluster/parts.ts';
import type { Groundwork } from './cluster/provider.ts';
import { startCluster } from './cluster/step.ts';
import { StepFailed } from './core/failure.ts';
import type { Binding, Cluster, Release, Route, TrafficResult } from './core/handover.ts';
import { deployAhead, deployComponents } from './deploy/step.ts';
import { asWarnings } from './effects/as-warnings.ts';
import type { Context } from './effects/context.ts';
import { connect, type KubernetesClient } from './kubernetes/client.ts';
import type { HeldLease } from './kubernetes/lease.ts';
import { tellLostData } from './lost-data.ts';
import { withLostParts } from './lost-parts.ts';
import { type ObserveStepInput, observeSystem } from './observe/step.ts';
import { openDoor } from './opening.ts';
import { type PlanningInput, planFirst, planRelease, type ReleasePlan } from './planning.ts';
import type { Project } from './project/project.ts';
import { sourceOf } from './project/revision.ts';
import { checkUncommitted } from './project/uncommitted.ts';
import { proveServing } from './prove/step.ts';
import { publish, publishPart, resendPart } from './publishing.ts';
import { pullCredentials } from './registry/pull-credentials.ts';
import { imagesOfReleases } from './releases/record.ts';
import { readReleases } from './releases/store.ts';
import { beginRelease, keepRecord, lockProject } from './releasing.ts';
import { openRoute, prepareRoute } from './route/step.ts';
import { provisionServices } from './services/step.ts';
import { signedFor } from './signed-for.ts';
import { measureRollout } from './traffic/step.ts';

/** What a walk along the whole path brought about. */
export interface Arrival {
  readonly release: Release;
  readonly route: Route;
  /** The release's number, and whether it is another one than before. */
  readonly record: { readonly number: number; readonly isNew: boolean };
  /** What requests saw while pods were replaced; absent where none were. */
  readonly traffic?: TrafficResult;
}

/** What may be said about a walk. */
export interface WalkOptions {
  /** Whether it ends when the last old pod has gone, and not already when the new version serves; so unless told. */
  readonly wait?: boolean;
}

/**
 * The path to production, in order: source → image → cluster → registry → services → deploy → route → users. Images
 * are built while the cluster starts, and the cluster's own parts are put into it beside everything else.
 */
export async function up(given: Context, project: Project, options: WalkOptions = {}): Promise<Arrival> {
  // What fails first ends what runs beside it.
  const failed = new AbortController();
  const context = { ...given, signal: AbortSignal.any([given.signal, failed.signal]) };
  try {
    return await walk(context, project, options);
  } catch (error) {
    failed.abort(error);
    throw given.signal.aborted ? given.signal.reason : error;
  }
}

async function walk(context: Context, project: Project, options: WalkOptions): Promise<Arrival> {
  const source = sourceOf(context, project);
  source.catch(() => {}); // told where it is waited for
  await checkUncommitted(context, project, source);
  const ground = Promise.withResolvers<Groundwork>();
  let reached: Reached | undefined;
  const starting = startCluster(context, project, ground.resolve).then(async (cluster) => {
    reached = await reach(context, cluster);
    return reached;
  });
  starting.catch(ground.reject);
  const traffic = measureRollout(
    context,
    project,
    starting.then((given) => ({ ...given, route: () => openDoor(context, { ...given, project }) })),
  );
  const published = publish(context, project, ground.promise, { source, onBuilt: traffic.expect });
  // Beside the rollout: nothing in the cluster waits for it.
  const evidence = published.then(({ attesting }) => attesting);
  const parts = installParts(context, ground.promise, starting, {
    publish: (specs, given) => publishPart(context, project, specs, given),
    again: (specs, given) => resendPart(context, project, specs, given),
  });
  let lease: HeldLease | undefined;
  const alone = starting.then(async ({ client }) => {
    lease = await lockProject(context, client, project);
    return lease;
  });
  // Whatever fails ends the wait for all that stands on it.
  const failed = firstFailure([starting, published, evidence, parts.all, alone, alone.then(untilLost)]);
  const orFail = <T>(work: Promise<T>): Promise<T> => Promise.race([work, failed]);
  try {
    const [{ cluster, client }, { built, images }] = await orFail(
      Promise.all([starting, published, parts.sandbox, alone]),
    );
    const given = { client, cluster, project, images };
    // Which image answers the authority's questions is known when cert-manager is there.
    if (cluster.acme !== undefined && cluster.acme.dns01 === undefined) await orFail(parts.all);
    const records = await readReleases(context, client, project);
    // Where nothing was released yet, all is new and some of it cannot be checked before the rest is there.
    const [plan, admission] = await orFail(
      Promise.all([
        records.length === 0 ? undefined : planned(context, given),
        admitImages(context, {
          ...given,
          recorded: imagesOfReleases(records),
          verify: signedFor(context, cluster, project),
        }),
      ]),
    );
    const settled = plan?.settled;
    const door = parts.all.then(() => prepareRoute(context, given));
    door.catch(() => {}); // told where it is waited for
    const begin = async (wish: Omit<ReleasePlan, 'settled'>) =>
      beginRelease(
        context,
        { client, project, records },
        { ...manifestsOf(wish), images, source: await source },
      );
    let record = plan && (await begin(plan));
    let servicesStand = false;
    const attempt = new AbortController();
    const trying = { ...context, signal: AbortSignal.any([context.signal, attempt.signal]) };
    const limits = traffic.exceeded.then((problem) => {
      throw new StepFailed(problem);
    });
    limits.catch(() => {}); // raced against
    let providing: Promise<readonly Binding[]> | undefined;
    let deploying: Promise<Release> | undefined;
    let looking: Promise<void> | undefined;
    const looked = new AbortController();
    try {
      providing = provisionServices(trying, given, settled);
      const [bindings, ahead] = await orFail(
        Promise.all([providing, parts.foundation.then(() => deployAhead(trying, given))]),
      );
      servicesStand = true;
      const watching = { ...trying, signal: AbortSignal.any([trying.signal, looked.signal]) };
      looking = records.length === 0 ? undefined : tellLostData(watching, given);
      looking?.catch(() => {}); // beside the rest, which tells of the same
      record ??= await begin(await planFirst(context, given));
      const { change: beforeRollout, suspected } = traffic;
      deploying = deployComponents(trying, { ...given, bindings, ahead, settled, beforeRollout, suspected });
      const release = await orFail(Promise.race([limits, deploying]));
      await Promise.all([door, orFail(admission.inForce)]);
      const route = await openRoute(context, { ...given, release, settled });
      await proveServing(context, route, project);
      looked.abort();
      await orFail(evidence);
      const measured = await Promise.race([limits, traffic.finish(options)]);
      if (measured?.problem !== undefined) throw new StepFailed(measured.problem);
      await keepRecord(context, cluster.registry, await record.serves(release.rolled, measured?.result));
      await watchOver(context, { ...given, settled }, route, parts);
      await looking?.catch(() => {});
      return {
        release,
        route,
        record: { number: record.number, isNew: record.isNew },
        ...(measured === undefined ? {} : { traffic: measured.result }),
      };
    } catch (error) {
      // Nothing goes on with what is given up.
      attempt.abort(error);
      await Promise.allSettled([providing, deploying, looking]);
      if (lease?.lost.aborted === true) throw lease.lost.reason;
      if (record === undefined) throw error;
      const measure = async () => (await traffic.finish())?.result;
      const told = await record.failed(error, { servicesStand, measure });
      throw await withLostParts(context, cluster.registry, built, told);
    }
  } finally {
    await lease?.release();
    // What still starts after a failure is ended by the signal, not waited for.
    await reached?.client.close();
  }
}

/** Last of all: users are served, and a monitoring that fails takes nothing from them. */
async function watchOver(
  context: Context,
  given: ObserveStepInput,
  route: Route,
  parts: Parts,
): Promise<void> {
  if (given.project.target.monitoring === undefined) return;
  await asWarnings(context, 'observe', async () => {
    await parts.rest();
    await observeSystem(context, given, route);
  });
}

/** Plans a release and tells of it. */
async function planned(context: Context, input: PlanningInput): Promise<ReleasePlan> {
  const began = context.clock.monotonic();
  const plan = await planRelease(context, input);
  const { changes, migrations } = plan;
  const due = migrations.filter(({ ran }) => ran).map(({ component }) => component);
  const seconds = (context.clock.monotonic() - began) / 1000;
  context.emit({ kind: 'planned', step: 'deploy', changes, migrations: due, seconds });
  return plan;
}

function manifestsOf({ manifests, migrations, changes }: Omit<ReleasePlan, 'settled'>) {
  return { manifests, migrations, changes };
}

/** Never resolves; rejects when somebody else has taken the lease. */
function untilLost({ lost }: HeldLease): Promise<never> {
  return new Promise((_, reject) => {
    lost.addEventListener('abort', () => reject(lost.reason), { once: true });
  });
}

interface Reached {
  readonly cluster: Cluster;
  readonly client: KubernetesClient;
}

/** A client for the cluster, and what its nodes need to pull from its registry. */
async function reach(context: Context, cluster: Cluster): Promise<Reached> {
  const pullSecret = await pullCredentials(context, cluster.registry);
  const client = await connect(cluster.kubeconfig, cluster.token, context.emit);
  return { cluster: { ...cluster, ...(pullSecret === undefined ? {} : { pullSecret }) }, client };
}

/** Never resolves; rejects with what fails first. */
function firstFailure(work: readonly Promise<unknown>[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const one of work) one.catch(reject);
  });
  failed.catch(() => {}); // raced against; told by whoever waits
  return failed;
}
