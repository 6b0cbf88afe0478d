// Package announce is what wait-for-policy and network-policy say to each other: HTTP over a Unix socket.
package announce

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Path is where pods are announced.
const Path = "/pods"

// Pod says which pod has an address now.
type Pod struct {
	Namespace string     `json:"namespace"`
	Name      string     `json:"name"`
	UID       string     `json:"uid"`
	Sandbox   string     `json:"sandbox"`
	Address   netip.Addr `json:"address"`
}

// Client speaks to network-policy.
type Client struct{ http http.Client }

// NewClient gives a client for a socket; it does not connect yet.
func NewClient(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &Client{http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// Admit returns when the pod's rules are in force. It asks again where nobody answers, as while network-policy is
// restarted, until the context ends; then the error is the last one.
func (c *Client) Admit(ctx context.Context, pod Pod) error {
	for {
		err := c.Announce(ctx, pod)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Announce asks once, and returns when the pod's rules are in force.
func (c *Client) Announce(ctx context.Context, pod Pod) error {
	body, err := json.Marshal(pod)
	if err != nil {
		return err
	}
	return c.send(ctx, http.MethodPut, "http://network-policy"+Path, body)
}

// courtesy is how long a pod waits for the nodes that are not its own: one that is about to end must not hold it up.
const courtesy = 500 * time.Millisecond

// Tell says something to those behind several sockets at once. What it comes to is their affair.
func Tell(sockets []string, say func(context.Context, *Client) error) {
	ctx, cancel := context.WithTimeout(context.Background(), courtesy)
	defer cancel()
	var all sync.WaitGroup
	for _, socket := range sockets {
		all.Go(func() { _ = say(ctx, NewClient(socket)) })
	}
	all.Wait()
}

// Forget says that a sandbox is no more.
func (c *Client) Forget(ctx context.Context, sandbox string) error {
	return c.send(ctx, http.MethodDelete, "http://network-policy"+Path+"?sandbox="+url.QueryEscape(sandbox), nil)
}

func (c *Client) send(ctx context.Context, method, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNoContent {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
	return fmt.Errorf("network-policy answers %d: %s", answer.StatusCode, strings.TrimSpace(string(text)))
}
