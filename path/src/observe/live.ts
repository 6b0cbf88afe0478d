import type { WatchedRule, Watching } from '../core/watching.ts';
import type { Context } from '../effects/context.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { Project } from '../project/project.ts';
import { ask, healthOf, query } from './health.ts';
import { rulesOf } from './plan.ts';
import type { AlertingRule } from './rule.ts';

/** Milliseconds that the monitoring has to answer: somebody waits at a screen. */
const patience = 4000;

/** An alerting rule as Prometheus tells of it (prometheus.io, "HTTP API", "Rules"). */
export interface LiveRule {
  readonly name: string;
  readonly query: string;
  /** Seconds. */
  readonly duration: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly state: string;
  readonly health: string;
  readonly lastError?: string;
  readonly lastEvaluation: string;
}

/** Its answer, of the alerting ones alone. */
interface LiveRules {
  readonly groups: readonly { readonly rules: readonly LiveRule[] }[];
}

/**
 * What watches over a system: how it is, each rule as the monitoring has it now, and the last hour at the door. A
 * monitoring that does not answer is a finding and no failure.
 */
export async function watchingOver(
  context: Pick<Context, 'signal'>,
  client: KubernetesClient,
  project: Project,
): Promise<Watching> {
  const asked = AbortSignal.any([context.signal, AbortSignal.timeout(patience)]);
  const own = `project="${project.name}"`;
  const at = { client, target: project.target };
  const [health, rules, lastHour] = await Promise.all([
    healthOf(context, client, project),
    silent(context, ask<LiveRules>(at, 'rules', { type: 'alert' }, asked)),
    silent(
      context,
      Promise.all([
        query(at, `avg_over_time(ptp:door_requests:rate5m{${own}}[1h])`, asked),
        // Of what was answered: a system of ten minutes has ten minutes to tell of, not an hour.
        query(
          at,
          `1 - ptp:slo_bad:ratio{${own},window="1h"} / on (project, window) group_left () ptp:slo_known:share{${own},window="1h"}`,
          asked,
        ),
      ]),
    ),
  ]);
  const [requests, kept] = lastHour ?? [[], []];
  const [first] = requests;
  return {
    health,
    rules: watchedRules(project, rules),
    ...(first === undefined
      ? {}
      : {
          lastHour: {
            requests: first.value,
            kept: Object.fromEntries(
              kept.flatMap(({ labels: { slo }, value }) =>
                slo === undefined || Number.isNaN(value) ? [] : [[slo, value]],
              ),
            ),
          },
        }),
  };
}

/** The rules that a project wants somebody to be told by, each with how it is in the monitoring. Pure. */
export function watchedRules(project: Project, live: LiveRules | undefined): readonly WatchedRule[] {
  const there = (live?.groups ?? []).flatMap(({ rules }) => rules);
  return rulesOf(project)
    .flatMap(({ rules }) => rules)
    .filter((rule): rule is AlertingRule => 'alert' in rule)
    .flatMap(({ alert: name, labels: { severity }, annotations: { summary, runbook } }): WatchedRule[] => {
      if (severity === 'none') return [];
      const found = there.find(
        (one) =>
          one.name === name && one.labels?.project === project.name && one.labels.severity === severity,
      );
      return [
        {
          name,
          severity,
          summary,
          runbook,
          ...(found === undefined
            ? {}
            : {
                live: {
                  query: found.query,
                  for: found.duration,
                  state: found.state,
                  evaluated: found.lastEvaluation,
                  ...(found.health === 'err' ? { error: found.lastError ?? 'it cannot be looked at' } : {}),
                },
              }),
        },
      ];
    });
}

/** Undefined where the monitoring does not answer. */
async function silent<T>({ signal }: Pick<Context, 'signal'>, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}
