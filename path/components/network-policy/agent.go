package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"ptp.local/components/network-policy/policy"
	"ptp.local/components/network-policy/table"
)

const (
	// Changes come in bursts (a rollout, a namespace); this long after the first one they are written together.
	debounce = 10 * time.Millisecond
	retry    = time.Second
	// How often it is looked whether the table is still there.
	look = 30 * time.Second
)

// agent keeps the table as the cluster's objects say.
type agent struct {
	table                      *table.Table
	pods, namespaces, policies cache.SharedIndexInformer
	wake                       chan struct{}
	figures                    figures

	mutex sync.Mutex
	// announced are pods whose addresses are known before their status says them.
	announced map[types.UID]announcement
	// enforced are the addresses that the table knows, and whose they are.
	enforced map[netip.Addr]types.UID
	// changed is closed, and another made, whenever enforced changed.
	changed chan struct{}
}

func newAgent(table *table.Table, from sources) *agent {
	return &agent{
		table:      table,
		pods:       cache.NewSharedIndexInformer(from.pods, &corev1.Pod{}, 0, cache.Indexers{}),
		namespaces: cache.NewSharedIndexInformer(from.namespaces, &corev1.Namespace{}, 0, cache.Indexers{}),
		policies:   cache.NewSharedIndexInformer(from.policies, &networkingv1.NetworkPolicy{}, 0, cache.Indexers{}),
		wake:       make(chan struct{}, 1),
		announced:  map[types.UID]announcement{},
		enforced:   map[netip.Addr]types.UID{},
		changed:    make(chan struct{}),
	}
}

// run keeps the table right until the context ends; it returns the context's error, or why it could not begin.
func (a *agent) run(ctx context.Context) error {
	notify := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { a.changedObject() },
		UpdateFunc: func(any, any) { a.changedObject() },
		DeleteFunc: func(any) { a.changedObject() },
	}
	if err := errors.Join(a.pods.SetTransform(slimPod), a.namespaces.SetTransform(slim), a.policies.SetTransform(slim)); err != nil {
		return err
	}
	var workers sync.WaitGroup
	defer workers.Wait()
	for _, informer := range []cache.SharedIndexInformer{a.pods, a.namespaces, a.policies} {
		if _, err := informer.AddEventHandler(notify); err != nil {
			return err
		}
		workers.Go(func() { informer.RunWithContext(ctx) })
	}
	if !cache.WaitForCacheSync(ctx.Done(), a.pods.HasSynced, a.namespaces.HasSynced, a.policies.HasSynced) {
		return ctx.Err()
	}
	a.changedObject()
	return a.keep(ctx)
}

func (a *agent) keep(ctx context.Context) error {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if err := a.table.Check(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("the table could not be looked at", "error", err)
			}
		case <-a.wake:
			if err := pause(ctx, debounce); err != nil {
				return err
			}
		}
		// What happened meanwhile is read below; what happens from now on wakes it again.
		select {
		case <-a.wake:
		default:
		}
		if err := a.sync(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			a.figures.failures.Add(1)
			slog.Error("policies could not be enforced; trying again", "error", err)
			if err := pause(ctx, retry); err != nil {
				return err
			}
			a.changedObject()
		}
	}
}

// sync reads the world once and writes what it means.
func (a *agent) sync(ctx context.Context) error {
	started := time.Now()
	world, owners := a.world()
	changes, err := a.table.Write(ctx, policy.Compile(world))
	if err != nil {
		return err
	}
	a.mutex.Lock()
	a.enforced = owners
	close(a.changed)
	a.changed = make(chan struct{})
	a.mutex.Unlock()
	if first := a.figures.record(world, changes, time.Since(started)); first {
		slog.Info("policies are enforced", "policies", len(world.Policies), "pods", len(world.Pods))
	}
	return nil
}

// changedObject has the table looked through soon.
func (a *agent) changedObject() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

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

func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(duration):
		return nil
	}
}
