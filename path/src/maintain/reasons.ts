import type { Reasons } from '../core/reason.ts';

/** Why what is kept of drills is as it is. */
export const drillReasons: readonly Reasons[] = [
  {
    file: 'path/src/maintain/results.ts',
    reasons: [
      {
        kind: 'ConfigMap',
        part: 'other',
        path: '.data.results',
        rule: 'What came of a drill and when, the newest first: the cluster remembers it, whoever asks.',
        decision: 45,
      },
    ],
  },
];
