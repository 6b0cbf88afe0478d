import type { Binding } from '../core/handover.ts';
import { monitoring, monitoringNamespace } from '../core/monitoring.ts';
import { askingNames } from '../kubernetes/asking-names.ts';
import { label } from '../kubernetes/labels.ts';
import type {
  NetworkPolicy,
  NetworkPolicyEgressRule,
  NetworkPolicyIngressRule,
} from '../kubernetes/objects.ts';
import type { Component, Project } from '../project/project.ts';
import { outsidePorts } from './outside.ts';

/**
 * Who may talk to whom: nobody by default, then what ptp.yaml implies. A component reaches those that its URLs name,
 * the services it needs, names (DNS), and hosts outside on the ports that its URLs name; it is reached by those that
 * name it and, where it has a route, by the gateway. Probes come from the node, which policies do not concern.
 */
export function networkPolicies(project: Project, bindings: readonly Binding[]): readonly NetworkPolicy[] {
  return [
    policy(project, 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    ...project.components.map((component) =>
      policy(project, component.name, {
        podSelector: { matchLabels: { [label.component]: component.name } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [...ingress(project, component), ...scraping(project)],
        egress: egress(project, component, bindings),
      }),
    ),
  ];
}

function policy(project: Project, name: string, spec: NonNullable<NetworkPolicy['spec']>): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: project.target.namespace, labels: { [label.partOf]: project.name } },
    spec,
  };
}

function ingress(project: Project, component: Component): readonly NetworkPolicyIngressRule[] {
  const ports = [{ protocol: 'TCP', port: 'http' }];
  // What has a route is public: where its gateway runs, inside the cluster or before it, makes no difference.
  if (component.route !== undefined) return [{ ports }];
  const callers = project.components.filter((other) => other.talksTo.includes(component.name));
  return callers.length === 0 ? [] : [{ from: callers.map((caller) => pods(caller.name)), ports }];
}

/** The cluster's monitoring reads figures at the port of probes, which nobody else reaches. */
function scraping({ target }: Project): readonly NetworkPolicyIngressRule[] {
  if (target.monitoring !== 'cluster') return [];
  const from = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': monitoringNamespace(target) } },
    podSelector: { matchLabels: { [label.name]: monitoring.name } },
  };
  return [{ from: [from], ports: [{ protocol: 'TCP', port: 'management' }] }];
}

function egress(
  project: Project,
  component: Component,
  bindings: readonly Binding[],
): readonly NetworkPolicyEgressRule[] {
  const called = project.components.filter((other) => component.talksTo.includes(other.name));
  const needed = bindings.filter((binding) => component.needs.includes(binding.name));
  const outside = outsidePorts(component.env, project);
  return [
    askingNames(project.target.cloud?.nameServers),
    ...called.map((other) => ({ to: [pods(other.name)], ports: [{ protocol: 'TCP', port: other.port }] })),
    ...needed.map(wayTo),
    ...(outside.length === 0 ? [] : [{ ports: outside.map((port) => ({ protocol: 'TCP', port })) }]),
  ];
}

/** A service in the cluster is reached by its pods' labels, one outside by its addresses. */
function wayTo({ selector, cidr, port }: Binding): NetworkPolicyEgressRule {
  const ports = [{ protocol: 'TCP', port }];
  if (selector !== undefined) return { to: [{ podSelector: { matchLabels: selector } }], ports };
  return cidr === undefined ? { ports } : { to: [{ ipBlock: { cidr } }], ports };
}

function pods(component: string) {
  return { podSelector: { matchLabels: { [label.component]: component } } };
}
