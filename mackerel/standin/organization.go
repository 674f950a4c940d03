// Package standin is a Mackerel organization in memory: an [http.Handler] that
// enforces the rules of the API (https://mackerel.io/api-docs/), so that what
// works against it can be expected to work against api.mackerelio.com, and
// what Mackerel drops without a word is dropped here, too. It has a clock that
// can be set and faults that can be switched on.
//
// There are: services, service metrics, hosts, host metrics, check reports
// with attempts and alerts, alerts with logs, checks, the organization, and a
// list of monitors that is always empty. Everything else is "Not found." What
// the documents do not say is a switch in [Rules].
//
// Besides the API there are a page for people at / and a control API under
// /standin/.
package standin

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Permission is what an API key may do.
type Permission int

// The permissions of Mackerel's API keys.
const (
	ReadWrite Permission = iota
	ReadOnly
)

// Option changes a new organization.
type Option func(*Organization)

// WithKey adds an API key. Without any, the key is "key-" and the name.
func WithKey(key string, p Permission) Option {
	return func(o *Organization) { o.keys = append(o.keys, apiKey{key, p}) }
}

// WithClock sets the clock; the default is the machine's.
func WithClock(now func() time.Time) Option { return func(o *Organization) { o.now = now } }

// WithRules replaces [DefaultRules].
func WithRules(r Rules) Option { return func(o *Organization) { o.rules = r } }

// Organization is one organization, safe for concurrent use.
type Organization struct {
	name  string
	keys  []apiKey
	rules Rules
	mux   *http.ServeMux
	fault faults

	mu         sync.Mutex
	now        func() time.Time
	offset     time.Duration // of the clock, set through the control API
	lastID     int
	services   map[string]*service
	hosts      map[string]*host
	checks     map[checkKey]*check
	alerts     []*alert // oldest first
	posts      ring[Post]
	reports    ring[Report]
	overwrites ring[Overwrite]
}

type apiKey struct {
	key        string
	permission Permission
}

// New returns an organization without services, hosts or faults.
func New(name string, opts ...Option) *Organization {
	o := &Organization{
		name: name, rules: DefaultRules(), now: time.Now,
		services: map[string]*service{}, hosts: map[string]*host{}, checks: map[checkKey]*check{},
		posts: ring[Post]{most: 10_000}, reports: ring[Report]{most: 100_000}, overwrites: ring[Overwrite]{most: 1_000},
	}
	for _, opt := range opts {
		opt(o)
	}
	if len(o.keys) == 0 {
		o.keys = []apiKey{{"key-" + name, ReadWrite}}
	}
	o.mux = o.routes()
	return o
}

// Name is the organization's name.
func (o *Organization) Name() string { return o.name }

// Key is the first key that may write.
func (o *Organization) Key() string {
	for _, k := range o.keys {
		if k.permission == ReadWrite {
			return k.key
		}
	}
	return ""
}

// SetClock replaces the clock.
func (o *Organization) SetClock(now func() time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = now
}

// time is the organization's present. The lock is held.
func (o *Organization) time() time.Time { return o.now().Add(o.offset) }

// newID makes ids of the shape of Mackerel's: 11 characters without those that
// look alike.
func (o *Organization) newID() string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	o.lastID++
	n, id := uint64(o.lastID)*0x9e3779b97f4a7c15, make([]byte, 11)
	for i := range id {
		id[i] = alphabet[n%uint64(len(alphabet))]
		n = n/uint64(len(alphabet)) + uint64(o.lastID)
	}
	return string(id)
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

// A Post is one request of the API.
type Post struct {
	At     time.Time
	Method string
	Path   string
	Status int    // 0: no answer was given
	Items  int    // points or reports in it
	Fault  string // the fault it met
}

// Posts returns the newest requests, oldest first.
func (o *Organization) Posts() []Post {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.posts.items)
}

// Services returns the names of all services.
func (o *Organization) Services() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return sortedKeys(o.services)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
