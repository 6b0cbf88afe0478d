package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// settings writes what the projects want of Prometheus and Alertmanager as files, and tells these of changes.
type settings struct {
	folder string
	// reload has the addresses of those that read the files.
	reload []string
	// probes takes the addresses to ask for.
	probes func([]probe)

	mutex sync.Mutex
	ready bool
	wake  chan struct{}
}

// alerting is what a project adds to Alertmanager's configuration.
type alerting struct {
	Routes    []json.RawMessage `json:"routes"`
	Receivers []json.RawMessage `json:"receivers"`
	Inhibit   []json.RawMessage `json:"inhibit_rules"`
}

// A project's name, as ptp.yaml allows it: it becomes a file's name.
var projectName = regexp.MustCompile(`^[a-z][-a-z0-9]{0,62}$`)

func (s *settings) written() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.ready
}

// change takes all settings there are.
func (s *settings) change(secrets []*corev1.Secret) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	changed, err := s.write(secrets)
	if err != nil {
		slog.Error("the settings cannot be written", "error", err)
		return
	}
	s.ready = true
	if changed {
		slog.Info("settings written", "projects", len(secrets))
		select {
		case s.wakes() <- struct{}{}:
		default:
		}
	}
}

func (s *settings) wakes() chan struct{} {
	if s.wake == nil {
		s.wake = make(chan struct{}, 1)
	}
	return s.wake
}

func (s *settings) write(secrets []*corev1.Secret) (bool, error) {
	sort.Slice(secrets, func(i, j int) bool { return secrets[i].Name < secrets[j].Name })
	merged := alerting{
		Receivers: []json.RawMessage{json.RawMessage(`{"name":"none"}`)},
	}
	files := map[string][]byte{}
	var probes []probe
	for _, secret := range secrets {
		project := secret.Labels[settingsLabel]
		if !projectName.MatchString(project) {
			continue
		}
		for _, kind := range []string{"scrape", "rules"} {
			if text, ok := secret.Data[kind+".json"]; ok {
				files[filepath.Join("projects", project+"."+kind+".yaml")] = text
			}
		}
		var own alerting
		if text, ok := secret.Data["alerting.json"]; ok {
			if err := json.Unmarshal(text, &own); err != nil {
				slog.Error("a project's receivers are left out", "project", project, "error", err)
			}
		}
		merged.Routes = append(merged.Routes, own.Routes...)
		merged.Receivers = append(merged.Receivers, own.Receivers...)
		merged.Inhibit = append(merged.Inhibit, own.Inhibit...)
		var asked []probe
		if text, ok := secret.Data["probes.json"]; ok {
			if err := json.Unmarshal(text, &asked); err != nil {
				slog.Error("a project's probes are left out", "project", project, "error", err)
			}
		}
		for _, one := range asked {
			one.Project = project
			probes = append(probes, one)
		}
	}
	s.probes(probes)
	whole, err := json.Marshal(map[string]any{
		"global":        map[string]any{"resolve_timeout": "1m"},
		"route":         map[string]any{"receiver": "none", "group_by": []string{"project", "alertname"}, "routes": merged.Routes},
		"receivers":     merged.Receivers,
		"inhibit_rules": merged.Inhibit,
	})
	if err != nil {
		return false, err
	}
	files["alertmanager.yaml"] = whole
	return s.replace(files)
}

// replace makes the folder hold exactly these files; it says whether anything was different.
func (s *settings) replace(files map[string][]byte) (bool, error) {
	projects := filepath.Join(s.folder, "projects")
	if err := os.MkdirAll(projects, 0o755); err != nil {
		return false, err
	}
	changed := false
	for name, text := range files {
		path := filepath.Join(s.folder, name)
		if before, err := os.ReadFile(path); err == nil && bytes.Equal(before, text) {
			continue
		}
		changed = true
		beside := path + ".new"
		if err := os.WriteFile(beside, text, 0o640); err != nil {
			return false, err
		}
		if err := os.Rename(beside, path); err != nil {
			return false, err
		}
	}
	there, err := os.ReadDir(projects)
	if err != nil {
		return false, err
	}
	for _, one := range there {
		if _, wanted := files[filepath.Join("projects", one.Name())]; wanted {
			continue
		}
		changed = true
		if err := os.Remove(filepath.Join(projects, one.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return changed, nil
}

// run tells the readers of changes until the context ends. One that does not answer yet will read the files when it
// starts, and is told again all the same: it may have read them a moment too early.
func (s *settings) run(ctx context.Context) error {
	s.mutex.Lock()
	wake := s.wakes()
	s.mutex.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		}
		for _, reader := range s.reload {
			for attempt := range 60 {
				err := tell(ctx, reader)
				if err == nil {
					break
				}
				if attempt == 59 {
					slog.Error("settings are not in force", "reader", reader, "error", err)
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(time.Second):
				}
			}
		}
	}
}

func tell(ctx context.Context, reader string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, reader+"/-/reload", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", reader, answer.Status)
	}
	return nil
}
