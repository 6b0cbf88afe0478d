import { type Problem, StepFailed, UserMistake } from './core/failure.ts';
import type { TrafficResult } from './core/handover.ts';
import { redeploy } from './deploy/redeploy.ts';
import type { Context } from './effects/context.ts';
import { KubernetesError } from './kubernetes/error.ts';
import { changedServices, type ReleaseRecord, servicesRelease } from './releases/record.ts';
import type { ReleasePlace, ReleaseWish } from './releasing.ts';
import { reopenRoute } from './route/step.ts';
import { restoreServices } from './services/step.ts';

/** What is known of a release that has failed. */
export interface FailedOptions {
  /** Whether its services have come up; so unless told. Where they have not, they are made as they were. */
  readonly servicesStand?: boolean;
  /** Ends the measuring of requests, which goes on until what served before does so again. */
  readonly measure?: () => Promise<TrafficResult | undefined>;
}

/** A release that has failed. */
export interface FailedRelease {
  readonly error: StepFailed | UserMistake;
  readonly number: number;
  readonly wish: Pick<ReleaseWish, 'manifests'>;
  /** What serves. */
  readonly serving: ReleaseRecord | undefined;
  /** Records that it has failed, and what is known of it. */
  ended(more: Partial<ReleaseRecord>): Promise<unknown>;
}

/**
 * Takes back a release that has failed: what served serves again, with services that did not come up as they were
 * before. @returns the error to throw, which tells of that as well
 */
export async function takenBack(
  context: Context,
  place: ReleasePlace,
  { error, number, wish, serving, ended }: FailedRelease,
  { servicesStand = true, measure = async () => undefined }: FailedOptions = {},
): Promise<unknown> {
  const back = error instanceof UserMistake ? undefined : serving;
  const changed = changedServices(place.records, wish.manifests);
  const lost = servicesStand ? [] : changed;
  const stay = servicesStand && changed.length > 0 && back !== undefined;
  const problems = [...error.problems, ...(stay ? [stayText(changed, number, back)] : [])];
  const more = { problems, ...(lost.length === 0 ? {} : { servicesFailed: true as const }) };
  try {
    await ended(more);
    if (back === undefined) return error;
    const told = await broughtBack(context, place, { number, serving: back, lost });
    const traffic = await measure();
    if (traffic !== undefined) await ended({ ...more, traffic });
    const seen = traffic === undefined ? {} : { details: [seenText(traffic)] };
    const [first, ...others] = told;
    return new StepFailed([...problems, { ...first, ...seen }, ...others], { cause: error });
  } catch (again) {
    const also = problemsOf(again);
    if (also === undefined) throw again;
    const what = `release ${number} could not be taken back`;
    const next = 'Run `ptp up` again: it goes on from where this has ended.';
    return new StepFailed([...problems, { what, next }, ...also], { cause: error });
  }
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
