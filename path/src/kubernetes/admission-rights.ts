import type { Right } from './access-review.ts';

/** The name of the policy that decides which images run in a namespace, and of its binding. */
export function admissionPolicyName(namespace: string): string {
  return `${namespace}.images.ptp.dev`;
}

/** What it takes to make that policy, beside what a deploy needs anyway. */
export function admissionRights(namespace: string): readonly Right[] {
  const [group, name] = ['admissionregistration.k8s.io', admissionPolicyName(namespace)];
  return ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].flatMap((resource) => [
    { verb: 'list', resource, group },
    { verb: 'patch', resource, group, name },
  ]);
}
