import { admissionNames } from '../kubernetes/admission-names.ts';
import { label } from '../kubernetes/labels.ts';
import { namespaceFor } from '../kubernetes/namespace.ts';
import type {
  ConfigMap,
  Deployment,
  Namespace,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../kubernetes/objects.ts';
import type { Project } from '../project/project.ts';
import { validations, variables } from './expressions.ts';

/** The objects with which a cluster refuses every image of a project that did not come out of the path. */
export interface AdmissionPlan {
  /** The project's namespace and that of the list. */
  readonly namespaces: readonly Namespace[];
  readonly list: ConfigMap;
  readonly policy: ValidatingAdmissionPolicy;
  readonly binding: ValidatingAdmissionPolicyBinding;
}

const api = 'admissionregistration.k8s.io/v1';

/**
 * Plans the policy, its binding and the list of what may run (kubernetes.io, "Validating Admission Policy").
 * @param references by digest, without a tag: `registry/repository@sha256:…`
 */
export function planAdmission(project: Project, references: readonly string[]): AdmissionPlan {
  const { namespace } = project.target;
  const names = admissionNames(namespace);
  const labels = { [label.partOf]: project.name };
  return {
    namespaces: [namespaceFor(namespace), namespaceFor(names.namespace)],
    list: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: names.list, namespace: names.namespace, labels },
      data: listOf(references),
    },
    policy: {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: names.policy, labels },
      spec: {
        failurePolicy: 'Fail',
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
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
      metadata: { name: names.policy, labels },
      spec: {
        policyName: names.policy,
        paramRef: { name: names.list, namespace: names.namespace, parameterNotFoundAction: 'Deny' },
        validationActions: ['Deny'],
      },
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

/** A key for each digest, so that the server looks one up and reads no list: `sha256-…` → references, one a line. */
export function listOf(references: readonly string[]): Readonly<Record<string, string>> {
  const listed: Record<string, readonly string[]> = {};
  for (const reference of [...new Set(references)].sort()) {
    const key = reference.slice(reference.indexOf('@') + 1).replace(':', '-');
    listed[key] = [...(listed[key] ?? []), reference];
  }
  return Object.fromEntries(Object.entries(listed).map(([key, lines]) => [key, lines.join('\n')]));
}

/** The references that a list names. */
export function referencesIn(data: Readonly<Record<string, string>>): readonly string[] {
  return Object.values(data).flatMap((lines) => lines.split('\n'));
}

/** A Deployment without pods that has these images: whether the cluster takes it tells whether it takes them. */
export function probe(project: Project, references: readonly string[]): Deployment {
  const labels = { [label.name]: 'admission-probe' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'admission-probe', namespace: project.target.namespace, labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: references.map((image, index) => ({ name: `image-${index}`, image })) },
      },
    },
  };
}
