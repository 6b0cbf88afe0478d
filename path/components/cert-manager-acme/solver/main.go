// Answers one HTTP01 challenge (RFC 8555, 8.3): cert-manager starts it in a pod, and its flags are cert-manager's.
package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"

	"github.com/cert-manager/cert-manager/pkg/issuer/acme/http/solver"
)

func main() {
	var s solver.HTTP01Solver
	flag.IntVar(&s.ListenPort, "listen-port", 8089, "where it answers")
	flag.StringVar(&s.Domain, "domain", "", "the host that is asked for")
	flag.StringVar(&s.Token, "token", "", "the last part of the path")
	flag.StringVar(&s.Key, "key", "", "what is answered")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Listen(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil))) }()
	select {
	case err := <-ended:
		if !errors.Is(err, http.ErrServerClosed) {
			slog.Error("the solver ended", "error", err)
			os.Exit(1)
		}
	case <-ctx.Done():
	}
}
