// Calendar keeps events in memory and tells of them: the users' side on PORT, probes and metrics on MANAGEMENT_PORT.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/bench/calendar/internal/events"
	"example.com/bench/calendar/internal/web"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	zone, err := time.LoadLocation(setting("TIME_ZONE", "UTC"))
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	serve(ctx, group, setting("PORT", "8080"), web.Routes(events.NewStore(zone)))
	serve(ctx, group, setting("MANAGEMENT_PORT", "9090"), web.Management())
	return group.Wait()
}

// serve answers until the context ends, then lets requests that are under way finish.
func serve(ctx context.Context, group *errgroup.Group, port string, handler http.Handler) {
	server := &http.Server{Addr: ":" + port, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	group.Go(func() error {
		slog.Info("listening", "port", port)
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return server.Shutdown(last)
	})
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
