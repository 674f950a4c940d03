package standin

import (
	"encoding/json"
	"slices"
	"time"
)

// A Post is one request of the API.
type Post struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"` // what was answered; 0: no answer was given
	Items  int       `json:"items"`  // points or reports in it
	Fault  string    `json:"fault"`  // the mode of the fault it met, or ""
}

// Posts returns the newest requests, oldest first.
func (o *Organization) Posts() []Post {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.posts.items)
}

// log adds a request to the posts.
func (o *Organization) log(c *call, status int, fault string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.posts.add(Post{At: o.time(), Method: c.Method, Path: c.URL.Path, Status: status, Items: c.items, Fault: fault})
}

// count tells how many items are in the body of a request that is not taken.
func count(body []byte) int {
	var points []json.RawMessage
	if json.Unmarshal(body, &points) == nil {
		return len(points)
	}
	var in struct {
		Reports []json.RawMessage `json:"reports"`
	}
	_ = json.Unmarshal(body, &in) // what cannot be read holds nothing
	return len(in.Reports)
}

// ring keeps the newest of many.
type ring[T any] struct {
	most  int
	items []T
}

func (r *ring[T]) add(x T) {
	if len(r.items) >= r.most {
		r.items = slices.Delete(r.items, 0, r.most/10+1)
	}
	r.items = append(r.items, x)
}
