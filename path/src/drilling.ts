import { stopNode } from './cluster/local/stop-node.ts';
import type { DrillName, DrillResult } from './core/drill.ts';
import { StepFailed, UserMistake } from './core/failure.ts';
import type { Cluster, TrafficResult } from './core/handover.ts';
import { asWarnings } from './effects/as-warnings.ts';
import type { Context } from './effects/context.ts';
import { timed } from './effects/timed.ts';
import { exchangeSigningKey } from './exchanging-key.ts';
import type { KubernetesClient } from './kubernetes/client.ts';
import { type HeldLease, whoIsThis } from './kubernetes/lease.ts';
import type { Drill, Drilled, DrillInput, DrillOptions, DrillTools, NotPossible } from './maintain/drill.ts';
import { judgeDrill } from './maintain/judge.ts';
import { writeResult } from './maintain/results.ts';
import { drills } from './maintain/table.ts';
import { observeSystem } from './observe/step.ts';
import { openDoor } from './opening.ts';
import type { Project } from './project/project.ts';
import { releaseBefore } from './releases/record.ts';
import { readReleases } from './releases/store.ts';
import { lockProject } from './releasing.ts';
import { rereadBindings, rollBackLocked } from './returning.ts';
import { exchangeAuthority } from './route/exchange-authority.ts';
import { names } from './route/plan.ts';
import { managedKinds, serviceKinds } from './services/table.ts';
import { newestBackup } from './stored-backups.ts';
import { measureThroughout } from './traffic/throughout.ts';

interface Place {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  readonly project: Project;
}

/**
 * Runs one drill while requests go through the public door, and writes what came of it into the cluster's records. It
 * holds the project's lease as `up` does.
 * @returns the result, also where the drill did not pass
 * @throws UserMistake where there is no such drill, or the system is not there to be drilled
 */
export async function drill(
  context: Context,
  place: Place,
  name: DrillName,
  { rate, ...options }: DrillOptions & { readonly rate: number },
): Promise<DrillResult> {
  const { client, project } = place;
  const chosen = drills.find((one) => one.name === name);
  if (chosen === undefined)
    throw new UserMistake({ what: `there is no drill ${name}`, next: 'Run `ptp drill`.' });
  const lease = await lockProject(context, client, project);
  try {
    const begun = context.clock.now().toISOString();
    const ended = await timed(context, 'maintain', chosen.summary, async () => {
      const result = await perform(context, place, { chosen, lease, options, rate });
      return { result, text: result.text };
    });
    if (lease.lost.aborted) throw lease.lost.reason;
    const result: DrillResult = {
      version: 1,
      drill: name,
      begun,
      ended: context.clock.now().toISOString(),
      by: whoIsThis(),
      ...ended,
    };
    await writeResult(context, client, project, result);
    return result;
  } finally {
    await lease.release();
  }
}

type Ended = Omit<DrillResult, 'version' | 'drill' | 'begun' | 'ended' | 'by'>;

interface Performance {
  readonly chosen: Drill;
  readonly lease: HeldLease;
  readonly options: DrillOptions;
  readonly rate: number;
}

async function perform(context: Context, place: Place, given: Performance): Promise<Ended> {
  const { chosen, options, rate } = given;
  const input: Omit<DrillInput, 'tools'> = { ...place, options };
  const not = await chosen.possible?.(context, input);
  if (not !== undefined) return { outcome: 'not-possible', text: not.notPossible, facts: {} };
  const route = await openDoor(context, place);
  if (route === undefined)
    throw new UserMistake({ what: 'the system has no route yet', next: 'Run `ptp up`.' });
  const tools = toolsFor(context, place, given.lease, route);
  const { outcome, traffic } = await measureThroughout(context, { ...place, route, rate }, () =>
    chosen.run(context, { ...input, tools }),
  );
  return endedOf(chosen, outcome, traffic);
}

/** What came of it all. */
function endedOf(
  chosen: Drill,
  outcome: { readonly value: Drilled | NotPossible } | { readonly error: unknown },
  traffic: TrafficResult,
): Ended {
  if ('error' in outcome) {
    const { error } = outcome;
    if (!(error instanceof StepFailed || error instanceof UserMistake)) throw error;
    const [first] = error.problems;
    return {
      outcome: 'failed',
      text: first?.what ?? 'it did not come to its end',
      facts: {},
      traffic,
      problems: error.problems,
    };
  }
  if ('notPossible' in outcome.value)
    return { outcome: 'not-possible', text: outcome.value.notPossible, facts: {}, traffic };
  const { text, facts } = outcome.value;
  const problem = (chosen.judge ?? judgeDrill)(traffic, outcome.value);
  return problem === undefined
    ? { outcome: 'passed', text, facts, traffic }
    : { outcome: 'failed', text: problem.what, facts, traffic, problems: [problem] };
}

function serviceOf({ services }: Project, name: string) {
  const service = services.find((one) => one.name === name);
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

function toolsFor(context: Context, place: Place, lease: HeldLease, route: DrillTools['route']): DrillTools {
  // The drill measures all of it, at a rate of its own.
  const { rollout: _, ...unmeasured } = place.project;
  return {
    names: { certificate: names.certificate },
    route,
    releaseBefore: async () =>
      releaseBefore(await readReleases(context, place.client, place.project))?.number,
    rollBack: (to) => rollBackLocked(context, { ...place, project: unmeasured }, lease, { to }),
    rereadBindings: () => rereadBindings(context, { ...place, project: unmeasured }, lease),
    exchangeAuthority: () => exchangeAuthority(context, place.client, place.project),
    exchangeSigningKey: () => exchangeSigningKey(context, place),
    async watchAnew() {
      const now = await openDoor(context, place);
      if (now === undefined) return;
      // As in `up`: a monitoring that fails is a warning.
      await asWarnings(context, 'observe', () => observeSystem(context, place, now));
    },
    stopNode: (node) => stopNode(place.project.target.instance, node),
    newestBackup: (name) => newestBackup(context, place, name),
    async rehearse(name, dump) {
      const service = serviceOf(place.project, name);
      const { rehearse } = serviceKinds[service.type];
      if (rehearse === undefined) throw new Error(`${name} cannot be restored`);
      return rehearse(context, { ...place, service }, dump);
    },
    async rotation(name) {
      const service = serviceOf(place.project, name);
      const database = place.cluster.databases?.[name];
      const { rotate } = (database === undefined ? serviceKinds : managedKinds)[service.type];
      if (rotate === undefined) throw new Error(`${name} cannot be rotated`);
      return rotate(context, { ...place, service, ...(database === undefined ? {} : { database }) });
    },
  };
}
