package table_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"ptp.local/components/network-policy/policy"
	"ptp.local/components/network-policy/table"
	cases "ptp.local/components/network-policy/testing"
)

const (
	// longEnough is for what must arrive: only a machine that stands still takes it all.
	longEnough = 20 * time.Second
	// shortly is for what must not: what arrives at all arrives in a thousandth of it.
	shortly = 300 * time.Millisecond
)

func TestPackets(t *testing.T) {
	suite := cases.Load()
	makeNetwork(t, suite)
	// What an earlier process left is replaced by the first write.
	nft(t, "table inet "+table.Name+" { chain forward { type filter hook forward priority 0; drop; }\n set stale { type ipv4_addr; }; }")
	kernel, err := table.New()
	if err != nil {
		t.Fatal(err)
	}
	enforce := func(t *testing.T, one cases.Case) {
		t.Helper()
		write(t, kernel, policy.Compile(suite.World(one)))
	}
	// One table for all cases: each is a change of the one before.
	for _, one := range suite.Cases {
		passed := t.Run(one.Name, func(t *testing.T) {
			enforce(t, one)
			tryAll(t, suite, one)
		})
		if !passed {
			t.FailNow() // the next ones begin with what this one left
		}
	}
	deny, open := byName(t, suite, "default deny in both directions"), suite.Cases[0]

	t.Run("the node reaches every pod, and is reached by those that may reach all", func(t *testing.T) {
		enforce(t, deny)
		if _, name := dial(t, "", "tcp", "10.244.0.13:5432", longEnough); name != "db" {
			t.Errorf("%q answers", name)
		}
		listen(t, "")
		addresses := []string{node, "192.0.2.254"}
		for _, address := range addresses {
			if _, name := dial(t, "db", "tcp", address+":8080", shortly); name != "" {
				t.Errorf("%q answers at %s a pod that may reach nobody", name, address)
			}
		}
		enforce(t, open)
		for _, address := range addresses {
			if _, name := dial(t, "db", "tcp", address+":8080", longEnough); name != "node" {
				t.Errorf("%q answers at %s", name, address)
			}
		}
	})

	t.Run("a connection that is there goes on, and its answers come back", func(t *testing.T) {
		enforce(t, open)
		connection, _ := dial(t, "client", "tcp", "10.244.0.13:5432", longEnough)
		defer connection.Close()
		enforce(t, deny)
		if _, err := connection.Write([]byte("still")); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 5)
		if _, err := io.ReadFull(connection, buffer); err != nil || string(buffer) != "still" {
			t.Errorf("%q %v", buffer, err)
		}
	})

	t.Run("a service is what is behind it, also where that is the pod itself", func(t *testing.T) {
		nft(t, `table ip services {
			chain in { type nat hook prerouting priority -100; ip daddr `+service+` tcp dport 80 dnat to 10.244.0.12:8080; }
			chain out { type nat hook postrouting priority 100; ct status dnat ip saddr 10.244.0.12 ip daddr 10.244.0.12 masquerade; }
		}`)
		enforce(t, byName(t, suite, "a named port is the receiver's, whatever its number there"))
		if _, name := dial(t, "client", "tcp", service+":80", longEnough); name != "web" {
			t.Errorf("for client %q answers", name)
		}
		if _, name := dial(t, "spy", "tcp", service+":80", shortly); name != "" {
			t.Errorf("for spy %q answers", name)
		}
		enforce(t, deny)
		if _, name := dial(t, "web", "tcp", service+":80", longEnough); name != "web" {
			t.Errorf("for web itself %q answers", name)
		}
	})

	t.Run("link-local addresses are no way around", func(t *testing.T) {
		enforce(t, deny)
		ways := map[string]string{
			"db":   fmt.Sprintf("[%s%%eth0]:5432", linkLocal(t, "db", "eth0")),
			"node": fmt.Sprintf("[%s%%eth0]:5432", linkLocal(t, "", bridgeName)),
		}
		for to, address := range ways {
			if _, name := dial(t, "client", "tcp", address, shortly); name != "" {
				t.Errorf("%q answers at %s, which is %s", name, address, to)
			}
		}
		// The same is reached where no table stands between: the addresses are right.
		nft(t, "delete table inet "+table.Name)
		for to, address := range ways {
			if _, name := dial(t, "client", "tcp", address, longEnough); name != to {
				t.Errorf("%q answers at %s without a table", name, address)
			}
		}
	})

	t.Run("a table that is gone is written again", func(t *testing.T) {
		if err := kernel.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
		enforce(t, deny)
		tryAll(t, suite, deny)
	})
}

// tryAll opens every connection that the case speaks of; SCTP, which few kernels have, is left to the rules' tests.
func tryAll(t *testing.T, suite cases.Suite, one cases.Case) {
	t.Helper()
	var tries sync.WaitGroup
	for flow, allowed := range one.Flows() {
		if flow.Protocol == "sctp" {
			continue
		}
		tries.Go(func() {
			patience, want := shortly, ""
			if allowed {
				patience, want = longEnough, flow.To
			}
			to := fmt.Sprintf("%s:%s", suite.Address(flow.To), flow.Port)
			if _, got := dial(t, flow.From, flow.Protocol, to, patience); got != want {
				t.Errorf("%v: %q answers, and should %q", flow, got, want)
			}
		})
	}
	tries.Wait()
}

func byName(t *testing.T, suite cases.Suite, name string) cases.Case {
	t.Helper()
	for _, one := range suite.Cases {
		if one.Name == name {
			return one
		}
	}
	t.Fatalf("no case %q", name)
	return cases.Case{}
}

// linkLocal is the address of a host's device; the host without a name is the node.
func linkLocal(t *testing.T, host, device string) string {
	t.Helper()
	var links []struct {
		Addresses []struct {
			Local string `json:"local"`
		} `json:"addr_info"`
	}
	command := []string{"ip", "-json", "-6", "address", "show", "dev", device, "scope", "link"}
	if host != "" {
		command = slices.Insert(command, 1, "-n", host)
	}
	text := must(t, command...)
	if err := json.Unmarshal([]byte(text), &links); err != nil || len(links) != 1 || len(links[0].Addresses) != 1 {
		t.Fatalf("%v %s", err, text)
	}
	return links[0].Addresses[0].Local
}
