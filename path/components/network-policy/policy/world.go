// Package policy turns the cluster's NetworkPolicies (networking.k8s.io/v1), pods and namespaces into the sets and
// chains that enforce them. It is pure: the same world gives the same ruleset.
package policy

import (
	"cmp"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// World is all that rules depend on, as it is at one moment.
type World struct {
	// Namespaces has each namespace's labels.
	Namespaces map[string]labels.Set
	// Pods are those with an address of their own: no two share one, and none is on the host's network.
	Pods     []Pod
	Policies []*networkingv1.NetworkPolicy
}

// Pod is what policies can say of a pod.
type Pod struct {
	Namespace, Name string
	Labels          labels.Set
	// Address is an IPv4 address.
	Address netip.Addr
	Ports   []Port
}

// Port is a container's port that has a name.
type Port struct {
	Name     string
	Protocol corev1.Protocol
	Number   int32
}

// NamedPorts are the named ports of a pod's containers, those of restartable init containers (sidecars) included.
func NamedPorts(spec corev1.PodSpec) []Port {
	var ports []Port
	of := func(containers []corev1.Container, counts func(corev1.Container) bool) {
		for _, container := range containers {
			for _, port := range container.Ports {
				if port.Name != "" && counts(container) {
					ports = append(ports, Port{port.Name, protocolOr(port.Protocol), port.ContainerPort})
				}
			}
		}
	}
	of(spec.Containers, func(corev1.Container) bool { return true })
	of(spec.InitContainers, func(container corev1.Container) bool {
		return container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
	})
	return ports
}

func protocolOr(protocol corev1.Protocol) corev1.Protocol {
	return cmp.Or(protocol, corev1.ProtocolTCP)
}

// sorted gives the world's parts an order of their own, so that equal worlds give equal rulesets.
func (w World) sorted() World {
	w.Pods = slices.SortedFunc(slices.Values(w.Pods), func(a, b Pod) int { return a.Address.Compare(b.Address) })
	w.Policies = slices.SortedFunc(slices.Values(w.Policies), func(a, b *networkingv1.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return w
}

// selected are the pods that a policy of the namespace is for.
func (w World) selected(namespace string, selector metav1.LabelSelector) []Pod {
	match := matcher(&selector)
	return w.podsWhere(func(pod Pod) bool { return pod.Namespace == namespace && match(pod.Labels) })
}

// peers are the pods that one of a rule's peers means, seen from the policy's namespace.
func (w World) peers(namespace string, peers []networkingv1.NetworkPolicyPeer) []Pod {
	var matches []func(Pod) bool
	for _, peer := range peers {
		if peer.IPBlock != nil {
			continue
		}
		match := func(pod Pod) bool { return pod.Namespace == namespace }
		if peer.NamespaceSelector != nil {
			namespaces := matcher(peer.NamespaceSelector)
			match = func(pod Pod) bool {
				set, known := w.Namespaces[pod.Namespace]
				return known && namespaces(set)
			}
		}
		if peer.PodSelector != nil {
			inNamespace, pods := match, matcher(peer.PodSelector)
			match = func(pod Pod) bool { return inNamespace(pod) && pods(pod.Labels) }
		} else if peer.NamespaceSelector == nil {
			continue // says nothing; the API server refuses it
		}
		matches = append(matches, match)
	}
	return w.podsWhere(func(pod Pod) bool {
		return slices.ContainsFunc(matches, func(match func(Pod) bool) bool { return match(pod) })
	})
}

func (w World) podsWhere(match func(Pod) bool) []Pod {
	var pods []Pod
	for _, pod := range w.Pods {
		if match(pod) {
			pods = append(pods, pod)
		}
	}
	return pods
}

// matcher gives a selector as a function. One that is no selector (the API server refuses it) matches nothing: a
// rule with it allows nothing.
func matcher(selector *metav1.LabelSelector) func(labels.Set) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		parsed = labels.Nothing()
	}
	return func(set labels.Set) bool { return parsed.Matches(set) }
}
