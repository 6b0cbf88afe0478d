import { admissionPolicyName } from '../kubernetes/admission-rights.ts';
import { fieldManager, label } from '../kubernetes/labels.ts';
import type {
  Deployment,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { validations, variables } from './expressions.ts';

/** The objects with which a cluster refuses every image of a project that did not come out of the path. */
export interface AdmissionPlan {
  readonly policy: ValidatingAdmissionPolicy;
  readonly binding: ValidatingAdmissionPolicyBinding;
}

const api = 'admissionregistration.k8s.io/v1';

/**
 * A plan asks what would change before its images are let in, by dry runs: nothing of these is kept. The path's own are
 * let through; those of others are answered as they would be in earnest.
 */
const notAPlan = `!(request.?dryRun.orValue(false) && request.?options.?fieldManager.orValue('') == '${fieldManager}')`;

/** Plans the policy and its binding (kubernetes.io, "Validating Admission Policy"). What may run is in the list. */
export function planAdmission(project: Project): AdmissionPlan {
  const { namespace } = project.target;
  const metadata = {
    name: admissionPolicyName(namespace),
    labels: { [label.partOf]: project.name },
  };
  return {
    policy: {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        failurePolicy: 'Fail',
        matchConditions: [{ name: 'not-a-plan', expression: notAPlan }],
        matchConstraints: {
          matchPolicy: 'Equivalent',
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          objectSelector: {},
          resourceRules: [
            rule('', ['pods', 'pods/ephemeralcontainers', 'replicationcontrollers']),
            rule('apps', ['deployments', 'replicasets', 'statefulsets', 'daemonsets']),
            rule('batch', ['jobs', 'cronjobs']),
          ],
        },
        variables,
        validations: validations(project.name),
      },
    },
    binding: {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  };
}

function rule(group: string, resources: readonly string[]) {
  return {
    apiGroups: [group],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE'],
    resources,
    scope: 'Namespaced',
  };
}

/** A Deployment without pods that has an image: whether the cluster takes it tells whether it takes the image. */
export function probe(project: Project, image: string): Deployment {
  const labels = { [label.name]: 'admission-probe' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'admission-probe', namespace: project.target.namespace, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'probe', image }] } },
    },
  };
}
