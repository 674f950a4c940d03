package standin

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// State is everything at a glance, as GET /standin/state returns it.
type State struct {
	Name     string             `json:"name"`
	Time     time.Time          `json:"time"`
	Fault    Fault              `json:"fault"`
	Services map[string][]Point `json:"services"`
	Hosts    []Host             `json:"hosts"`
	Checks   []Check            `json:"checks"`
	Alerts   []Alert            `json:"alerts"`
	Reports  []Report           `json:"reports"`
	Changed  []Overwrite        `json:"overwrites"`
	Posts    []Post             `json:"posts"`
}

// State returns everything.
func (o *Organization) State() State {
	s := State{
		Name: o.name, Fault: o.Fault(), Services: map[string][]Point{},
		Hosts: o.Hosts(), Checks: o.Checks(), Alerts: o.Alerts(), Reports: o.Reports(), Changed: o.Overwrites(), Posts: o.Posts(),
	}
	for _, service := range o.Services() {
		s.Services[service] = o.Points(service)
	}
	s.Time, _ = o.present()
	return s
}

// control adds the control API, which needs no key: a stand-in listens where
// only its owner is.
//
//	GET    /standin/state  everything
//	GET    /standin/posts  the newest requests
//	GET    /standin/fault  the fault in force; POST sets one, DELETE heals
//	GET    /standin/clock  the time; POST {"offset": "-2h"} moves it
func (o *Organization) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /standin/state", func(w http.ResponseWriter, _ *http.Request) { reply(w, o.State()) })
	mux.HandleFunc("GET /standin/posts", func(w http.ResponseWriter, _ *http.Request) { reply(w, o.Posts()) })
	mux.HandleFunc("GET /standin/fault", func(w http.ResponseWriter, _ *http.Request) { reply(w, o.Fault()) })
	mux.HandleFunc("DELETE /standin/fault", func(w http.ResponseWriter, _ *http.Request) {
		o.SetFault(Fault{})
		reply(w, o.Fault())
	})
	mux.HandleFunc("POST /standin/fault", o.postFault)
	mux.HandleFunc("GET /standin/clock", o.getClock)
	mux.HandleFunc("POST /standin/clock", o.postClock)
}

func (o *Organization) postFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !demand(w, r, &f) {
		return
	}
	if err := f.validate(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.SetFault(f)
	reply(w, f)
}

func (o *Organization) postClock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Offset string `json:"offset"`
	}
	if !demand(w, r, &in) {
		return
	}
	offset, err := time.ParseDuration(in.Offset)
	if err != nil {
		http.Error(w, `offset must be a duration such as "-2h": `+err.Error(), http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	o.offset = offset
	o.mu.Unlock()
	o.getClock(w, r)
}

func (o *Organization) getClock(w http.ResponseWriter, _ *http.Request) {
	now, offset := o.present()
	reply(w, map[string]any{"time": now, "offset": offset.String()})
}

// present is the time, and how far it is moved.
func (o *Organization) present() (now time.Time, offset time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.time(), o.offset
}

// demand reads a JSON body, or says what is wrong with it.
func demand(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func reply(w http.ResponseWriter, answer any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // the client may have gone
}
