// Package controllers runs those controllers of cert-manager that a program imports: its own main programs are modules
// that cannot be had from a module mirror. Issuers are looked at by every program of these, each its own kinds.
package controllers

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	v1 "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	"github.com/cert-manager/cert-manager/pkg/healthz"
	"github.com/cert-manager/cert-manager/pkg/issuer"
)

// How many items of one kind a controller works on at once.
const workers = 5

// options are what every program of these has as flags.
type options struct {
	name, kubeconfig, namespace, metrics, health string
}

// elsewhere is an issuer that another program sets up.
type elsewhere struct{}

func (elsewhere) Setup(context.Context, v1.GenericIssuer) error { return nil }

// Main reads the command line and runs every controller that is registered until the process is told to end.
// The name is that of the lease by which one of several processes works; the kinds of issuers in others are left to another
// program. What is wanted otherwise than usual adjust says, which is called once the flags are read.
func Main(name string, others []string, adjust func(*controller.ContextOptions) error) {
	for _, kind := range others {
		issuer.RegisterIssuer(kind, func(*controller.Context) (issuer.Interface, error) { return elsewhere{}, nil })
	}
	o := options{name: name}
	flag.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig; empty inside a cluster")
	flag.StringVar(&o.namespace, "cluster-resource-namespace", "cert-manager", "where ClusterIssuers find their secrets, and the lease is")
	flag.StringVar(&o.metrics, "metrics-address", ":9402", "where /metrics answers")
	flag.StringVar(&o.health, "health-address", ":9403", "where /livez answers")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, o, adjust); err != nil && !errors.Is(err, context.Canceled) {
		slog.Error(name+" ended", "error", err)
		os.Exit(1)
	}
}

func run(parent context.Context, o options, adjust func(*controller.ContextOptions) error) error {
	group, ctx := errgroup.WithContext(parent)
	wanted := controller.ContextOptions{
		Kubeconfig:         o.kubeconfig,
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: o.namespace},
		SchedulerOptions:   controller.SchedulerOptions{MaxConcurrentChallenges: 60},
		CertificateOptions: controller.CertificateOptions{
			CertificateRequestMinimumBackoffDuration: time.Minute,
			CertificateRequestMaximumBackoffDuration: time.Hour,
		},
	}
	if err := adjust(&wanted); err != nil {
		return err
	}
	factory, err := contextFactory(ctx, wanted)
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	health := healthz.NewServer(20 * time.Second)
	if err := serve(ctx, group, o, shared, health); err != nil {
		return err
	}
	hostname, err := os.Hostname()
	if err != nil {
		return err
	}
	lock, err := resourcelock.New(resourcelock.LeasesResourceLock, o.namespace, o.name,
		shared.Client.CoreV1(), shared.Client.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: fmt.Sprintf("%s_%d", hostname, time.Now().UnixNano())})
	if err != nil {
		return err
	}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   15 * time.Second,
		RenewDeadline:   10 * time.Second,
		RetryPeriod:     2 * time.Second,
		ReleaseOnCancel: true,
		WatchDog:        health.LeaderHealthzAdaptor,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) {
				group.Go(func() error { return control(leading, factory, shared) })
			},
			// Working on without the lease would be worse than a restart.
			OnStoppedLeading: func() { group.Go(func() error { return errors.New("the lease is lost") }) },
		},
	})
	if err != nil {
		return err
	}
	group.Go(func() error { elector.Run(ctx); return ctx.Err() })
	return group.Wait()
}

// contextFactory waits a minute for the Gateway API where it is wanted: who brings it may just be on the way.
func contextFactory(ctx context.Context, wanted controller.ContextOptions) (*controller.ContextFactory, error) {
	for tries := 0; ; tries++ {
		factory, err := controller.NewContextFactory(ctx, wanted)
		if err == nil || !wanted.EnableGatewayAPI || tries == 60 {
			return factory, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func serve(ctx context.Context, group *errgroup.Group, o options, shared *controller.Context, health *healthz.Server) error {
	healthListener, err := net.Listen("tcp", o.health)
	if err != nil {
		return err
	}
	metricsListener, err := net.Listen("tcp", o.metrics)
	if err != nil {
		return err
	}
	shared.Metrics.SetupCertificateCollector(shared.SharedInformerFactory.Certmanager().V1().Certificates().Lister())
	metrics := shared.Metrics.NewServer(metricsListener)
	group.Go(func() error { return health.Start(ctx, healthListener) })
	group.Go(func() error {
		if err := metrics.Serve(metricsListener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error { <-ctx.Done(); return metrics.Close() })
	return nil
}

// control builds every controller before the informers start, as each registers what it watches while it is built.
func control(ctx context.Context, factory *controller.ContextFactory, shared *controller.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	running := make([]controller.Interface, 0, len(controller.Known()))
	for name, build := range controller.Known() {
		built, err := build(factory)
		if err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
		running = append(running, built)
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	shared.GWShared.Start(ctx.Done())
	for _, one := range running {
		group.Go(func() error { return one.Run(workers, ctx) })
	}
	return group.Wait()
}
