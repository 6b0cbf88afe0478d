import type { Reasons } from '../core/reason.ts';

/** Why what is promised and told of is as it is. */
export const observeReasons: readonly Reasons[] = [
  {
    file: 'path/src/observe/alert-rules.ts',
    reasons: [
      {
        kind: 'AlertRule',
        path: '.',
        rule: 'Each has a page with what to do; a cause that is told of silences what follows from it.',
        decision: 42,
      },
      {
        kind: 'AlertRule',
        path: '.severity',
        rule: '`page` where users notice, so that somebody gets up; `ticket` where it has time until the morning.',
        decision: 42,
      },
      {
        kind: 'AlertRule',
        path: '.for',
        rule: 'As long as it takes to be sure, and no longer.',
        decision: 42,
      },
    ],
  },
  {
    file: 'path/src/observe/slo-rules.ts',
    reasons: [
      {
        kind: 'Promise',
        path: '.',
        rule: 'Measured at the door, where users come in, so that what is not answered at all counts as well; behind somebody else’s door by what the observer is answered.',
        decision: 42,
      },
      {
        kind: 'Promise',
        path: '.objective',
        rule: 'As ptp.yaml promises it.',
        input: 'slo',
        decision: 42,
      },
      {
        kind: 'Promise',
        path: '.left',
        rule: 'Of what may go wrong in the window, the share that has not; below zero more has gone wrong than was to.',
        decision: 42,
      },
    ],
  },
];
