// Package web is the service as HTTP clients see it.
package web

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"example.com/bench/calendar/internal/events"
)

//go:embed templates/*.html
var files embed.FS

var page = template.Must(template.ParseFS(files, "templates/*.html"))

// Routes is what users reach.
func Routes(store *events.Store) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware.Recoverer, counted)
	router.Get("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page.ExecuteTemplate(w, "index.html", store.List("")); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
	router.Route("/events", func(router chi.Router) {
		router.Get("/", func(w http.ResponseWriter, r *http.Request) {
			list := store.List(r.URL.Query().Get("tag"))
			if r.URL.Query().Get("format") == "yaml" {
				w.Header().Set("Content-Type", "application/yaml")
				_ = yaml.NewEncoder(w).Encode(list)
				return
			}
			answer(w, http.StatusOK, list)
		})
		router.Post("/", func(w http.ResponseWriter, r *http.Request) {
			var event events.Event
			if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&event); err != nil {
				problem(w, http.StatusBadRequest, err.Error())
			} else if err := event.Check(); err != nil {
				problem(w, http.StatusBadRequest, err.Error())
			} else {
				answer(w, http.StatusCreated, store.Add(event))
			}
		})
		router.Get("/{id}", func(w http.ResponseWriter, r *http.Request) {
			id, _ := uuid.Parse(chi.URLParam(r, "id"))
			if event, found := store.Find(id); found {
				answer(w, http.StatusOK, event)
				return
			}
			problem(w, http.StatusNotFound, "No such event")
		})
	})
	return router
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// problem answers with what went wrong (RFC 9457).
func problem(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "title": title})
}
