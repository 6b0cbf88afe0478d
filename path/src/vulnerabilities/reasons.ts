import type { Reasons } from '../core/reason.ts';

/** Why findings stop a release, or do not. */
export const vulnerabilityReasons: readonly Reasons[] = [
  {
    file: 'path/src/vulnerabilities/judge.ts',
    reasons: [
      {
        kind: 'Policy',
        path: '.',
        rule: 'Asked before anybody gets an image: what is found at this severity or above, and has a fix, stops the release; what is accepted needs a reason and a last day.',
        input: 'vulnerabilities',
        decision: 36,
      },
    ],
  },
];
