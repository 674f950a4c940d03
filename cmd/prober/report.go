package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"prober/probes"
	"prober/verdict"
)

// writeText writes a line for each result. Names have no wide characters, and
// messages, which may, come last; so everything aligns.
func writeText(out io.Writer, results []verdict.Result) error {
	longest := 0
	for _, r := range results {
		longest = max(longest, len(r.Probe))
	}
	var text strings.Builder
	for _, r := range results {
		fmt.Fprintf(&text, "%s  %-*s  %s", paint(out, r.Status), longest, r.Probe, r.Message)
		if r.Reason != "" {
			fmt.Fprintf(&text, " [%s]", r.Reason)
		}
		for i, v := range r.Values {
			text.WriteString(map[bool]string{true: " · ", false: ", "}[i == 0])
			text.WriteString(v.Name + " " + v.Unit.Format(v.Number))
		}
		text.WriteByte('\n')
		for _, p := range r.Parts {
			fmt.Fprintf(&text, "  %s  %s %s  %s\n", paint(out, p.Status), p.Kind, p.Name, p.Message)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// paint colours a status on a terminal, unless NO_COLOR is set.
func paint(out io.Writer, s probes.Status) string {
	word := fmt.Sprintf("%-8s", s)
	colour := map[probes.Status]string{probes.OK: "32", probes.Warning: "33", probes.Critical: "31", probes.Unknown: "35"}[s]
	if !isTerminal(out) || os.Getenv("NO_COLOR") != "" || colour == "" {
		return word
	}
	return "\x1b[" + colour + "m" + word + "\x1b[0m"
}

// The JSON of check is for programs: fields are added, never changed.
type checkJSON struct {
	Probe       string                 `json:"probe"`
	Kind        string                 `json:"kind"`
	Environment string                 `json:"environment"`
	Status      probes.Status          `json:"status"`
	Reason      probes.Reason          `json:"reason"`
	Message     string                 `json:"message"`
	At          time.Time              `json:"at"`
	Took        float64                `json:"took"` // seconds
	Values      map[string]float64     `json:"values"`
	Units       map[string]probes.Unit `json:"units"`
	Parts       []partJSON             `json:"parts"`
}

type partJSON struct {
	Kind    string             `json:"kind"`
	Name    string             `json:"name"`
	Address string             `json:"address"`
	Status  probes.Status      `json:"status"`
	Reason  probes.Reason      `json:"reason"`
	Message string             `json:"message"`
	Values  map[string]float64 `json:"values"`
}

func writeJSON(out io.Writer, results []verdict.Result) error {
	list := []checkJSON{}
	for _, r := range results {
		c := checkJSON{
			Probe: r.Probe, Kind: r.Kind, Environment: r.Environment, Status: r.Status, Reason: r.Reason, Message: r.Message,
			At: r.At, Took: r.Took.Seconds(), Values: numbers(r.Values), Units: map[string]probes.Unit{}, Parts: []partJSON{},
		}
		for _, v := range r.Values {
			c.Units[v.Name] = v.Unit
		}
		for _, p := range r.Parts {
			part := partJSON{Kind: p.Kind, Name: p.Name, Status: p.Status, Reason: p.Reason, Message: p.Message, Values: numbers(p.Values)}
			if p.Addr.IsValid() {
				part.Address = p.Addr.String()
			}
			c.Parts = append(c.Parts, part)
		}
		list = append(list, c)
	}
	return json.NewEncoder(out).Encode(map[string]any{"schema_version": 1, "results": list})
}

func numbers(values []verdict.Value) map[string]float64 {
	m := map[string]float64{}
	for _, v := range values {
		m[v.Name] = v.Number
	}
	return m
}
