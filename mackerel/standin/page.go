package standin

import (
	_ "embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

//go:embed page.html
var pageText string

// view is what page.html shows. It never holds a key.
type view struct {
	Name   string
	Time   time.Time
	Offset time.Duration
	Fault  Fault
	Alerts []Alert // open ones first, then the newest
	Checks []Check
	Hosts  []Host
	Latest map[string][]Point // of each service, the newest point of each metric
	Posts  []Post             // newest first
	Host   map[string]string  // names by ID
}

const (
	postsShown  = 30
	alertsShown = 100
)

// page shows a person what is here.
func (o *Organization) page() http.HandlerFunc {
	page := template.Must(template.New("page").Funcs(template.FuncMap{
		"minute": func(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("01-02 15:04") },
		"clock":  func(t time.Time) string { return t.UTC().Format("01-02 15:04:05") },
		"open":   func(a Alert) bool { return a.ClosedAt.IsZero() },
	}).Parse(pageText))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = page.Execute(w, o.view()) // the client may have gone
	}
}

func (o *Organization) view() view {
	v := view{
		Name: o.name, Fault: o.Fault(), Alerts: o.Alerts(), Checks: o.Checks(), Hosts: o.Hosts(),
		Latest: o.latest(), Posts: o.Posts(), Host: map[string]string{},
	}
	v.Time, v.Offset = o.present()
	for _, h := range v.Hosts {
		v.Host[h.ID] = h.Name
	}
	slices.SortStableFunc(v.Alerts, func(a, b Alert) int { return closed(a) - closed(b) })
	v.Alerts = v.Alerts[:min(alertsShown, len(v.Alerts))]
	slices.Reverse(v.Posts)
	v.Posts = v.Posts[:min(postsShown, len(v.Posts))]
	return v
}

func closed(a Alert) int {
	if a.ClosedAt.IsZero() {
		return 0
	}
	return 1
}

// latest returns the newest point of each metric, by service.
func (o *Organization) latest() map[string][]Point {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := map[string][]Point{}
	for _, s := range o.services {
		all[s.name] = nil
		for _, name := range sortedKeys(s.metrics) {
			if p, ok := s.metrics.newest(name); ok {
				all[s.name] = append(all[s.name], Point{name, p.minute, p.value})
			}
		}
	}
	return all
}
