// observer stands beside Prometheus and Alertmanager in one pod and does four small things: it hands them the settings of
// each project, which are Secrets of its namespace, as soon as these change; it asks for the projects' public addresses as
// their users do; it shows how many copies of what are there, under the names of kube-state-metrics, whose own module
// cannot be had from a module mirror; and it tells autoscalers what pods use (metrics.k8s.io).
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"
)

type options struct {
	kubeconfig, namespace, watch, folder, listen, usage, prometheus, alertmanager string
	nodes                                                                         bool
}

func main() {
	var o options
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig; empty inside a cluster")
	flag.StringVar(&o.namespace, "namespace", "ptp-monitoring", "where the Secrets with the projects' settings are")
	flag.StringVar(&o.watch, "watch", "", "the one namespace whose pods are looked at; empty: all are")
	flag.BoolVar(&o.nodes, "nodes", true, "whether nodes are looked at")
	flag.StringVar(&o.folder, "folder", "/settings", "where the settings are written for Prometheus and Alertmanager")
	flag.StringVar(&o.listen, "listen", ":9115", "where /metrics and /readyz answer")
	flag.StringVar(&o.usage, "listen-usage", ":9443", "where metrics.k8s.io answers, by TLS; empty: nowhere")
	flag.StringVar(&o.prometheus, "prometheus", "http://127.0.0.1:9090", "who is told of new rules, and asked what pods use")
	flag.StringVar(&o.alertmanager, "alertmanager", "http://127.0.0.1:9093", "who is told of new receivers")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		slog.Error("observer ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	cluster, err := connect(o)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	prober := newProber(registry)
	settings := &settings{folder: o.folder, reload: []string{o.prometheus, o.alertmanager}, probes: prober.set}
	registry.MustRegister(&state{cluster: cluster}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	// Prometheus and Alertmanager start when this answers: from then on there is something for them to read.
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !settings.written() {
			http.Error(w, "no settings are written yet", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	used := &usage{prometheus: o.prometheus, pods: cluster.runningPods, nodes: cluster.nodeNames, now: time.Now}
	server := &http.Server{Addr: o.listen, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	tells := &http.Server{
		Addr: o.usage, Handler: used.handler(), ReadHeaderTimeout: 5 * time.Second,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13},
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		<-ctx.Done()
		return errors.Join(server.Close(), tells.Close())
	})
	listeners := []func() error{server.ListenAndServe}
	if o.usage != "" {
		listeners = append(listeners, func() error { return tells.ListenAndServeTLS("", "") })
	}
	for _, listen := range listeners {
		group.Go(func() error {
			if err := listen(); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return ctx.Err()
		})
	}
	group.Go(func() error { return cluster.run(ctx, settings.change) })
	group.Go(func() error { return settings.run(ctx) })
	group.Go(func() error { return prober.run(ctx) })
	return group.Wait()
}
