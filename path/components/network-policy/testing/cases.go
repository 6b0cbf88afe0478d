// Package testing has the cases that the tests of the rules and those of packets share.
package testing

import (
	_ "embed"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"ptp.local/components/network-policy/policy"
)

//go:embed cases.yaml
var text []byte

// Suite is the cases and the cluster they are about.
type Suite struct {
	Namespaces map[string]labels.Set
	Pods       map[string]Pod
	Outside    netip.Addr
	Cases      []Case
}

// Pod is one that the cases name.
type Pod struct {
	Namespace string
	Address   netip.Addr
	Labels    map[string]string
	Ports     map[string]int32
}

// Case is what some policies allow and refuse.
type Case struct {
	Name             string
	Policies         []Policy
	Allowed, Refused []string
}

// Policy is a spec with a name; its namespace is shop unless it says another.
type Policy struct {
	Name, Namespace string
	networkingv1.NetworkPolicySpec
}

// Flow is a connection that is tried.
type Flow struct {
	From, To, Protocol, Port string
}

// Load reads the cases; it panics where they are not well formed.
func Load() Suite {
	var suite Suite
	if err := yaml.UnmarshalStrict(text, &suite); err != nil {
		panic(err)
	}
	return suite
}

// Flows are all that the case speaks of, and whether each is allowed.
func (c Case) Flows() map[Flow]bool {
	flows := map[Flow]bool{}
	for _, line := range slices.Concat(c.Allowed, c.Refused) {
		words := strings.Fields(line)
		flows[Flow{words[0], words[1], words[2], words[3]}] = slices.Contains(c.Allowed, line)
	}
	return flows
}

// Address is that of a pod, or of outside.
func (s Suite) Address(name string) netip.Addr {
	if name == "outside" {
		return s.Outside
	}
	return s.Pods[name].Address
}

// World is the cluster with a case's policies.
func (s Suite) World(c Case) policy.World {
	world := policy.World{Namespaces: s.Namespaces, Policies: c.Objects()}
	for _, pod := range s.PodObjects() {
		address := netip.MustParseAddr(pod.Status.PodIP)
		world.Pods = append(world.Pods, policy.Pod{
			Namespace: pod.Namespace, Name: pod.Name, Labels: pod.Labels, Address: address, Ports: policy.NamedPorts(pod.Spec),
		})
	}
	return world
}

// Objects are the case's policies as the API has them.
func (c Case) Objects() []*networkingv1.NetworkPolicy {
	var all []*networkingv1.NetworkPolicy
	for _, one := range c.Policies {
		if one.Namespace == "" {
			one.Namespace = "shop"
		}
		all = append(all, &networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Name: one.Name, Namespace: one.Namespace}, Spec: one.NetworkPolicySpec,
		})
	}
	return all
}

// PodObjects are the pods as the API has them.
func (s Suite) PodObjects() []*corev1.Pod {
	var all []*corev1.Pod
	for name, pod := range s.Pods {
		container := corev1.Container{Name: "main"}
		for port, number := range pod.Ports {
			container.Ports = append(container.Ports, corev1.ContainerPort{Name: port, ContainerPort: number})
		}
		all = append(all, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: pod.Namespace, UID: types.UID("uid-" + name), Labels: pod.Labels},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{container}},
			Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: pod.Address.String()},
		})
	}
	return all
}
