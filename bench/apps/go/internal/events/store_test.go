package events

import (
	"testing"
	"time"
)

func TestListSaysTheNextEventFirst(t *testing.T) {
	store := NewStore(time.UTC)
	now := time.Now()
	store.Add(Event{Title: "later", At: now.Add(time.Hour), Tags: []string{"work"}})
	store.Add(Event{Title: "sooner", At: now})
	if list := store.List(""); len(list) != 2 || list[0].Title != "sooner" {
		t.Errorf("List() = %v", list)
	}
	if list := store.List("work"); len(list) != 1 || list[0].Title != "later" {
		t.Errorf("List(work) = %v", list)
	}
}
