package standin

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

const (
	reportsPerRequest = 100
	messageLength     = 1024
	// Reports this old are ignored with a 200, and attempts further apart
	// than this are not consecutive.
	oldestReport = 6 * time.Hour
)

// checkKey names a check: they hang on hosts only.
type checkKey struct{ host, name string }

// check is a check monitor and its present state.
type check struct {
	Check
	alert    *alert // that is open
	attempts int    // consecutive reports that are not OK
}

// A Check is what there is to know of a check.
type Check struct {
	ID, HostID, Name string
	Status           string // "" before the first report
	Message          string
	OccurredAt       int64
	Attempts         int
}

// A Report is one check report as it arrived.
type Report struct {
	HostID, Name, Status, Message          string
	OccurredAt                             int64
	NotificationInterval, MaxCheckAttempts int
	Arrived                                time.Time
	Ignored                                string // why it had no effect: "too old", "out of order", or ""
}

// Reports returns the newest reports in the order they arrived.
func (o *Organization) Reports() []Report {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.reports.items)
}

// Checks returns all checks by host and name.
func (o *Organization) Checks() []Check {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Check
	for _, c := range o.sortedChecks() {
		copied := c.Check
		copied.Attempts = c.attempts
		all = append(all, copied)
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

// reportParam is a report as clients send it.
type reportParam struct {
	Source struct {
		Type   string `json:"type"`
		HostID string `json:"hostId"`
	} `json:"source"`
	Name                 string      `json:"name"`
	Status               string      `json:"status"`
	Message              string      `json:"message"`
	OccurredAt           json.Number `json:"occurredAt"`
	NotificationInterval int         `json:"notificationInterval"`
	MaxCheckAttempts     int         `json:"maxCheckAttempts"`
}

// postReports takes check reports. One that makes no sense fails the whole
// request; one that comes too late is ignored.
func (o *Organization) postReports(c *call) (any, error) {
	var in struct {
		Reports []reportParam `json:"reports"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	c.items = len(in.Reports)
	if len(in.Reports) > reportsPerRequest {
		return nil, refuse(http.StatusBadRequest, "more than %d reports", reportsPerRequest)
	}
	reports := make([]Report, len(in.Reports))
	for i, p := range in.Reports {
		var err error
		if reports[i], err = o.read(p, c.now); err != nil {
			return nil, err
		}
	}
	for _, r := range reports {
		o.take(&r, c.now)
		o.reports.add(r)
	}
	return success, nil
}

func (o *Organization) read(p reportParam, now time.Time) (Report, error) {
	at, err := p.OccurredAt.Int64()
	r := Report{
		HostID: p.Source.HostID, Name: p.Name, Status: p.Status, Message: p.Message, OccurredAt: at, Arrived: now,
		NotificationInterval: p.NotificationInterval, MaxCheckAttempts: max(p.MaxCheckAttempts, 1),
	}
	if r.NotificationInterval > 0 {
		r.NotificationInterval = max(r.NotificationInterval, 10)
	}
	switch {
	case err != nil:
		return r, refuse(http.StatusBadRequest, "occurredAt must be in seconds since the epoch")
	case p.Source.Type != "host":
		return r, refuse(http.StatusBadRequest, "the source of a report must be a host")
	case o.hosts[r.HostID] == nil || o.hosts[r.HostID].Retired:
		return r, refuse(o.rules.UnknownHost, "host %q not found", r.HostID)
	case !checkName.MatchString(r.Name):
		return r, refuse(http.StatusBadRequest, "the name of a check must match %s", checkName)
	case !slices.Contains([]string{"OK", "CRITICAL", "WARNING", "UNKNOWN"}, r.Status):
		return r, refuse(http.StatusBadRequest, "unknown status %q", r.Status)
	case utf8.RuneCountInString(r.Message) > messageLength:
		return r, refuse(http.StatusBadRequest, "message is longer than %d characters", messageLength)
	case r.MaxCheckAttempts > 10 || p.MaxCheckAttempts < 0:
		return r, refuse(http.StatusBadRequest, "maxCheckAttempts must be from 1 to 10")
	}
	return r, nil
}

// take applies a report to its check.
func (o *Organization) take(r *Report, now time.Time) {
	key := checkKey{r.HostID, r.Name}
	c := o.check(key)
	late := r.OccurredAt - c.OccurredAt
	switch {
	case now.Sub(time.Unix(r.OccurredAt, 0)) >= oldestReport:
		r.Ignored = "too old"
		return
	case c.Status != "" && (late < 0 || (late == 0 && !o.rules.EqualOccurredAt)):
		r.Ignored = "out of order"
		return
	}
	if r.Status == "OK" {
		c.attempts = 0
	} else if c.attempts++; late > int64(oldestReport/time.Second) {
		c.attempts = 1
	}
	c.Status, c.Message, c.OccurredAt = r.Status, r.Message, r.OccurredAt
	switch h := o.hosts[r.HostID]; {
	case r.Status == "OK":
		c.close(now, "monitoring", "")
	case c.alert != nil:
		c.alert.change(r.Status, r.Message, now)
	case c.attempts >= r.MaxCheckAttempts && (h.Status == "working" || h.Status == "standby"):
		o.open(c, now)
	}
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
