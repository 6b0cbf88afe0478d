package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func pod(name, component string, containers ...string) *corev1.Pod {
	one := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "hello", Name: name, Labels: map[string]string{"app": component}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning},
	}
	for _, container := range containers {
		one.Status.ContainerStatuses = append(one.Status.ContainerStatuses, corev1.ContainerStatus{Name: container})
	}
	return one
}

func TestUsage(t *testing.T) {
	const answer = `{"status":"success","data":{"resultType":"vector","result":[
		{"metric":{"namespace":"hello","pod":"web-1","container":"web","node":"node1"},"value":[1,"CPU"]},
		{"metric":{"namespace":"hello","pod":"half-1","container":"first","node":"node1"},"value":[1,"1"]}]}}`
	var asked []string
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query().Get("query")
		asked = append(asked, query)
		value := "52428800"
		if strings.Contains(query, "cpu") {
			value = "0.25"
		}
		_, _ = w.Write([]byte(strings.Replace(answer, "CPU", value, 1)))
	}))
	defer prometheus.Close()
	gone := pod("web-0", "web", "web")
	gone.Status.Phase = corev1.PodSucceeded
	u := &usage{
		prometheus: prometheus.URL,
		pods: func() []*corev1.Pod {
			return []*corev1.Pod{pod("web-1", "web", "web"), pod("half-1", "half", "first", "second"), gone}
		},
		nodes: func() []string { return []string{"node1", "node2"} },
		now:   func() time.Time { return time.Unix(1_000_000, 0) },
	}
	get := func(path string) (int, map[string]any) {
		recorder := httptest.NewRecorder()
		u.handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		var body map[string]any
		if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
			t.Fatal(path, err)
		}
		return recorder.Code, body
	}
	names := func(path string) string {
		code, body := get(path)
		if code != http.StatusOK {
			t.Fatal(path, code, body)
		}
		found := []string{}
		for _, item := range body["items"].([]any) {
			found = append(found, item.(map[string]any)["metadata"].(map[string]any)["name"].(string))
		}
		return strings.Join(found, " ")
	}
	// What ended, and what is not known of each container, is left out.
	for path, want := range map[string]string{
		"/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods":                         "web-1",
		"/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods?labelSelector=app%3Dweb": "web-1",
		"/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods?labelSelector=app%3Dx":   "",
		"/apis/metrics.k8s.io/v1beta1/namespaces/other/pods":                         "",
		"/apis/metrics.k8s.io/v1beta1/pods":                                          "web-1",
		"/apis/metrics.k8s.io/v1beta1/nodes":                                         "node1",
	} {
		if got := names(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	_, body := get("/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods/web-1")
	text, _ := json.Marshal(body)
	for _, want := range []string{`"containers":[{"name":"web","usage":{"cpu":"250000000n","memory":"51200Ki"}}]`, `"window":"30s"`, `"timestamp":"1970-01-12T13:46:30Z"`, `"kind":"PodMetrics"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
	for path, want := range map[string]int{
		"/apis/metrics.k8s.io/v1beta1":                                            http.StatusOK,
		"/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods/none":                 http.StatusNotFound,
		"/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods?labelSelector=%21%21": http.StatusBadRequest,
		"/apis/metrics.k8s.io/v1beta1/nodes/node2":                                http.StatusNotFound,
	} {
		if got, _ := get(path); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	asked = nil
	get("/apis/metrics.k8s.io/v1beta1/namespaces/a%22%7D/pods")
	if len(asked) != 0 {
		t.Errorf("asked %v", asked)
	}
	prometheus.Close()
	if got, _ := get("/apis/metrics.k8s.io/v1beta1/namespaces/hello/pods"); got != http.StatusServiceUnavailable {
		t.Errorf("without Prometheus: got %d", got)
	}
}
