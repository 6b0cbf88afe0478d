import type { FieldReason, Reasons } from '../../../core/reason.ts';

const part = 'other';

const reasons: readonly FieldReason[] = [
  ...['CronJob', 'ServiceAccount', 'ConfigMap'].map(
    (kind): FieldReason => ({
      kind,
      part,
      path: '.metadata',
      rule: 'What makes a service’s backups is called after it; the recipient that they are encrypted for stands beside it, so that nobody puts another in its place unseen.',
      decision: 47,
    }),
  ),
  {
    kind: 'ServiceAccount',
    part,
    path: '.automountServiceAccountToken',
    rule: 'Backups ask the API server for nothing.',
    decision: 13,
  },
  {
    kind: 'ConfigMap',
    part,
    path: '.data',
    rule: 'The scripts that make a backup: dumped, encrypted on the way, pushed to the registry.',
    decision: 47,
  },
  {
    kind: 'CronJob',
    part,
    path: '.spec',
    rule: 'One backup at a time, in UTC, tried again twice, of at most two hours; it runs like every pod, restricted.',
    decision: 47,
  },
  {
    kind: 'CronJob',
    part,
    path: '.spec.schedule',
    rule: 'When backups are made: daily at night unless ptp.yaml says otherwise.',
    input: 'services',
    decision: 47,
  },
];

/** Why the objects that make backups are as they are. */
export const backupReasons: readonly Reasons[] = [
  { file: 'path/src/services/postgres/backup/plan.ts', reasons },
];
