// Package events holds what is going to happen.
package events

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Event is something that happens at a time.
type Event struct {
	ID    uuid.UUID `json:"id" yaml:"id"`
	Title string    `json:"title" yaml:"title"`
	At    time.Time `json:"at" yaml:"at"`
	Tags  []string  `json:"tags" yaml:"tags,flow"`
}

// Check tells what is wrong with an event that somebody sent.
func (e Event) Check() error {
	switch {
	case e.Title == "" || len(e.Title) > 200:
		return errors.New("title: 1 to 200 bytes")
	case e.At.IsZero():
		return errors.New("at: a time with its offset, such as 2030-01-01T12:00:00+01:00")
	case len(e.Tags) > 20:
		return errors.New("tags: 20 at most")
	}
	return nil
}

// Store keeps events in memory. It may be used from many goroutines.
type Store struct {
	zone   *time.Location
	mutex  sync.RWMutex
	events map[uuid.UUID]Event
}

// NewStore returns an empty store that shows times in a zone.
func NewStore(zone *time.Location) *Store {
	return &Store{zone: zone, events: map[uuid.UUID]Event{}}
}

// Add keeps an event under an ID of its own.
func (s *Store) Add(event Event) Event {
	event.ID = uuid.New()
	event.At = event.At.In(s.zone)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.events[event.ID] = event
	return event
}

// Find returns the event of an ID.
func (s *Store) Find(id uuid.UUID) (Event, bool) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	event, found := s.events[id]
	return event, found
}

// List returns the events with a tag, all where it is empty; the next one first.
func (s *Store) List(tag string) []Event {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	list := make([]Event, 0, len(s.events))
	for _, event := range s.events {
		if tag == "" || slices.Contains(event.Tags, tag) {
			list = append(list, event)
		}
	}
	slices.SortFunc(list, func(a, b Event) int { return a.At.Compare(b.At) })
	return list
}
