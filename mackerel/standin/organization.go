// Package standin is a Mackerel organization in memory: an [http.Handler] that
// enforces the rules of the API (https://mackerel.io/api-docs/), so that what
// works against it can be expected to work against api.mackerelio.com, and
// what Mackerel drops without a word is dropped here, too. It has a clock that
// can be set and faults that can be switched on.
//
// There are: the organization, services with roles, service metrics, hosts,
// host metrics and their graph definitions, check reports with attempts,
// checks, alerts with logs, monitors and graph annotations; endpoints in
// route.go lists every path. All else is "Not found.": metadata, downtimes,
// notifications. Only checks raise alerts: a monitor is kept as it was sent,
// and never judged. What the documents do not say is a switch in [Rules].
//
// It forgets by design: points after 48 hours of its clock, and the oldest
// requests, reports and closed alerts when there are many. So it can run for
// months.
//
// Besides the API there are a page for people at / and a control API under
// /standin/.
package standin

import (
	"cmp"
	"fmt"
	"hash/fnv"
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
	lastID     uint64
	swept      time.Time // when old points were last forgotten
	services   map[string]*service
	hosts      map[string]*host
	checks     map[checkKey]*check
	monitors   map[string]monitor
	notes      map[string]annotation
	graphs     map[string]graphDef
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
		monitors: map[string]monitor{}, notes: map[string]annotation{}, graphs: map[string]graphDef{},
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
// look alike. They are the same in every run, and others in every organization,
// so that an id that is sent to the wrong one is an unknown id there.
func (o *Organization) newID() string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	o.lastID++
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%d/%s", o.lastID, o.name)
	n, id := hash.Sum64(), make([]byte, 11)
	for i := range id {
		id[i] = alphabet[n%uint64(len(alphabet))]
		n /= uint64(len(alphabet))
	}
	return string(id)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
