package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ptp.local/components/network-policy/policy"
)

// figures is what can be seen of the agent from outside.
type figures struct {
	failures atomic.Int64

	mutex                    sync.Mutex
	syncs, changes, waits    int
	pods, policies           int
	lastSync                 time.Duration
	waitedInAll, waitedWorst time.Duration
}

// record says whether it was the first time.
func (f *figures) record(world policy.World, changes int, took time.Duration) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.syncs++
	f.changes += changes
	f.lastSync = took
	f.pods, f.policies = len(world.Pods), len(world.Policies)
	return f.syncs == 1
}

func (f *figures) waited(took time.Duration) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.waits++
	f.waitedInAll += took
	f.waitedWorst = max(f.waitedWorst, took)
}

// health answers /livez while the process runs, /readyz once policies are enforced, and /metrics.
func (a *agent) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		a.figures.mutex.Lock()
		defer a.figures.mutex.Unlock()
		if a.figures.syncs == 0 {
			http.Error(w, "policies are not enforced yet", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		f := &a.figures
		f.mutex.Lock()
		defer f.mutex.Unlock()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		metric := func(name, kind, help string, value any) {
			fmt.Fprintf(w, "# HELP ptp_network_policy_%[1]s %[3]s\n# TYPE ptp_network_policy_%[1]s %[2]s\nptp_network_policy_%[1]s %[4]v\n", name, kind, help, value)
		}
		metric("pods", "gauge", "Pods that have an address.", f.pods)
		metric("policies", "gauge", "Policies in the cluster.", f.policies)
		metric("syncs_total", "counter", "Times the table was compared with the cluster.", f.syncs)
		metric("sync_failures_total", "counter", "Times that failed.", f.failures.Load())
		metric("changes_total", "counter", "Elements, rules, sets and chains that were written.", f.changes)
		metric("last_sync_seconds", "gauge", "How long the last one took.", f.lastSync.Seconds())
		metric("pod_waits_total", "counter", "New pods that waited for their rules.", f.waits)
		metric("pod_wait_seconds_total", "counter", "How long they waited in all.", f.waitedInAll.Seconds())
		metric("pod_wait_worst_seconds", "gauge", "How long the one that waited longest did.", f.waitedWorst.Seconds())
	})
	return mux
}
