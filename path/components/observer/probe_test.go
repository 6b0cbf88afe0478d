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
