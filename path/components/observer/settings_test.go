package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func secret(project string, data map[string]string) *corev1.Secret {
	given := map[string][]byte{}
	for key, text := range data {
		given[key] = []byte(text)
	}
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "project-" + project, Labels: map[string]string{settingsLabel: project}}, Data: given}
}

func TestSettings(t *testing.T) {
	folder := t.TempDir()
	var asked []probe
	s := &settings{folder: folder, probes: func(given []probe) { asked = given }}
	if s.written() {
		t.Error("nothing is written yet")
	}
	one := secret("one", map[string]string{
		"rules.json":    `{"groups":[]}`,
		"scrape.json":   `{"scrape_configs":[]}`,
		"probes.json":   `[{"url":"https://one"}]`,
		"alerting.json": `{"routes":[{"receiver":"one"}],"receivers":[{"name":"one"}],"inhibit_rules":[]}`,
	})
	broken := secret("two", map[string]string{"rules.json": `{"groups":[]}`, "alerting.json": `{`, "probes.json": `{`})
	outside := secret("../three", map[string]string{"rules.json": `{}`})
	s.change([]*corev1.Secret{one, broken, outside})
	if !s.written() {
		t.Error("they are written")
	}
	names := func() []string {
		found, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for index := range found {
			found[index] = filepath.Base(found[index])
		}
		return found
	}
	if got, want := names(), []string{"one.rules.yaml", "one.scrape.yaml", "two.rules.yaml"}; !equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(asked) != 1 || asked[0] != (probe{Project: "one", URL: "https://one"}) {
		t.Errorf("asked for %v", asked)
	}
	text, err := os.ReadFile(filepath.Join(folder, "alertmanager.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Receivers []struct{ Name string }
		Route     struct{ Routes []struct{ Receiver string } }
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	if len(whole.Receivers) != 2 || whole.Receivers[1].Name != "one" || len(whole.Route.Routes) != 1 {
		t.Errorf("alertmanager reads %s", text)
	}
	// A project that has gone takes its rules along; nothing that changed wakes nobody.
	if changed, err := s.write([]*corev1.Secret{broken}); err != nil || !changed {
		t.Errorf("changed %v, %v", changed, err)
	}
	if changed, err := s.write([]*corev1.Secret{broken}); err != nil || changed {
		t.Errorf("changed again %v, %v", changed, err)
	}
	if got := names(); !equal(got, []string{"two.rules.yaml"}) {
		t.Errorf("left are %v", got)
	}
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for index := range a {
		if a[index] != b[index] {
			return false
		}
	}
	return true
}
