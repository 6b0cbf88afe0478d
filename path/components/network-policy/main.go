// network-policy enforces the NetworkPolicies (networking.k8s.io/v1) of a cluster on one of its nodes: it watches
// policies, pods and namespaces, those of the other nodes as well, and keeps one nftables table that says the same. What
// it wrote stays when it ends, so that no restart opens anything.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"ptp.local/components/network-policy/table"
)

type options struct {
	kubeconfig, socket, health string
}

func main() {
	var o options
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig that may list and watch pods, namespaces and networkpolicies")
	flag.StringVar(&o.socket, "socket", "", "path of the socket where wait-for-policy announces new pods")
	flag.StringVar(&o.health, "health-address", "127.0.0.1:10261", "where /livez, /readyz and /metrics answer")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		slog.Error("network-policy ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	nft, err := table.New()
	if err != nil {
		return err
	}
	sources, err := connect(o.kubeconfig)
	if err != nil {
		return err
	}
	warnOfBridge()
	agent := newAgent(nft, sources)
	door, err := listenUnix(o.socket)
	if err != nil {
		return err
	}
	health, err := net.Listen("tcp", o.health)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return serve(ctx, door, agent.announcements()) })
	group.Go(func() error { return serve(ctx, health, agent.health()) })
	group.Go(func() error {
		if err := sources.untilAllowed(ctx); err != nil {
			return err
		}
		return agent.run(ctx)
	})
	return group.Wait()
}

// bridgeSwitch lets IPv4 rules see what passes from one port of a bridge to another.
const bridgeSwitch = "/proc/sys/net/bridge/bridge-nf-call-iptables"

// warnOfBridge says so where packets between pods of one bridge do not come by: nothing here can make them.
func warnOfBridge() {
	if text, err := os.ReadFile(bridgeSwitch); err != nil || strings.TrimSpace(string(text)) != "1" {
		slog.Error("policies do not hold between pods of one bridge: the kernel's br_netfilter is absent or off", "switch", bridgeSwitch)
	}
}

// listenUnix takes the place of a socket that a process before left behind.
func listenUnix(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	// Only root may connect: whoever announces a pod gives it an address.
	defer syscall.Umask(syscall.Umask(0o177))
	return net.Listen("unix", path)
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return ctx.Err()
}
