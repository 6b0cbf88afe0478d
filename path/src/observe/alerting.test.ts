import { expect, test } from 'vitest';
import { Secret } from '../core/secret.ts';
import { alerting } from './alerting.ts';

const url = 'https://hooks.example.com/T0/secret';
const places = new Map([['env:ALERT_URL', new Secret(url)]]);

test('an alert goes to every receiver that is named, and the heartbeat to the webhook', () => {
  const email = { to: 'a@example.com', from: 'b@example.com', server: 'smtp.example.com:587' };
  const { receivers, routes } = alerting(
    'hello',
    { webhook: 'env:ALERT_URL', slack: 'env:ALERT_URL', email },
    places,
  );
  expect(receivers).toEqual([
    {
      name: 'hello',
      webhook_configs: [{ url, send_resolved: true }],
      slack_configs: [expect.objectContaining({ api_url: url, send_resolved: true })],
      email_configs: [expect.objectContaining({ to: 'a@example.com', smarthost: 'smtp.example.com:587' })],
    },
    { name: 'hello-heartbeat', webhook_configs: [{ url, send_resolved: true }] },
  ]);
  expect(routes).toMatchObject([
    { receiver: 'hello-heartbeat', repeat_interval: '50s' },
    { receiver: 'hello', matchers: ['project="hello"'] },
  ]);
});

test('a cause that pages silences symptoms of the same project and nothing else', () => {
  expect(alerting('hello', {}, new Map()).inhibit_rules).toEqual([
    {
      source_matchers: ['project="hello"', 'kind="cause"', 'severity="page"'],
      target_matchers: ['project="hello"', 'kind="symptom"'],
    },
  ]);
});

test('where nobody is named, or the value is not known, nothing is sent', () => {
  for (const alerts of [{}, { webhook: 'env:OTHER' }]) {
    const { receivers, routes } = alerting('hello', alerts, places);
    expect(receivers).toEqual([]);
    expect(routes).toMatchObject([{ receiver: 'none' }, { receiver: 'none' }]);
  }
});
