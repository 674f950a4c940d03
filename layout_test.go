// Package prober holds no code: the program is in cmd/prober, its rooms are
// beside this file. This test keeps the walls between them.
package prober

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms says which rooms each room may import. "…" stands for the kinds of
// probe. A package that is not listed may not exist.
var rooms = map[string][]string{
	"probes":               {},
	"probes/dial":          {"probes"},
	"probes/…":             {"probes", "probes/dial"},
	"probes/kinds":         {"probes", "probes/…"},
	"config":               {"probes"},
	"verdict":              {"probes"},
	"scheduler":            {"probes", "verdict"},
	"journal":              {"probes", "verdict"},
	"mackerel":             {"probes", "verdict"},
	"mackerel/standin":     {},
	"web":                  {"probes", "verdict"},
	"bench":                {},
	"internal/loopback":    {}, // for tests
	"cmd/prober":           {"probes", "probes/dial", "probes/kinds", "config", "verdict", "scheduler", "journal", "mackerel", "mackerel/standin", "web"},
	"cmd/mackerel-standin": {"mackerel/standin"},
}

var kindsOfProbe = []string{"probes/tcp"}

func TestNobodyImportsUpward(t *testing.T) {
	packages := list(t)
	var seen []string
	for _, p := range packages {
		room := roomOf(p.ImportPath)
		if room == "" {
			continue // this package
		}
		seen = append(seen, room)
		allowed, known := rooms[room]
		if !known {
			t.Errorf("%s is not in the table of rooms", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if to := roomOf(imported); strings.HasPrefix(imported, "prober/") && !slices.Contains(allowed, to) {
				t.Errorf("%s imports %s; it may import %v", p.ImportPath, imported, allowed)
			}
		}
	}
	for room := range maps.Keys(rooms) {
		if !slices.Contains(seen, room) {
			t.Errorf("the table has the room %s, which does not exist", room)
		}
	}
}

func roomOf(path string) string {
	room, _ := strings.CutPrefix(path, "prober/")
	switch {
	case path == "prober":
		return ""
	case slices.Contains(kindsOfProbe, room):
		return "probes/…"
	}
	return room
}

type listed struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []listed {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
