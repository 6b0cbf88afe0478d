import type { FieldReason, Reasons } from '../core/reason.ts';

const kind = 'Secret';

const credentials: readonly FieldReason[] = [
  {
    kind,
    part: 'service',
    path: '.metadata',
    rule: 'Called after its service; made where it is not there, and kept as it is where it is.',
    input: 'services.{name}',
    decision: 15,
  },
  {
    kind,
    part: 'service',
    path: '.type',
    rule: 'A binding says of which type it is, as the Service Binding specification wants it; others are opaque.',
    decision: 15,
  },
  {
    kind,
    part: 'service',
    path: '.data',
    rule: 'The keys of the Service Binding specification for those that need the service; what its administrator needs stands in a Secret that no component mounts. Passwords are random and nobody sees them.',
    input: 'services.{name}',
    decision: 15,
  },
];

/** Why the Secrets of services are as they are. */
export const serviceSecretReasons: readonly Reasons[] = [
  { file: 'path/src/services/postgres/credentials.ts', reasons: credentials },
  {
    file: 'path/src/services/registry-login.ts',
    reasons: [
      {
        kind,
        part: 'other',
        path: '.data.auth',
        rule: 'What backups are pushed to the registry with: the login that this machine pushes with.',
        decision: 47,
      },
    ],
  },
];
