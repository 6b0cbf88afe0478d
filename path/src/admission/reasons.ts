import type { Reasons } from '../core/reason.ts';

/** Why the cluster refuses images as it does. */
export const admissionReasons: readonly Reasons[] = [
  {
    file: 'path/src/admission/plan.ts',
    reasons: [
      ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'].map((kind) => ({
        kind,
        path: '.metadata',
        rule: 'One for each namespace that a project is carried to, called after it: they stand beside namespaces, not in them.',
        input: 'targets.{target}.namespace',
        decision: 35,
      })),
      {
        kind: 'ValidatingAdmissionPolicy',
        path: '.spec',
        rule: 'Whatever makes pods in the namespace is looked at by the API server itself; what it cannot judge it refuses. Dry runs of a plan are let through.',
        decision: 35,
      },
      {
        kind: 'ValidatingAdmissionPolicyBinding',
        path: '.spec',
        rule: 'What the policy does not allow is refused, not only told.',
        decision: 35,
      },
    ],
  },
  {
    file: 'path/src/admission/expressions.ts',
    reasons: ['.spec.variables', '.spec.validations'].map((path) => ({
      kind: 'ValidatingAdmissionPolicy',
      path,
      rule: 'Each container has to have an image of the list on the namespace, which is that of recorded, signed releases.',
      decision: 35,
    })),
  },
];
