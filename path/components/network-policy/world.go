package main

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"ptp.local/components/network-policy/policy"
)

// world is what the informers and the announcements know now, and whose each address is.
func (a *agent) world() (policy.World, map[netip.Addr]types.UID) {
	world := policy.World{Namespaces: map[string]labels.Set{}}
	for _, one := range a.namespaces.GetStore().List() {
		namespace := one.(*corev1.Namespace)
		world.Namespaces[namespace.Name] = namespace.Labels
	}
	for _, one := range a.policies.GetStore().List() {
		world.Policies = append(world.Policies, one.(*networkingv1.NetworkPolicy))
	}
	var pods []*corev1.Pod
	for _, one := range a.pods.GetStore().List() {
		if pod := one.(*corev1.Pod); !pod.Spec.HostNetwork && !ended(pod) {
			pods = append(pods, pod)
		}
	}
	owners := map[netip.Addr]types.UID{}
	for _, one := range a.addresses(pods) {
		if _, taken := owners[one.address]; taken {
			continue
		}
		owners[one.address] = one.pod.UID
		world.Pods = append(world.Pods, policy.Pod{
			Namespace: one.pod.Namespace,
			Name:      one.pod.Name,
			Labels:    one.pod.Labels,
			Address:   one.address,
			Ports:     policy.NamedPorts(one.pod.Spec),
		})
	}
	return world, owners
}

type addressed struct {
	pod       *corev1.Pod
	address   netip.Addr
	announced bool
}

// addresses gives the pods that have one, the surest claim to an address first: what was announced is newer than any
// status, and of two statuses the younger pod's holds, because an address is given again only when it is free.
func (a *agent) addresses(pods []*corev1.Pod) []addressed {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	var found []addressed
	there := map[types.UID]bool{}
	for _, pod := range pods {
		there[pod.UID] = true
		address := statusAddress(pod)
		announcement, early := a.announced[pod.UID]
		if early && announcement.address == address {
			delete(a.announced, pod.UID)
			early = false
		}
		if early {
			announcement.seen = true
			a.announced[pod.UID] = announcement
			address = announcement.address
		}
		if address.IsValid() {
			found = append(found, addressed{pod, address, early})
		}
	}
	for uid, announcement := range a.announced {
		if announcement.seen && !there[uid] {
			delete(a.announced, uid)
		}
	}
	slices.SortFunc(found, func(x, y addressed) int {
		if x.announced != y.announced {
			if x.announced {
				return -1
			}
			return 1
		}
		return y.pod.CreationTimestamp.Compare(x.pod.CreationTimestamp.Time)
	})
	return found
}

func statusAddress(pod *corev1.Pod) netip.Addr {
	for _, one := range append([]corev1.PodIP{{IP: pod.Status.PodIP}}, pod.Status.PodIPs...) {
		if address, err := netip.ParseAddr(one.IP); err == nil && address.Is4() {
			return address
		}
	}
	return netip.Addr{}
}

func ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// slimPod keeps of a pod what policies can mean: the rest would only be memory.
func slimPod(object any) (any, error) {
	pod, ok := object.(*corev1.Pod)
	if !ok {
		return object, nil
	}
	kept := func(containers []corev1.Container) []corev1.Container {
		var all []corev1.Container
		for _, one := range containers {
			all = append(all, corev1.Container{Name: one.Name, Ports: one.Ports, RestartPolicy: one.RestartPolicy})
		}
		return all
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID, ResourceVersion: pod.ResourceVersion,
			Labels: pod.Labels, CreationTimestamp: pod.CreationTimestamp,
		},
		Spec: corev1.PodSpec{
			HostNetwork: pod.Spec.HostNetwork, Containers: kept(pod.Spec.Containers), InitContainers: kept(pod.Spec.InitContainers),
		},
		Status: corev1.PodStatus{Phase: pod.Status.Phase, PodIP: pod.Status.PodIP, PodIPs: pod.Status.PodIPs},
	}, nil
}

// slim leaves out who set which field.
func slim(object any) (any, error) {
	if one, ok := object.(metav1.Object); ok {
		one.SetManagedFields(nil)
	}
	return object, nil
}
