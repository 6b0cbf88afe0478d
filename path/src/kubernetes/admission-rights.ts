import type { Right } from './access-review.ts';
import { admissionNames } from './admission-names.ts';

const group = 'admissionregistration.k8s.io';

/** What it takes to tell a cluster which images may run in a namespace: the policy, then the list. */
export function admissionRights(namespace: string): readonly Right[] {
  const names = admissionNames(namespace);
  const kinds = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'];
  return [
    ...kinds.flatMap((resource) => [
      { verb: 'list', resource, group },
      { verb: 'patch', resource, group, name: names.policy },
    ]),
    { verb: 'patch', resource: 'namespaces', group: '', name: names.namespace },
    listRight(namespace),
  ];
}

/** What it takes to change the list alone. */
export function listRight(namespace: string): Right {
  const names = admissionNames(namespace);
  return { verb: 'patch', resource: 'configmaps', group: '', namespace: names.namespace, name: names.list };
}
