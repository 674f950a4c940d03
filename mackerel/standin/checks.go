package standin

import (
	"cmp"
	"net/http"
	"slices"
)

// checkKey names a check: they hang on hosts only.
type checkKey struct{ host, name string }

// check is a check monitor and its present state.
type check struct {
	Check
	memo  string
	alert *alert // that is open
}

// A Check is what there is to know of a check.
type Check struct {
	ID         string `json:"id"` // of its monitor
	HostID     string `json:"hostId"`
	Name       string `json:"name"`
	Status     string `json:"status"` // "" before the first report
	Message    string `json:"message"`
	OccurredAt int64  `json:"occurredAt"`
	Attempts   int    `json:"attempts"` // consecutive reports that are not OK
}

// Checks returns all checks by host and name.
func (o *Organization) Checks() []Check {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Check
	for _, c := range o.sortedChecks() {
		all = append(all, c.Check)
	}
	return all
}

func (o *Organization) sortedChecks() []*check {
	all := make([]*check, 0, len(o.checks))
	for _, c := range o.checks {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *check) int { return cmp.Or(cmp.Compare(a.HostID, b.HostID), cmp.Compare(a.Name, b.Name)) })
	return all
}

// check returns a check, which it makes when absent.
func (o *Organization) check(key checkKey) *check {
	c := o.checks[key]
	if c == nil {
		c = &check{Check: Check{ID: o.newID(), HostID: key.host, Name: key.name}}
		o.checks[key] = c
	}
	return c
}

func (o *Organization) getChecks(c *call) (any, error) {
	var all []*check
	for _, check := range o.checks {
		all = append(all, check)
	}
	slices.SortFunc(all, func(a, b *check) int { return cmp.Compare(a.ID, b.ID) })
	page, next, err := paged(c, all, func(c *check) string { return c.ID })
	if err != nil {
		return nil, err
	}
	list := []map[string]string{}
	for _, check := range page {
		list = append(list, map[string]string{"id": check.ID, "name": check.Name})
	}
	return withNext(map[string]any{"checks": list}, next), nil
}

func (o *Organization) getCheck(c *call) (any, error) {
	for _, check := range o.checks {
		if check.ID == c.PathValue("check") {
			return map[string]any{"check": map[string]string{"id": check.ID, "name": check.Name}}, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "check not found")
}
