import type { Reasons } from '../core/reason.ts';

/** Why the objects that all else stands in are as they are. */
export const groundReasons: readonly Reasons[] = [
  {
    file: 'path/src/kubernetes/namespace.ts',
    reasons: [
      {
        kind: 'Namespace',
        path: '.metadata',
        rule: 'One namespace for a project on a target: what is in it goes with it.',
        input: 'targets.{target}.namespace',
        decision: 11,
      },
      ...['enforce', 'audit', 'warn'].flatMap((mode) =>
        [mode, `${mode}-version`].map((key) => ({
          kind: 'Namespace',
          path: `.metadata.labels['pod-security.kubernetes.io/${key}']`,
          rule: 'Every pod keeps to the restricted Pod Security Standard, or does not start.',
          decision: 13,
        })),
      ),
      {
        kind: 'Namespace',
        path: ".metadata.annotations['ptp.dev/images']",
        rule: 'The images that may run: those of recorded, signed releases. Only the step that lets images in writes it.',
        decision: 35,
      },
    ],
  },
  {
    file: 'path/src/kubernetes/lease.ts',
    reasons: ['.metadata', '.spec'].map((path) => ({
      kind: 'Lease',
      path,
      rule: 'Who changes the system now, and since when: one at a time, from whatever machine; one that is not renewed is free after 15 s.',
      decision: 38,
    })),
  },
];
