import type { Route } from '../core/handover.ts';
import { doorWithin, monitoring, monitoringNamespace } from '../core/monitoring.ts';
import type { Secret } from '../core/secret.ts';
import { label } from '../kubernetes/labels.ts';
import type { SecretObject } from '../kubernetes/objects.ts';
import type { Project, SecretPlace, Slo } from '../project/project.ts';
import { alertRules } from './alert-rules.ts';
import { alerting } from './alerting.ts';
import type { RuleGroup } from './rule.ts';
import { scrapeConfigs } from './scrape.ts';
import { sloRules } from './slo-rules.ts';

/** What the watching over a project is planned from. */
export interface ObserveInput {
  readonly project: Project;
  readonly route: Route;
  /** The values that `alerts` in ptp.yaml names places of. */
  readonly places: ReadonlyMap<SecretPlace, Secret>;
}

/** What is promised where nothing says otherwise. */
export const usualSlo: Slo = { availability: 0.995, latency: { within: 500, share: 0.99 }, window: 30 };

/** The Secret with a project's settings for the monitoring. */
export function settingsName(project: string): string {
  return `project-${project}`;
}

/** The key in it that has the values of secret places, for an `up` that does not have them. */
export const placesKey = 'places.json';

/** Every rule of a project. */
export function rulesOf(project: Project): readonly RuleGroup[] {
  return [...sloRules(project, project.slo ?? usualSlo), ...alertRules(project)];
}

/**
 * How the public address is asked for from within the cluster. Names such as hello.localhost lead nowhere there; elsewhere
 * it is asked for by its name, as users do, and by the gateway itself only while nobody knows the name yet.
 */
function wayFor({ target }: Pick<Project, 'target'>, { entry, gateway }: Route) {
  if (entry !== undefined) return { address: doorWithin };
  if (target.cloud !== undefined) return { unnamed: doorWithin };
  if (gateway === undefined) return {};
  return { unnamed: `${gateway.includes(':') ? `[${gateway}]` : gateway}:443` };
}

/**
 * A project's settings for the monitoring, as the observer reads them: what is scraped, the rules, what is asked for
 * from outside, and who is told. One Secret, since receivers' addresses are secret.
 */
export function planObserve({ project, route, places }: ObserveInput): SecretObject {
  const probe = {
    url: route.url,
    ...wayFor(project, route),
    ...(route.authority === undefined ? {} : { authority: route.authority }),
  };
  const documents = {
    'scrape.json': { scrape_configs: scrapeConfigs(project) },
    'rules.json': { groups: rulesOf(project) },
    'probes.json': [probe],
    'alerting.json': alerting(project.name, project.alerts ?? {}, places),
    [placesKey]: Object.fromEntries([...places].map(([place, secret]) => [place, secret.reveal()])),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: settingsName(project.name),
      namespace: monitoringNamespace(project.target),
      labels: { [monitoring.settingsLabel]: project.name, [label.partOf]: project.name },
    },
    data: Object.fromEntries(
      Object.entries(documents).map(([key, document]) => [
        key,
        Buffer.from(JSON.stringify(document)).toString('base64'),
      ]),
    ),
  };
}
