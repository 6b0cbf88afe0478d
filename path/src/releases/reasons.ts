import type { Reasons } from '../core/reason.ts';

/** Why what is kept of releases is as it is. */
export const releaseReasons: readonly Reasons[] = [
  {
    file: 'path/src/releases/store.ts',
    reasons: [
      ...['.metadata', '.type'].map((path) => ({
        kind: 'Secret',
        part: 'other' as const,
        path,
        rule: 'Of the path itself and of no component: labels say what it is, and whose.',
        decision: 11,
      })),
      {
        kind: 'Secret',
        part: 'other',
        path: '.data.record',
        rule: 'What was rolled out, compressed: the cluster remembers by itself what it runs, and the registry has the same once more.',
        decision: 37,
      },
      {
        kind: 'Release',
        path: '.',
        rule: 'Written before anything is changed and ended when it serves or was taken back; it holds every manifest, so going back needs no source.',
        decision: 37,
      },
      {
        kind: 'Release',
        path: '.traffic',
        rule: 'What requests through the public address saw while pods were replaced; too many failed ones take the release back.',
        decision: 34,
      },
      {
        kind: 'Release',
        path: '.images',
        rule: 'By digest: what runs cannot change underneath.',
        decision: 5,
      },
    ],
  },
];
