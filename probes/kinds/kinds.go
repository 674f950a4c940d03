// Package kinds is the list of all kinds of probe. A new kind is one line here.
package kinds

import (
	"prober/probes"
	"prober/probes/tcp"
)

// All returns every kind, by name.
func All() []probes.Kind {
	return []probes.Kind{
		tcp.Kind(),
	}
}
