package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"ptp.local/components/network-policy/announce"
)

// A pod's status says its address a second or more after its containers began, because the kubelet looks at them once
// a second. Until then its policies would not isolate it, and those that let it in would refuse it. So the container
// network's last plugin (wait-for-policy) announces each address before any container starts, and waits until the
// table knows it.

// announcement is a pod's address before its status says it.
type announcement struct {
	sandbox string
	address netip.Addr
	// seen says that the informer knew the pod: when it does not any more, the pod is gone.
	seen bool
}

// patience is how long the informer may be behind the kubelet.
const patience = 10 * time.Second

// announcements answers wait-for-policy: PUT when the rules for the pod are in force, DELETE at once.
func (a *agent) announcements() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT "+announce.Path, func(w http.ResponseWriter, r *http.Request) {
		var pod announce.Pod
		if err := json.NewDecoder(r.Body).Decode(&pod); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		started := time.Now()
		if err := a.admit(ctx, pod); err != nil {
			slog.Warn("a pod has to wait", "namespace", pod.Namespace, "pod", pod.Name, "error", err)
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		a.figures.waited(time.Since(started))
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE "+announce.Path, func(w http.ResponseWriter, r *http.Request) {
		a.forget(r.URL.Query().Get("sandbox"))
		w.WriteHeader(http.StatusNoContent)
	})
	return mux
}

// admit waits until the table knows the pod by its address. Where it does not come to that, the announcement is taken
// back and the error says why.
func (a *agent) admit(ctx context.Context, pod announce.Pod) error {
	if pod.UID == "" || pod.Sandbox == "" || !pod.Address.Is4() {
		return fmt.Errorf("an announcement needs uid, sandbox and an IPv4 address, and not %+v", pod)
	}
	uid := types.UID(pod.UID)
	a.mutex.Lock()
	a.announced[uid] = announcement{sandbox: pod.Sandbox, address: pod.Address}
	a.mutex.Unlock()
	a.changedObject()
	for {
		a.mutex.Lock()
		done, changed := a.enforced[pod.Address] == uid, a.changed
		a.mutex.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			a.forget(pod.Sandbox)
			return fmt.Errorf("the rules for %s of %s/%s are not in force after %s", pod.Address, pod.Namespace, pod.Name, patience)
		}
	}
}

func (a *agent) forget(sandbox string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for uid, one := range a.announced {
		if one.sandbox == sandbox {
			delete(a.announced, uid)
			a.changedObject()
		}
	}
}
