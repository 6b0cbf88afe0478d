package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// usage answers metrics.k8s.io/v1beta1, which autoscalers and `kubectl top` ask for what pods and nodes use. Its figures
// are those that Prometheus has of the kubelets, so that nobody is asked twice and no two parts of the cluster say
// different things.
//
// Whoever reaches it is answered: the API server has authenticated and authorised them, and the pod's network policy lets
// in nobody else.
type usage struct {
	prometheus string
	// pods and nodes are those that there are.
	pods  func() []*corev1.Pod
	nodes func() []string
	now   func() time.Time
}

const (
	usageAPI = "/apis/metrics.k8s.io/v1beta1"
	// window is what processor time is averaged over: three looks at the kubelet, whose figures are as old as 10 s.
	window = 30 * time.Second
	delay  = 10 * time.Second
	// answerLimit is what an answer of Prometheus may hold.
	answerLimit = 16 << 20
)

type meta struct {
	Name      string            `json:"name,omitempty"`
	Namespace string            `json:"namespace,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

type amounts struct {
	CPU    string `json:"cpu"`
	Memory string `json:"memory"`
}

type containerUsage struct {
	Name  string  `json:"name"`
	Usage amounts `json:"usage"`
}

// used is a PodMetrics or a NodeMetrics (k8s.io/metrics/pkg/apis/metrics/v1beta1).
type used struct {
	Kind       string           `json:"kind"`
	APIVersion string           `json:"apiVersion"`
	Metadata   meta             `json:"metadata"`
	Timestamp  string           `json:"timestamp"`
	Window     string           `json:"window"`
	Containers []containerUsage `json:"containers,omitempty"`
	Usage      *amounts         `json:"usage,omitempty"`
}

func (u *usage) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+usageAPI, func(w http.ResponseWriter, _ *http.Request) {
		resource := func(name, kind string, namespaced bool) map[string]any {
			return map[string]any{"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": []string{"get", "list"}}
		}
		write(w, map[string]any{
			"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "metrics.k8s.io/v1beta1",
			"resources": []any{resource("nodes", "NodeMetrics", false), resource("pods", "PodMetrics", true)},
		})
	})
	mux.HandleFunc("GET "+usageAPI+"/pods", u.listPods)
	mux.HandleFunc("GET "+usageAPI+"/namespaces/{namespace}/pods", u.listPods)
	mux.HandleFunc("GET "+usageAPI+"/namespaces/{namespace}/pods/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		found, err := u.ofPods(r.Context(), r.PathValue("namespace"), func(pod *corev1.Pod) bool { return pod.Name == name })
		one(w, found, err, "pods", name)
	})
	mux.HandleFunc("GET "+usageAPI+"/nodes", func(w http.ResponseWriter, r *http.Request) {
		selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
		if err != nil {
			refuse(w, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
		// Nodes' labels are not kept here.
		if !selector.Empty() {
			refuse(w, http.StatusBadRequest, "BadRequest", "nodes cannot be chosen by labels")
			return
		}
		found, err := u.ofNodes(r.Context())
		many(w, found, err, "NodeMetricsList")
	})
	mux.HandleFunc("GET "+usageAPI+"/nodes/{name}", func(w http.ResponseWriter, r *http.Request) {
		all, err := u.ofNodes(r.Context())
		var found []used
		for _, node := range all {
			if node.Metadata.Name == r.PathValue("name") {
				found = append(found, node)
			}
		}
		one(w, found, err, "nodes", r.PathValue("name"))
	})
	return mux
}

func (u *usage) listPods(w http.ResponseWriter, r *http.Request) {
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", err.Error())
		return
	}
	found, err := u.ofPods(r.Context(), r.PathValue("namespace"), func(pod *corev1.Pod) bool {
		return selector.Matches(labels.Set(pod.Labels))
	})
	many(w, found, err, "PodMetricsList")
}

// ofPods tells what pods use that run; one of which a container is not known yet is left out, as nothing is known of the
// whole then.
func (u *usage) ofPods(ctx context.Context, namespace string, wanted func(*corev1.Pod) bool) ([]used, error) {
	inside := `container!=""`
	if namespace != "" {
		// Names have no character that a regular expression or a quoted text would mind.
		if !anyName.MatchString(namespace) {
			return nil, nil
		}
		inside += fmt.Sprintf(`,namespace=%q`, namespace)
	}
	const by = "max by (namespace,pod,container)"
	cpu, err := u.ask(ctx, fmt.Sprintf(`%s (rate(container_cpu_usage_seconds_total{%s}[%s]))`, by, inside, window), "namespace", "pod", "container")
	if err != nil {
		return nil, err
	}
	memory, err := u.ask(ctx, fmt.Sprintf(`%s (container_memory_working_set_bytes{%s})`, by, inside), "namespace", "pod", "container")
	if err != nil {
		return nil, err
	}
	var found []used
	for _, pod := range u.pods() {
		if (namespace != "" && pod.Namespace != namespace) || pod.Status.Phase != corev1.PodRunning || !wanted(pod) {
			continue
		}
		item := u.item("PodMetrics", meta{Name: pod.Name, Namespace: pod.Namespace, Labels: pod.Labels})
		known := len(pod.Status.ContainerStatuses) > 0
		for _, container := range pod.Status.ContainerStatuses {
			key := [3]string{pod.Namespace, pod.Name, container.Name}
			time, hasTime := cpu[key]
			bytes, hasBytes := memory[key]
			known = known && hasTime && hasBytes
			item.Containers = append(item.Containers, containerUsage{Name: container.Name, Usage: amountsOf(time, bytes)})
		}
		if known {
			found = append(found, item)
		}
	}
	return found, nil
}

func (u *usage) ofNodes(ctx context.Context) ([]used, error) {
	cpu, err := u.ask(ctx, fmt.Sprintf(`rate(node_cpu_usage_seconds_total[%s])`, window), "node")
	if err != nil {
		return nil, err
	}
	memory, err := u.ask(ctx, `node_memory_working_set_bytes`, "node")
	if err != nil {
		return nil, err
	}
	var found []used
	for _, name := range u.nodes() {
		key := [3]string{name}
		time, hasTime := cpu[key]
		bytes, hasBytes := memory[key]
		if !hasTime || !hasBytes {
			continue
		}
		item := u.item("NodeMetrics", meta{Name: name})
		amounts := amountsOf(time, bytes)
		item.Usage = &amounts
		found = append(found, item)
	}
	return found, nil
}

func (u *usage) item(kind string, of meta) used {
	return used{
		Kind: kind, APIVersion: "metrics.k8s.io/v1beta1", Metadata: of,
		Timestamp: u.now().Add(-delay).UTC().Format(time.RFC3339), Window: window.String(),
	}
}

func amountsOf(processors, bytes float64) amounts {
	return amounts{CPU: fmt.Sprintf("%dn", int64(processors*1e9)), Memory: fmt.Sprintf("%dKi", int64(bytes/1024))}
}

var anyName = regexp.MustCompile(`^[a-z0-9.-]+$`)

// ask has the present values of an expression, by up to three labels (prometheus.io, "HTTP API", "Instant queries").
func (u *usage) ask(ctx context.Context, expression string, names ...string) (map[[3]string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.prometheus+"/api/v1/query?query="+url.QueryEscape(expression), nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("Prometheus answers %s", answer.Status)
	}
	var told struct {
		Data struct {
			Result []struct {
				Metric map[string]string  `json:"metric"`
				Value  [2]json.RawMessage `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, answer.Body, answerLimit)).Decode(&told); err != nil {
		return nil, err
	}
	values := map[[3]string]float64{}
	for _, sample := range told.Data.Result {
		var text string
		if err := json.Unmarshal(sample.Value[1], &text); err != nil {
			return nil, err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		var key [3]string
		for index, name := range names {
			key[index] = sample.Metric[name]
		}
		values[key] = value
	}
	return values, nil
}

func many(w http.ResponseWriter, found []used, err error, kind string) {
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable", err.Error())
		return
	}
	if found == nil {
		found = []used{}
	}
	write(w, map[string]any{"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": map[string]any{}, "items": found})
}

func one(w http.ResponseWriter, found []used, err error, resource, name string) {
	switch {
	case err != nil:
		refuse(w, http.StatusServiceUnavailable, "ServiceUnavailable", err.Error())
	case len(found) == 0:
		refuse(w, http.StatusNotFound, "NotFound", fmt.Sprintf("what %s %q uses is not known", resource, name))
	default:
		write(w, found[0])
	}
}

// refuse answers with a Status (Kubernetes API conventions, "Response Status Kind").
func refuse(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure", "message": message, "reason": reason, "code": code})
}

func write(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}

// selfSigned is a certificate of nobody's: the API server sends no credentials along, and the network policy says who may
// ask.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	wanted := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "observer"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	made, err := x509.CreateCertificate(rand.Reader, wanted, wanted, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{made}, PrivateKey: key}, nil
}
