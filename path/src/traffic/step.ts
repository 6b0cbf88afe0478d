import { type Problem, StepFailed } from '../core/failure.ts';
import type { BuiltImage, Cluster, Route, TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { ownedBy } from '../kubernetes/labels.ts';
import { list } from '../kubernetes/list.ts';
import type { Deployment } from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { untilDrained } from './drained.ts';
import { judgeTraffic } from './judge.ts';
import { startTraffic, type Traffic } from './traffic.ts';

/** What the measuring of a rollout needs once the cluster is there. */
export interface TrafficInput {
  readonly client: KubernetesClient;
  readonly cluster: Cluster;
  /** The way to the system as it serves now; undefined where it does not. */
  route(): Promise<Route | undefined>;
}

/** What was measured, and what is wrong with it. */
export interface Measured {
  readonly result: TrafficResult;
  /** Undefined where the rollout kept to its limits. */
  readonly problem?: Problem;
}

/** The measuring of one rollout. */
export interface RolloutTraffic {
  /**
   * Tells which images will run, as early as that is known. Where the cluster runs others, pods will be replaced, and
   * requests begin now, so that there is something to compare with when the change comes. Waits for nothing.
   */
  expect(images: readonly Pick<BuiltImage, 'name' | 'manifest'>[]): void;
  /** To be called right before pods are replaced; resolves when requests are on their way. */
  change(): Promise<void>;
  /** Resolves when the limits are broken while it goes on; never rejects, and never resolves without traffic. */
  readonly exceeded: Promise<Problem>;
  /** Resolves when a request has failed since the change that is not explained by those before it; never rejects. */
  readonly suspected: Promise<void>;
  /**
   * To be called when the new version serves: goes on until the last old pod has gone, unless that is not to be waited
   * for or limits are broken, and tells what was measured. Called again it gives the same. Undefined where nothing was
   * measured.
   * @param options `patient`: broken limits end nothing, because what broke them was taken back
   */
  finish(options?: { readonly wait?: boolean; readonly patient?: boolean }): Promise<Measured | undefined>;
}

/** Milliseconds that requests have been on their way for, at most, when a change waits no longer for some to compare. */
const patience = 300;

/** Milliseconds that requests go on for when the last old pod has gone. */
const tail = 500;

/** Milliseconds from one word about the progress to the next. */
const every = 1000;

/**
 * Measures a rollout: requests go through the public door from before the first change until the last old pod has gone.
 * Nothing runs until it is known that pods will be replaced, nor where no version serves yet.
 */
export function measureRollout(
  context: Context,
  project: Project,
  reached: Promise<TrafficInput>,
): RolloutTraffic {
  const { rollout } = project;
  const off = rollout === undefined || rollout.rate === 0;
  const exceeded = Promise.withResolvers<Problem>();
  const suspected = Promise.withResolvers<void>();
  let begun: Promise<Traffic | undefined> | undefined;
  let finishing: Promise<Measured | undefined> | undefined;
  let changed = false;
  let told = Number.NEGATIVE_INFINITY;
  let [asking, started] = [0, 0];

  const onSnapshot = (seen: TrafficSnapshot): void => {
    const now = context.clock.monotonic();
    if (!changed || now - told < every) return;
    told = now;
    const text = `${seen.requests} at ${seen.rate}/s, ${seen.failed === 0 ? 'none' : seen.failed} failed`;
    context.emit({ kind: 'progress', step: 'traffic', task: 'requests', text, traffic: seen });
  };
  const begin = async (): Promise<Traffic | undefined> => {
    if (off) return undefined;
    const { route: find } = await reached;
    const route = await find().catch((error: unknown) => {
      // An earlier walk that was broken off: no certificate, no address. Those who need them tell of it.
      if (error instanceof StepFailed) return undefined;
      throw error;
    });
    if (route === undefined) return undefined;
    const traffic = await startTraffic(context, route, {
      rate: rollout.rate,
      writes: rollout.writes,
      limits: rollout,
      paths: project.components.flatMap((component) => component.route ?? []),
      onSnapshot,
    });
    if (typeof traffic === 'string') {
      const text = `the rollout is not measured, for the system does not serve now (${traffic})`;
      context.emit({ kind: 'note', step: 'traffic', text });
      return undefined;
    }
    asking = context.clock.monotonic();
    return traffic;
  };
  const ensure = (): Promise<Traffic | undefined> => {
    begun ??= begin();
    begun.catch(() => {}); // told where it is waited for
    return begun;
  };

  return {
    exceeded: exceeded.promise,
    suspected: suspected.promise,
    expect(images) {
      if (off) return;
      const look = async () => {
        const { client } = await reached;
        if (await runsOthers(context, client, project, images)) await ensure();
      };
      look().catch(() => {}); // what is wrong with the cluster is told by those who need it
    },
    async change() {
      const traffic = await ensure();
      if (traffic === undefined || changed) return;
      const left = Math.max(0, asking + patience - context.clock.monotonic());
      await Promise.race([traffic.quiet, context.clock.sleep(left, context.signal)]);
      changed = true;
      started = context.clock.monotonic();
      const { url } = traffic.now();
      const text = `ask ${url} ${rollout?.rate} times a second while pods are replaced`;
      context.emit({ kind: 'step-started', step: 'traffic', text });
      traffic.change();
      traffic.exceeded.then(exceeded.resolve);
      traffic.suspected.then(suspected.resolve);
    },
    finish({ wait = true } = {}) {
      finishing ??= conclude(wait);
      return finishing;
    },
  };

  async function conclude(wait: boolean): Promise<Measured | undefined> {
    const traffic = await begun;
    if (traffic === undefined || rollout === undefined) return undefined;
    if (!changed) {
      await traffic.whole(false);
      return undefined;
    }
    const drained = wait && (await drain());
    const result = await traffic.whole(drained);
    const problem = judgeTraffic(result, rollout);
    context.emit({ kind: 'traffic-measured', step: 'traffic', result });
    const seconds = (context.clock.monotonic() - started) / 1000;
    const text = `${result.url} ${outcomeText(result, problem)}${drained ? '' : '; old pods are still ending'}`;
    context.emit({ kind: 'step-done', step: 'traffic', seconds, text });
    return { result, ...(problem === undefined ? {} : { problem }) };
  }

  /** Whether the last old pod has gone. */
  async function drain(): Promise<boolean> {
    const { client } = await reached;
    const drained = await untilDrained(context, client, project, (ending) => {
      const text = ending === 0 ? 'all gone' : `${ending} still ending`;
      context.emit({ kind: 'progress', step: 'traffic', task: 'old pods', text });
    });
    if (drained) await context.clock.sleep(tail, context.signal);
    return drained;
  }
}

function outcomeText({ failed }: TrafficResult, problem: Problem | undefined): string {
  if (problem !== undefined) return 'did not serve as it should';
  return failed === 0 ? 'served throughout' : 'served within what is allowed';
}

/** Whether a component runs and has another image than the one that it is to have. */
async function runsOthers(
  context: Context,
  client: KubernetesClient,
  project: Project,
  images: readonly Pick<BuiltImage, 'name' | 'manifest'>[],
): Promise<boolean> {
  const deployments = await list<Deployment>(
    client,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: project.target.namespace,
      labels: ownedBy(project.name, 'deploy'),
    },
    context.signal,
  );
  return deployments.some(({ metadata, spec }) => {
    const { digest } = images.find(({ name }) => name === metadata.name)?.manifest.descriptor ?? {};
    const [container] = spec?.template.spec?.containers ?? [];
    return digest !== undefined && container?.image?.endsWith(`@${digest}`) === false;
  });
}
