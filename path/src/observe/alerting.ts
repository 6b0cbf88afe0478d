import type { Secret } from '../core/secret.ts';
import type { Alerts, SecretPlace } from '../project/project.ts';

/** What a project adds to Alertmanager's configuration (prometheus.io, "Alerting configuration"). */
export interface Alerting {
  readonly routes: readonly unknown[];
  readonly receivers: readonly unknown[];
  readonly inhibit_rules: readonly unknown[];
}

/**
 * Who is told of a project's alerts: each alert once and again after hours, its end as well; symptoms not while a cause
 * is told of. The heartbeat goes on every minute to whoever waits for it.
 * @param places the values of the secret places; what is not in it is left out
 */
export function alerting(
  project: string,
  { webhook, slack, email, deadman }: Alerts,
  places: ReadonlyMap<SecretPlace, Secret>,
): Alerting {
  const value = (place: SecretPlace | undefined) =>
    place === undefined ? undefined : places.get(place)?.reveal();
  const hook = value(webhook);
  const channel = value(slack);
  const heartbeat = value(deadman ?? webhook);
  const title =
    '{{ .CommonLabels.project }}: {{ .CommonLabels.alertname }}{{ if eq .Status "resolved" }} is over{{ end }}';
  const text =
    '{{ range .Alerts }}{{ .Annotations.summary }}. What to do: {{ .Annotations.runbook }}\n{{ end }}';
  const to = {
    ...(hook === undefined ? {} : { webhook_configs: [{ url: hook, send_resolved: true }] }),
    ...(channel === undefined
      ? {}
      : { slack_configs: [{ api_url: channel, send_resolved: true, title, text, fallback: title }] }),
    ...(email === undefined
      ? {}
      : {
          email_configs: [
            {
              to: email.to,
              from: email.from,
              smarthost: email.server,
              send_resolved: true,
              headers: { Subject: title },
              text,
              html: '',
              ...(email.username === undefined ? {} : { auth_username: email.username }),
              ...(email.password === undefined ? {} : { auth_password: value(email.password) ?? '' }),
            },
          ],
        }),
  };
  const matchers = [`project="${project}"`];
  const told = Object.keys(to).length > 0;
  return {
    receivers: [
      ...(told ? [{ name: project, ...to }] : []),
      ...(heartbeat === undefined
        ? []
        : [{ name: `${project}-heartbeat`, webhook_configs: [{ url: heartbeat, send_resolved: true }] }]),
    ],
    routes: [
      {
        matchers: [...matchers, 'alertname="Watchdog"'],
        receiver: heartbeat === undefined ? 'none' : `${project}-heartbeat`,
        group_wait: '0s',
        group_interval: '30s',
        // Told at every second reckoning of the group: each minute.
        repeat_interval: '50s',
      },
      {
        matchers,
        receiver: told ? project : 'none',
        // Long enough for a cause to be known when its symptoms are.
        group_wait: '10s',
        group_interval: '30s',
        repeat_interval: '4h',
      },
    ],
    inhibit_rules: [
      {
        source_matchers: [...matchers, 'kind="cause"', 'severity="page"'],
        target_matchers: [...matchers, 'kind="symptom"'],
      },
    ],
  };
}
