import type { Reasons } from '../core/reason.ts';

/** Why an image, as the registry has it, is as it is. */
export const imageReasons: readonly Reasons[] = [
  {
    file: 'path/src/image/builder.ts',
    reasons: [
      {
        kind: 'Image',
        path: '.',
        rule: 'Made without a daemon; every byte follows from the sources, so equal sources give equal digests.',
        decision: 2,
      },
      {
        kind: 'Image',
        path: '.layers',
        rule: 'Base, runtime, dependencies and application are a layer each: a release sends what it changed.',
        decision: 32,
      },
      { kind: 'Image', path: '.tags', rule: 'For people; nothing is deployed by one.', decision: 5 },
      {
        kind: 'Image',
        path: '.user',
        rule: 'A user without a name or a home; the restricted standard lets no root run.',
        decision: 13,
      },
      {
        kind: 'Image',
        path: '.attached',
        rule: 'Signed with the project’s key: the image, where it comes from, and what is in it in two formats.',
        decision: 33,
      },
    ],
  },
];
