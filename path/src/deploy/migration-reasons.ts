import type { FieldReason, Reasons } from '../core/reason.ts';

const kind = 'Job';
const part = 'component';
const pod = '.spec.template.spec';

const reasons: readonly FieldReason[] = [
  {
    kind,
    part,
    path: '.metadata',
    rule: 'Its name follows from all that the migration does, so that the same one is the same Job and is not run twice; the network policies of its component hold for it.',
    input: 'components.{name}.migrate',
    decision: 16,
  },
  {
    kind,
    part,
    path: '.spec',
    rule: 'Tried again once; kept for an hour after its end, so that somebody can look at it.',
    input: 'components.{name}.migrate',
    decision: 16,
  },
  {
    kind,
    part,
    path: '.spec.activeDeadlineSeconds',
    rule: 'A minute more than a release waits for its migrations: for the case that nobody waits any more.',
    input: 'rollout.migrationDeadline',
    decision: 16,
  },
  {
    kind,
    part,
    path: pod,
    rule: 'What every pod has: no root, no privilege, no token, a root that cannot be written.',
    decision: 13,
  },
  {
    kind,
    part,
    path: `${pod}.containers[*].image`,
    rule: 'The image that is to be rolled out: a migration comes with the code that needs it.',
    input: 'components.{name}.source',
    decision: 16,
  },
  {
    kind,
    part,
    path: `${pod}.containers[*].command`,
    rule: 'As ptp.yaml has it; it runs before the pods that need it.',
    input: 'components.{name}.migrate',
    decision: 16,
  },
  {
    kind,
    part,
    path: `${pod}.volumes`,
    rule: 'A small /tmp, and the Secret of each service that the component needs.',
    input: 'components.{name}.needs',
    decision: 15,
  },
];

/** Why the Jobs that run migrations are as they are. */
export const migrationReasons: readonly Reasons[] = [{ file: 'path/src/deploy/migration.ts', reasons }];
