package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// server answers with a status over TLS, with a certificate of its own that is valid until a moment.
func server(t *testing.T, until time.Time, status int) probe {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "hello.localhost"},
		DNSNames:              []string{"hello.localhost"},
		NotBefore:             until.Add(-time.Hour),
		NotAfter:              until,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	door.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	door.StartTLS()
	t.Cleanup(door.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return probe{URL: "https://hello.localhost/", Address: strings.TrimPrefix(door.URL, "https://"), Authority: authority}
}

func TestProbe(t *testing.T) {
	soon := time.Now().Add(30 * time.Minute).Truncate(time.Second)
	past := time.Now().Add(-time.Minute).Truncate(time.Second)
	unknown := server(t, soon, 200)
	unknown.Authority = ""
	for name, one := range map[string]struct {
		asked  probe
		status int
		until  time.Time
	}{
		"a good answer":                               {server(t, soon, 200), 200, soon},
		"a redirect is not followed":                  {server(t, soon, 302), 302, soon},
		"an error of the server":                      {server(t, soon, 503), 503, soon},
		"a certificate that has ended tells when":     {server(t, past, 200), 0, past},
		"an authority that nobody knows is no answer": {unknown, 0, soon},
		"nobody listens":                              {probe{URL: "https://hello.localhost/", Address: "127.0.0.1:1"}, 0, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			status, until := request(context.Background(), one.asked)
			if status != one.status || !until.Equal(one.until) {
				t.Errorf("got %d until %v, want %d until %v", status, until, one.status, one.until)
			}
		})
	}
}

// A name that nobody knows yet is asked for at the gateway itself; one that was known and is not any more is not found.
func TestUnnamed(t *testing.T) {
	known := true
	p := newProber(prometheus.NewRegistry())
	p.lookup = func(context.Context, string) bool { return known }
	one := probe{Project: "hello", URL: "https://hello.example.com/", Unnamed: "10.1.2.3:443"}
	for index, step := range []struct {
		known   bool
		address string
		named   float64
	}{
		{false, "10.1.2.3:443", 0},
		{true, "", 1},
		{false, "", 0},
	} {
		known = step.known
		way, named := p.wayTo(context.Background(), one)
		if way.Address != step.address || named != step.named {
			t.Errorf("step %d: got %q and %v, want %q and %v", index, way.Address, named, step.address, step.named)
		}
	}
	fixed := probe{URL: "https://hello.localhost/", Address: "door:443"}
	if way, named := p.wayTo(context.Background(), fixed); way != fixed || named != 1 {
		t.Errorf("an address that is told is another: %v, %v", way, named)
	}
}
