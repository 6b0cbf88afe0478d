package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// probe is an address that is asked for as a project's users do.
type probe struct {
	Project string `json:"-"`
	URL     string `json:"url"`
	// Address is where the connection goes, host and port; empty: where the URL's name leads.
	Address string `json:"address"`
	// Unnamed is where it goes as long as the URL's name was never known to DNS; empty: nowhere then.
	Unnamed string `json:"unnamed"`
	// Authority is the PEM certificate to trust beside the usual ones.
	Authority string `json:"authority"`
}

const (
	probeEvery  = 10 * time.Second
	probeLimit  = 5 * time.Second
	lookupLimit = 2 * time.Second
	// A page is not read further than this: it is there.
	probeBytes = 1 << 20
)

// prober asks for every address each ten seconds, on a new connection each time. The names of its figures are those of
// the blackbox exporter.
type prober struct {
	success, duration, status, expiry, named *prometheus.GaugeVec
	asked                                    *prometheus.CounterVec
	times                                    *prometheus.HistogramVec
	// lookup tells whether a name is known.
	lookup func(context.Context, string) bool

	mutex  sync.Mutex
	probes []probe
	// known has the names that were found once: when they are not any more, users do not find them either.
	known map[string]bool
}

func newProber(registry *prometheus.Registry) *prober {
	labels := []string{"project", "url"}
	gauge := func(name, help string) *prometheus.GaugeVec {
		one := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		registry.MustRegister(one)
		return one
	}
	p := &prober{
		lookup:   resolves,
		known:    map[string]bool{},
		named:    gauge("probe_name_known", "Whether DNS knows the address's name; absent where it is not asked."),
		success:  gauge("probe_success", "Whether the last answer was a good one."),
		duration: gauge("probe_duration_seconds", "How long the last answer took."),
		status:   gauge("probe_http_status_code", "The last answer's status; 0 where there was none."),
		expiry:   gauge("probe_ssl_earliest_cert_expiry", "When the first of the shown certificates ends, in seconds since 1970."),
		asked:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "probe_requests_total", Help: "How often the address was asked for."}, append(labels, "result")),
	}
	p.times = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "probe_request_duration_seconds",
		Help: "How long answers took.",
		// Those that the door sorts its own by: a latency that is promised is one of them.
		Buckets: []float64{0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5},
	}, labels)
	registry.MustRegister(p.asked, p.times)
	return p
}

func (p *prober) set(probes []probe) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	kept := map[string]bool{}
	for _, one := range probes {
		kept[one.Project+" "+one.URL] = true
	}
	for _, old := range p.probes {
		if kept[old.Project+" "+old.URL] {
			continue
		}
		for _, vec := range []*prometheus.GaugeVec{p.success, p.duration, p.status, p.expiry, p.named} {
			vec.DeleteLabelValues(old.Project, old.URL)
		}
	}
	p.probes = probes
}

func (p *prober) run(ctx context.Context) error {
	ticker := time.NewTicker(probeEvery)
	defer ticker.Stop()
	for {
		p.mutex.Lock()
		probes := append([]probe{}, p.probes...)
		p.mutex.Unlock()
		for _, one := range probes {
			go p.ask(ctx, one)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

func (p *prober) ask(ctx context.Context, one probe) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	way, named := p.wayTo(ctx, one)
	began := time.Now()
	status, expiry := request(ctx, way)
	taken := time.Since(began)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.wanted(one) {
		return
	}
	if one.Unnamed != "" {
		p.named.WithLabelValues(one.Project, one.URL).Set(named)
	}
	result, success := "failure", 0.0
	if status >= 200 && status < 400 {
		result, success = "success", 1
	}
	p.success.WithLabelValues(one.Project, one.URL).Set(success)
	p.duration.WithLabelValues(one.Project, one.URL).Set(taken.Seconds())
	p.times.WithLabelValues(one.Project, one.URL).Observe(taken.Seconds())
	p.status.WithLabelValues(one.Project, one.URL).Set(float64(status))
	if !expiry.IsZero() {
		p.expiry.WithLabelValues(one.Project, one.URL).Set(float64(expiry.Unix()))
	}
	p.asked.WithLabelValues(one.Project, one.URL, result).Inc()
}

// wayTo is the probe as it is to be asked now: where its name was never known, at the address for that. It says, too,
// whether the name is known: 1 or 0.
func (p *prober) wayTo(ctx context.Context, one probe) (probe, float64) {
	if one.Unnamed == "" || one.Address != "" {
		return one, 1
	}
	address, err := url.Parse(one.URL)
	if err != nil {
		return one, 0
	}
	name := address.Hostname()
	// Not to know takes DNS longer than to know; the request needs its time as well.
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	found := p.lookup(ctx, name)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if found {
		p.known[name] = true
		return one, 1
	}
	if !p.known[name] {
		one.Address = one.Unnamed
	}
	return one, 0
}

func resolves(ctx context.Context, name string) bool {
	// A dot at its end keeps the cluster's own domains from being tried one after the other.
	found, err := net.DefaultResolver.LookupHost(ctx, name+".")
	return err == nil && len(found) > 0
}

// wanted says whether a probe is still one of those that are asked for; it may have left while it was under way.
func (p *prober) wanted(asked probe) bool {
	for _, one := range p.probes {
		if one == asked {
			return true
		}
	}
	return false
}

// request asks once: the status, 0 where there was no answer, and when the first of the certificates ends.
func request(ctx context.Context, one probe) (int, time.Time) {
	var expiry time.Time
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM([]byte(one.Authority))
	dialer := &net.Dialer{}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if one.Address != "" {
				address = one.Address
			}
			return dialer.DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{
			RootCAs:    roots,
			MinVersion: tls.VersionTLS12,
			// Looked at before it is verified, so that one that has ended is told by its date. It is called before
			// verification only where verification is ours.
			InsecureSkipVerify: true,
			VerifyConnection: func(state tls.ConnectionState) error {
				for _, certificate := range state.PeerCertificates {
					if expiry.IsZero() || certificate.NotAfter.Before(expiry) {
						expiry = certificate.NotAfter
					}
				}
				return verify(state, roots)
			},
		},
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	asked, err := http.NewRequestWithContext(ctx, http.MethodGet, one.URL, nil)
	if err != nil {
		return 0, expiry
	}
	asked.Header.Set("User-Agent", "ptp-observer")
	answer, err := client.Do(asked)
	if err != nil {
		return 0, expiry
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, probeBytes)); err != nil {
		return 0, expiry
	}
	return answer.StatusCode, expiry
}

func verify(state tls.ConnectionState, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return x509.CertificateInvalidError{}
	}
	between := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		between.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: state.ServerName, Roots: roots, Intermediates: between})
	return err
}
