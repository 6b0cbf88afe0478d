import { z } from 'zod';
import { latencyBounds } from '../core/monitoring.ts';

/* What ptp.yaml says about how well the system is to serve and who is told when it does not. */

const share = (what: string) =>
  z
    .string()
    .regex(
      /^(\d{1,2})(\.\d{1,3})?%$/,
      `is no share of ${what} below 100%\nWrite it as 99.9%, in quotes where YAML asks for them.`,
    );

/** A promise to users; every one of them has a default. */
export const slo = z.strictObject({
  availability: share('requests')
    .default('99.5%')
    .meta({
      description:
        'How many of the requests at the public route are to be answered without an error of the server (5xx).',
      examples: ['99.9%'],
    }),
  latency: z
    .strictObject({
      within: z
        .literal(
          latencyBounds,
          `is none of the times that the door sorts its answers by\nUse one of ${latencyBounds.join(', ')}.`,
        )
        .default(500)
        .meta({ description: 'Milliseconds.' }),
      share: share('requests').default('99%').meta({
        description: 'How many of the requests are to be answered within that time.',
      }),
    })
    .prefault({})
    .meta({ description: 'How quickly they are to be answered.' }),
  window: z
    .int()
    .min(1, 'is no number of days\nUse 1 to 30.')
    .max(30, 'is longer than figures are kept for\nUse at most 30.')
    .default(30)
    .meta({ description: 'Days over which that is reckoned: what may fail in them is the error budget.' }),
});

const source = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|secret:[a-z0-9][-a-z0-9.]*\/[-._A-Za-z0-9]+)$/,
    "is no place of a secret, and what is secret does not belong here\nName an environment variable or a key of a Secret in the system's namespace: env:ALERT_URL, or secret:alerts/url",
  );

const address = z.string().regex(/^[^\s@]+@[^\s@]+$/, 'is no e-mail address\nWrite it as name@example.com.');

/** Who is told. */
export const alerts = z.strictObject({
  webhook: source.optional().meta({
    description:
      "Where the URL is that gets each alert as Alertmanager's JSON: `env:` and a variable of `ptp up`, or `secret:` and a Secret of the system's namespace with the key in it.",
    examples: ['env:ALERT_URL'],
  }),
  slack: source.optional().meta({
    description: 'Where the URL of a Slack-compatible incoming webhook is.',
    examples: ['env:SLACK_URL'],
  }),
  email: z
    .strictObject({
      to: address.meta({ description: 'Who gets them.' }),
      from: address.meta({ description: 'Who they are from.' }),
      server: z
        .string()
        .regex(/^[^\s:/]+:\d{1,5}$/, 'is no mail server\nWrite host and port: smtp.example.com:587')
        .meta({ description: 'The mail server, with its port.', examples: ['smtp.example.com:587'] }),
      username: z.string().min(1, 'is empty\nName one, or remove the key.').optional().meta({
        description: 'Who it is to be logged in as. Left out: nobody is.',
      }),
      password: source.optional().meta({ description: 'Where the password is.' }),
    })
    .optional()
    .meta({ description: 'Alerts by e-mail.' }),
  deadman: source.optional().meta({
    description:
      'Where the URL is that is called every minute while the monitoring works: whoever waits for these calls tells when they stop. Left out: the webhook, if there is one, gets them.',
    examples: ['env:HEARTBEAT_URL'],
  }),
});
