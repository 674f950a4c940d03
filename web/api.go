package web

import (
	"encoding/json"
	"net/http"
	"time"

	"prober/probes"
	"prober/verdict"
)

// schemaVersion is that of the JSON: fields are added, never changed.
const schemaVersion = 1

// A Document is the answer of GET /api/v1/probes.
type Document struct {
	SchemaVersion int     `json:"schema_version"`
	Prober        string  `json:"prober"`
	Probes        []Probe `json:"probes"`
}

// A Probe is how one probe stands. Times are RFC 3339, null when there is
// none; values are in their units.
type Probe struct {
	Name        string                 `json:"name"`
	Kind        string                 `json:"kind"`
	Environment string                 `json:"environment"`
	Group       string                 `json:"group"`
	Status      probes.Status          `json:"status"`
	State       string                 `json:"state"` // "hard", "soft"
	Attempt     int                    `json:"attempt"`
	Reason      probes.Reason          `json:"reason"`
	Message     string                 `json:"message"`
	Since       *time.Time             `json:"since"`
	LastRun     *time.Time             `json:"last_run"`
	NextRun     *time.Time             `json:"next_run"`
	Overdue     bool                   `json:"overdue"`
	Muted       *string                `json:"muted"`
	Flapping    bool                   `json:"flapping"`
	Values      map[string]float64     `json:"values"`
	Units       map[string]probes.Unit `json:"units"`
}

func probesJSON(w http.ResponseWriter, s Source) {
	doc := Document{SchemaVersion: schemaVersion, Prober: s.Prober(), Probes: []Probe{}}
	for _, standing := range s.Standings() {
		doc.Probes = append(doc.Probes, probeOf(&standing))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(doc) // the client may have gone
}

func probeOf(s *verdict.Standing) Probe {
	p := Probe{
		Name: s.Probe, Kind: s.Kind, Environment: s.Environment, Status: s.Status, State: "hard", Attempt: s.Attempt,
		Reason: s.Reason, Message: s.Message, Since: known(s.Since), LastRun: known(s.LastRun), NextRun: known(s.Next),
		Overdue: s.Overdue, Flapping: s.Flaps.Flapping, Values: map[string]float64{}, Units: map[string]probes.Unit{},
	}
	if s.Soft {
		p.State = "soft"
	}
	for _, v := range s.Values {
		p.Values[v.Name], p.Units[v.Name] = v.Number, v.Unit
	}
	return p
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
