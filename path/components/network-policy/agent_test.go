package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	source "k8s.io/client-go/tools/cache/testing"
	"sigs.k8s.io/knftables"

	"ptp.local/components/network-policy/announce"
	"ptp.local/components/network-policy/policy"
	"ptp.local/components/network-policy/table"
)

// cluster is an API that the test plays, a kernel that keeps what is written, and an agent between them.
type cluster struct {
	pods, namespaces, policies *source.FakeControllerSource
	kernel                     *knftables.Fake
	agent                      *agent
	announce                   *announce.Client
	socket                     string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{
		pods: source.NewFakeControllerSource(), namespaces: source.NewFakeControllerSource(),
		policies: source.NewFakeControllerSource(), kernel: knftables.NewFake(knftables.InetFamily, table.Name),
	}
	c.agent = newAgent(table.With(c.kernel), sources{pods: c.pods, namespaces: c.namespaces, policies: c.policies})
	c.namespaces.Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}})
	c.policies.Add(&networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "deny", Namespace: "shop"},
		Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress", "Egress"}},
	})
	socket := filepath.Join(t.TempDir(), "socket")
	door, err := listenUnix(socket)
	if err != nil {
		t.Fatal(err)
	}
	c.announce, c.socket = announce.NewClient(socket), socket
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- c.agent.run(ctx) }()
	go func() { ended <- serve(ctx, door, c.agent.announcements()) }()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-ended; err != context.Canceled {
				t.Errorf("ended with %v", err)
			}
		}
	})
	return c
}

func pod(name string, address string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: types.UID(name)},
		Status:     corev1.PodStatus{PodIP: address},
	}
}

// eventually waits until the table isolates exactly these addresses.
func (c *cluster) eventually(t *testing.T, addresses ...string) {
	t.Helper()
	want := strings.Join(addresses, " ")
	for deadline := time.Now().Add(20 * time.Second); ; {
		c.agent.mutex.Lock()
		changed := c.agent.changed
		c.agent.mutex.Unlock()
		got := c.isolated()
		if got == want {
			return
		}
		select {
		case <-changed:
		case <-time.After(time.Until(deadline)):
			t.Fatalf("isolated are %q, and should be %q", got, want)
		}
	}
}

func (c *cluster) isolated() string {
	elements, err := c.kernel.ListElements(context.Background(), "map", policy.Ingress)
	if err != nil {
		return err.Error()
	}
	var addresses []string
	for _, one := range elements {
		addresses = append(addresses, one.Key[0])
	}
	return strings.Join(addresses, " ")
}

func (c *cluster) announced(name, sandbox, address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return c.announce.Admit(ctx, announce.Pod{
		Namespace: "shop", Name: name, UID: name, Sandbox: sandbox, Address: netip.MustParseAddr(address),
	})
}

func TestTheTableFollowsPodsAndPolicies(t *testing.T) {
	c := newCluster(t)
	c.eventually(t)
	c.pods.Add(pod("one", "10.244.0.2"))
	c.eventually(t, "10.244.0.2")
	host := pod("host", "10.77.1.2")
	host.Spec.HostNetwork = true
	c.pods.Add(host)
	finished := pod("finished", "10.244.0.9")
	finished.Status.Phase = corev1.PodSucceeded
	c.pods.Add(finished)
	c.pods.Add(pod("two", "10.244.0.3"))
	c.eventually(t, "10.244.0.2", "10.244.0.3")
	c.pods.Delete(pod("one", "10.244.0.2"))
	c.eventually(t, "10.244.0.3")
	c.policies.Delete(&networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "deny", Namespace: "shop"}})
	c.eventually(t)
}

func TestAnAnnouncedPodIsIsolatedBeforeItsStatusSaysItsAddress(t *testing.T) {
	c := newCluster(t)
	c.pods.Add(pod("one", ""))
	if err := c.announced("one", "first", "10.244.0.2"); err != nil {
		t.Fatal(err)
	}
	if got := c.isolated(); got != "10.244.0.2" {
		t.Fatalf("isolated are %q", got)
	}
	c.pods.Modify(pod("one", "10.244.0.2"))
	// A new sandbox's address is newer than the status.
	if err := c.announced("one", "second", "10.244.0.3"); err != nil {
		t.Fatal(err)
	}
	c.eventually(t, "10.244.0.3")
	c.pods.Delete(pod("one", "10.244.0.2"))
	c.eventually(t)
}

func TestAnAnnouncementWaitsForThePodItself(t *testing.T) {
	c := newCluster(t)
	// Of the same name, as a StatefulSet's pod that was replaced.
	old := pod("database-0", "10.244.0.2")
	old.UID = "old"
	c.pods.Add(old)
	c.eventually(t, "10.244.0.2")
	done := make(chan error)
	go func() { done <- c.announced("database-0", "first", "10.244.0.3") }()
	c.pods.Delete(old)
	c.pods.Add(pod("database-0", ""))
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	c.eventually(t, "10.244.0.3")
}

func TestAnAddressBelongsToWhoAnnouncedItLast(t *testing.T) {
	c := newCluster(t)
	// Even where the other pod is younger.
	old := pod("old", "10.244.0.2")
	old.CreationTimestamp = metav1.Now()
	c.pods.Add(old)
	c.pods.Add(pod("new", ""))
	if err := c.announced("new", "first", "10.244.0.2"); err != nil {
		t.Fatal(err)
	}
	world, owners := c.agent.world()
	if len(world.Pods) != 1 || owners[netip.MustParseAddr("10.244.0.2")] != "new" {
		t.Errorf("%v %v", world.Pods, owners)
	}
	if err := c.announce.Forget(context.Background(), "first"); err != nil {
		t.Fatal(err)
	}
	if _, owners := c.agent.world(); owners[netip.MustParseAddr("10.244.0.2")] != "old" {
		t.Errorf("after the sandbox is gone: %v", owners)
	}
}

func TestAPodThatIsUnknownHasToWait(t *testing.T) {
	c := newCluster(t)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	stranger := announce.Pod{Namespace: "shop", Name: "who", UID: "who", Sandbox: "s", Address: netip.MustParseAddr("10.244.0.2")}
	if err := c.agent.admit(ctx, stranger); err == nil {
		t.Error("it was let in")
	}
	if len(c.agent.announced) != 0 {
		t.Errorf("it is remembered: %v", c.agent.announced)
	}
	stranger.UID = ""
	if err := c.agent.admit(context.Background(), stranger); err == nil {
		t.Error("one without an identity was let in")
	}
}

func TestNobodyBehindTheSocketIsAskedAgainUntilThereIs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	done := make(chan error)
	go func() { done <- announce.NewClient(socket).Admit(context.Background(), announce.Pod{}) }()
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked < 3 {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	if err := <-done; err != nil || asked != 3 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}

func TestOtherNodesAreToldAndThoseThatAreGoneHoldNobodyUp(t *testing.T) {
	here, there := newCluster(t), newCluster(t)
	for _, c := range []*cluster{here, there} {
		c.pods.Add(pod("one", ""))
	}
	announced := announce.Pod{Namespace: "shop", Name: "one", UID: "one", Sandbox: "first", Address: netip.MustParseAddr("10.244.0.2")}
	silent, err := net.Listen("unix", filepath.Join(t.TempDir(), "silent"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone := filepath.Join(t.TempDir(), "gone")
	announce.Tell([]string{here.socket, gone, silent.Addr().String(), there.socket}, func(ctx context.Context, client *announce.Client) error {
		return client.Announce(ctx, announced)
	})
	for _, c := range []*cluster{here, there} {
		if got := c.isolated(); got != "10.244.0.2" {
			t.Errorf("isolated are %q", got)
		}
	}
}

func TestItIsReadyWhenPoliciesAreEnforced(t *testing.T) {
	agent := newAgent(table.With(knftables.NewFake(knftables.InetFamily, table.Name)), sources{
		pods: source.NewFakeControllerSource(), namespaces: source.NewFakeControllerSource(), policies: source.NewFakeControllerSource(),
	})
	ask := func(path string) int {
		answer := httptest.NewRecorder()
		agent.health().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		return answer.Code
	}
	if ask("/livez") != 200 || ask("/readyz") != 503 {
		t.Errorf("before: %d %d", ask("/livez"), ask("/readyz"))
	}
	if err := agent.sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	if ask("/readyz") != 200 || ask("/metrics") != 200 {
		t.Errorf("after: %d %d", ask("/readyz"), ask("/metrics"))
	}
}
