import { join } from 'node:path';
import type { Actions } from './cli/actions.ts';
import { StepFailed, UserMistake } from './core/failure.ts';
import { costOf } from './cost/cost.ts';
import type { Context } from './effects/context.ts';
import { answerOf } from './explain/answer.ts';
import { topics } from './explain/topics.ts';
import { drillStates } from './maintain/results.ts';
import { followLogs } from './operate/logs.ts';
import { systemStatus } from './operate/status.ts';
import { readReleases } from './releases/store.ts';
import { publicUrl } from './route/plan.ts';
import { decisions, type Surveyed, survey } from './surveying.ts';
import { pageBundle } from './ui/bundle.ts';
import { releaseDiff } from './ui/diff.ts';
import { followLive } from './ui/live.ts';
import type { PageModel } from './ui/model.ts';
import { pageModel } from './ui/page-model.ts';
import { reportHtml } from './ui/report.ts';
import { type PageServer, servePage } from './ui/server.ts';

const dashboard = join(import.meta.dirname, '../../dashboard');

/** All that the page and the report show, read now. */
export async function lookAtAll(context: Context, surveyed: Surveyed): Promise<PageModel> {
  const { client, cluster, project } = surveyed;
  const quiet = { ...context, emit: () => {} };
  const [snapshot, pages, drills, status] = await Promise.all([
    survey(quiet, surveyed),
    decisions(),
    drillStates(quiet, client, project),
    systemStatus(quiet, project, { state: 'running', cluster }),
  ]);
  return pageModel({
    snapshot,
    problems: status.problems,
    answers: topics.map((topic) => answerOf(topic, snapshot, pages)),
    drills,
    decisions: pages,
    cost: costOf(snapshot, snapshot.bill),
  });
}

/** The report: what is in it, and the same as one HTML file. */
export async function report(
  context: Context,
  surveyed: Surveyed,
): Promise<{ readonly model: PageModel; readonly html: string }> {
  const [model, bundle] = await Promise.all([
    lookAtAll(context, surveyed),
    pageBundle(dashboard, context.cache, context.clock.now().getTime()),
  ]);
  return { model, html: await reportHtml(bundle, model) };
}

/**
 * Serves the page of a system until it is closed.
 * @param rollback goes back to a release as `ptp rollback` does
 */
export async function show(
  context: Context,
  surveyed: Surveyed,
  { port, rollback }: { readonly port: number; readonly rollback: Actions['rollback'] },
): Promise<PageServer> {
  const { client, cluster, project } = surveyed;
  const url = publicUrl({ project, cluster });
  const { client: folder } = await pageBundle(dashboard, context.cache, context.clock.now().getTime());
  const within = (signal: AbortSignal): Context => ({
    ...context,
    emit: () => {},
    signal: AbortSignal.any([context.signal, signal]),
  });
  return servePage(
    {
      page: (signal) => lookAtAll(within(signal), surveyed),
      live: (tell, signal) => followLive(within(signal), { client, project, url }, tell),
      logs: (part, line, signal) =>
        followLogs(within(signal), client, project, { part, follow: true, lines: 50, previous: false }, line),
      diff: async (from, to) => {
        const records = await readReleases({ ...context, emit: () => {} }, client, project);
        const [one, other] = [from, to].map((wanted) => records.find(({ number }) => number === wanted));
        if (one === undefined || other === undefined)
          throw new UserMistake({ what: `there is no release ${one === undefined ? from : to}` });
        return releaseDiff(one, other);
      },
      rollback: (to) => rollback(project, { to, wait: true }, { emit: () => {}, signal: context.signal }),
    },
    folder,
    port,
  ).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new StepFailed({
      what: `port ${port} of 127.0.0.1 is taken`,
      next: 'Leave `--port` out: any that is free is used then.',
    });
  });
}
