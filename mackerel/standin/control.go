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
}

// State returns everything.
func (o *Organization) State() State {
	s := State{
		Name: o.name, Fault: o.Fault(), Services: map[string][]Point{},
		Hosts: o.Hosts(), Checks: o.Checks(), Alerts: o.Alerts(), Reports: o.Reports(), Changed: o.Overwrites(),
	}
	for _, service := range o.Services() {
		s.Services[service] = o.Points(service)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Time = o.time()
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
	mux.HandleFunc("POST /standin/fault", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		if demand(w, r, &f) {
			o.SetFault(f)
			reply(w, f)
		}
	})
	mux.HandleFunc("GET /standin/clock", o.clock)
	mux.HandleFunc("POST /standin/clock", func(w http.ResponseWriter, r *http.Request) {
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
		o.clock(w, r)
	})
}

func (o *Organization) clock(w http.ResponseWriter, _ *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	reply(w, map[string]any{"time": o.time(), "offset": o.offset.String()})
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
