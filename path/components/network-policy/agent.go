package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
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

func pause(ctx context.Context, duration time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(duration):
		return nil
	}
}
