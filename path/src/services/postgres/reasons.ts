import type { FieldReason, Reasons } from '../../core/reason.ts';

const pod = '.spec.template.spec';
const part = 'service';

const metadata = (kind: string): FieldReason => ({
  kind,
  part,
  path: '.metadata',
  rule: 'Called as the service in ptp.yaml, which is also its host within the system.',
  input: 'services.{name}',
  decision: 14,
});

const reasons: readonly FieldReason[] = [
  ...['StatefulSet', 'Service', 'ServiceAccount', 'ConfigMap'].map(metadata),
  {
    kind: 'ServiceAccount',
    part,
    path: '.automountServiceAccountToken',
    rule: 'The database asks the API server for nothing.',
    decision: 13,
  },
  {
    kind: 'ConfigMap',
    part,
    path: '.data',
    rule: 'PostgreSQL’s settings, sized to the memory that its pod may use; a change replaces the pod.',
    decision: 14,
  },
  {
    kind: 'Service',
    part,
    path: '.spec',
    rule: 'One address for components, and one without an IP for the StatefulSet.',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: '.spec',
    rule: 'One server: its volume belongs to it alone and stays when it is deleted.',
    input: 'services.{name}',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: '.spec.persistentVolumeClaimRetentionPolicy',
    rule: 'Data outlives whatever is done to the StatefulSet; only `ptp down --data` deletes it.',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: '.spec.volumeClaimTemplates',
    rule: 'A volume of the size that ptp.yaml asks for, of the target’s storage class.',
    input: 'services.{name}.storage',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: `${pod}.containers[*].image`,
    rule: 'Built here from Debian’s signed PostgreSQL packages, by digest.',
    input: 'services.{name}.version',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: `${pod}.containers[*].command`,
    rule: 'The server runs with a lock on its volume, so that no second one ever writes to it.',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: `${pod}.containers[*].resources`,
    rule: '512 MiB at most, of which PostgreSQL’s settings are computed.',
    decision: 14,
  },
  {
    kind: 'StatefulSet',
    part,
    path: `${pod}.containers[*].securityContext`,
    rule: 'As every container: no root, no privilege, a root that cannot be written.',
    decision: 13,
  },
  {
    kind: 'NetworkPolicy',
    part,
    path: '.spec.ingress',
    rule: 'Only components that need it reach it.',
    input: 'services.{name}',
    decision: 26,
  },
];

/** Why PostgreSQL's objects are as they are. */
export const postgresReasons: readonly Reasons[] = [{ file: 'path/src/services/postgres/plan.ts', reasons }];
