import type { Reasons } from '../core/reason.ts';

/** Why the objects of the public route are as they are. */
export const routeReasons: readonly Reasons[] = [
  {
    file: 'path/src/route/plan.ts',
    reasons: [
      ...['Gateway', 'HTTPRoute', 'Certificate', 'Issuer'].map((kind) => ({
        kind,
        path: '.metadata',
        rule: 'In the project’s namespace, so that it goes with it.',
        decision: 17,
      })),
      {
        kind: 'Gateway',
        path: '.spec',
        rule: 'The only door: http, which redirects, and https, for the target’s domain alone.',
        input: 'targets.{target}.domain',
        decision: 17,
      },
      {
        kind: 'HTTPRoute',
        path: '.spec',
        rule: 'A component with a route is reached below that path; one without is not reached from outside.',
        input: 'components.{name}.route',
        decision: 17,
      },
      {
        kind: 'Certificate',
        path: '.spec',
        rule: 'For the target’s domain, with a key of its own at each renewal.',
        input: 'targets.{target}.domain',
        decision: 18,
      },
      {
        kind: 'Certificate',
        path: '.spec.duration',
        rule: '90 days for what users see, ten years for the authority that they were told to trust.',
        decision: 18,
      },
      {
        kind: 'Certificate',
        path: '.spec.renewBefore',
        rule: 'cert-manager renews a month before the end, so a month of failing renewals harms nobody.',
        decision: 18,
      },
      {
        kind: 'Certificate',
        path: '.spec.nameConstraints',
        rule: 'Whoever trusts the authority trusts it for this one domain, even should its key get lost.',
        input: 'targets.{target}.domain',
        decision: 18,
      },
      {
        kind: 'Issuer',
        path: '.spec.acme',
        rule: 'A public authority, which browsers know, where the target names one.',
        input: 'targets.{target}.acme',
        decision: 57,
      },
      {
        kind: 'Issuer',
        path: '.spec',
        rule: 'An authority of the project’s own where no public one can reach the domain.',
        decision: 18,
      },
    ],
  },
];
