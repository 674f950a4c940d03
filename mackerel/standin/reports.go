package standin

import (
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

// A Report is one check report as it arrived.
type Report struct {
	HostID               string    `json:"hostId"`
	Name                 string    `json:"name"`
	Status               string    `json:"status"`
	Message              string    `json:"message"`
	OccurredAt           int64     `json:"occurredAt"`
	NotificationInterval int       `json:"notificationInterval"` // minutes; 0: never told again
	MaxCheckAttempts     int       `json:"maxCheckAttempts"`
	Arrived              time.Time `json:"arrived"`
	Ignored              string    `json:"ignored"` // why it had no effect: "too old", "out of order", or ""
}

// Reports returns the newest reports in the order they arrived.
func (o *Organization) Reports() []Report {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.reports.items)
}

// reportParam is a report as clients send it.
type reportParam struct {
	Source struct {
		Type   string `json:"type"`
		HostID string `json:"hostId"`
	} `json:"source"`
	Name                 string `json:"name"`
	Status               string `json:"status"`
	Message              string `json:"message"`
	OccurredAt           *int64 `json:"occurredAt"`
	NotificationInterval *int   `json:"notificationInterval"`
	MaxCheckAttempts     int    `json:"maxCheckAttempts"`
}

const (
	reportsPerRequest = 100
	messageLength     = 1024
	mostAttempts      = 10
	leastInterval     = 10 // minutes; less is treated as this
	// Reports this old are ignored with a 200, and attempts further apart
	// than this are not consecutive.
	oldestReport = 6 * time.Hour
)

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
	for _, p := range in.Reports {
		if err := o.validate(p); err != nil {
			return nil, err
		}
	}
	for _, p := range in.Reports {
		r := p.report(c.now)
		o.take(&r)
		o.reports.add(r)
	}
	return success, nil
}

func (o *Organization) validate(p reportParam) error {
	h := o.hosts[p.Source.HostID]
	switch {
	case p.OccurredAt == nil || *p.OccurredAt < 0 || *p.OccurredAt > lastSecond:
		return refuse(http.StatusBadRequest, "occurredAt must be in seconds since the epoch")
	case p.Source.Type != "host":
		return refuse(http.StatusBadRequest, "the source of a report must be a host")
	case h == nil || h.Retired:
		return o.rules.unknownHost(p.Source.HostID)
	case !checkName.MatchString(p.Name):
		return refuse(http.StatusBadRequest, "the name of a check must match %s", checkName)
	case !slices.Contains([]string{"OK", "CRITICAL", "WARNING", "UNKNOWN"}, p.Status):
		return refuse(http.StatusBadRequest, "unknown status %q", p.Status)
	case utf8.RuneCountInString(p.Message) > messageLength:
		return refuse(http.StatusBadRequest, "message is longer than %d characters", messageLength)
	case p.MaxCheckAttempts > mostAttempts || p.MaxCheckAttempts < 0:
		return refuse(http.StatusBadRequest, "maxCheckAttempts must be from 1 to %d", mostAttempts)
	}
	return nil
}

func (p reportParam) report(now time.Time) Report {
	r := Report{
		HostID: p.Source.HostID, Name: p.Name, Status: p.Status, Message: p.Message,
		OccurredAt: *p.OccurredAt, MaxCheckAttempts: max(p.MaxCheckAttempts, 1), Arrived: now,
	}
	if p.NotificationInterval != nil {
		r.NotificationInterval = max(*p.NotificationInterval, leastInterval)
	}
	return r
}

// take applies a report to its check.
func (o *Organization) take(r *Report) {
	key := checkKey{r.HostID, r.Name}
	if r.Ignored = o.ignores(o.checks[key], r); r.Ignored != "" {
		return
	}
	c := o.check(key)
	switch {
	case r.Status == "OK":
		c.Attempts = 0
	case r.OccurredAt-c.OccurredAt > int64(oldestReport/time.Second):
		c.Attempts = 1
	default:
		c.Attempts++
	}
	c.Status, c.Message, c.OccurredAt = r.Status, r.Message, r.OccurredAt
	switch {
	case r.Status == "OK":
		o.close(c, r.Arrived, "monitoring", "")
	case c.alert != nil:
		o.change(c, r.Arrived)
	case c.Attempts >= r.MaxCheckAttempts && o.hosts[r.HostID].monitored():
		o.open(c, r.Arrived)
	}
}

// ignores tells why a report has no effect, or "". c is nil before the first
// report of a check.
func (o *Organization) ignores(c *check, r *Report) string {
	switch {
	case r.Arrived.Sub(time.Unix(r.OccurredAt, 0)) >= oldestReport:
		return "too old"
	case c == nil || c.Status == "":
		return ""
	case r.OccurredAt < c.OccurredAt, r.OccurredAt == c.OccurredAt && !o.rules.EqualOccurredAt:
		return "out of order"
	}
	return ""
}
