package standin

import (
	"net/http"
	"slices"
	"time"
)

// An Alert is that of a check.
type Alert struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"` // "check"
	HostID    string    `json:"hostId"`
	MonitorID string    `json:"monitorId"`
	Check     string    `json:"check"` // its name
	Status    string    `json:"status"`
	Message   string    `json:"message"`
	Reason    string    `json:"reason"` // why it was closed by hand
	OpenedAt  time.Time `json:"openedAt"`
	ClosedAt  time.Time `json:"closedAt,omitzero"` // zero while it is open
}

// Alerts returns all alerts, newest first.
func (o *Organization) Alerts() []Alert {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Alert
	for _, a := range slices.Backward(o.alerts) {
		all = append(all, a.Alert)
	}
	return all
}

type alert struct {
	Alert
	memo string
	logs []alertLog // newest first
}

type alertLog struct {
	ID           string         `json:"id"`
	Status       string         `json:"status"`
	Trigger      string         `json:"trigger"`
	MonitorID    string         `json:"monitorId"`
	TargetValue  *float64       `json:"targetValue"`
	StatusDetail map[string]any `json:"statusDetail"`
	CreatedAt    int64          `json:"createdAt"`
}

const (
	mostAlerts    = 10_000
	mostAlertLogs = 1_000
)

// open raises the alert of a check.
func (o *Organization) open(c *check, now time.Time) {
	c.alert = &alert{Alert: Alert{ID: o.newID(), Type: "check", HostID: c.HostID, MonitorID: c.ID, Check: c.Name, Status: c.Status, Message: c.Message, OpenedAt: now}}
	o.logAlert(c.alert, "monitoring", c.memo, now)
	o.alerts = append(o.alerts, c.alert)
	if len(o.alerts) > mostAlerts {
		o.forgetAlerts()
	}
}

// forgetAlerts drops the older half of those that are closed.
func (o *Organization) forgetAlerts() {
	kept, drop := o.alerts[:0], mostAlerts/2
	for _, a := range o.alerts {
		if a.ClosedAt.IsZero() || drop == 0 {
			kept = append(kept, a)
		} else {
			drop--
		}
	}
	clear(o.alerts[len(kept):])
	o.alerts = kept
}

// change follows the check; a changed message alone is no new status.
func (o *Organization) change(c *check, now time.Time) {
	changed := c.alert.Status != c.Status
	c.alert.Status, c.alert.Message = c.Status, c.Message
	if changed {
		o.logAlert(c.alert, "monitoring", c.memo, now)
	}
}

// close ends the alert of a check, if one is open.
func (o *Organization) close(c *check, now time.Time, trigger, reason string) {
	if c.alert == nil {
		return
	}
	c.alert.Status, c.alert.Message, c.alert.Reason, c.alert.ClosedAt = "OK", c.Message, reason, now
	o.logAlert(c.alert, trigger, c.memo, now)
	c.alert = nil
}

func (o *Organization) logAlert(a *alert, trigger, memo string, now time.Time) {
	a.logs = slices.Insert(a.logs, 0, alertLog{
		ID: o.newID(), Status: a.Status, Trigger: trigger, MonitorID: a.MonitorID, CreatedAt: now.Unix(),
		StatusDetail: map[string]any{"type": "check", "detail": map[string]string{"message": a.Message, "memo": memo}},
	})
	a.logs = a.logs[:min(len(a.logs), mostAlertLogs)]
}

func (a *alert) json() map[string]any {
	out := map[string]any{
		"id": a.ID, "status": a.Status, "monitorId": a.MonitorID, "type": a.Type, "hostId": a.HostID,
		"message": a.Message, "openedAt": a.OpenedAt.Unix(), "memo": a.memo,
	}
	if !a.ClosedAt.IsZero() {
		out["closedAt"] = a.ClosedAt.Unix()
	}
	if a.Reason != "" {
		out["reason"] = a.Reason
	}
	return out
}

func (o *Organization) getAlerts(c *call) (any, error) {
	var chosen []*alert
	for _, a := range slices.Backward(o.alerts) {
		if a.ClosedAt.IsZero() || c.URL.Query().Get("withClosed") == "true" {
			chosen = append(chosen, a)
		}
	}
	page, next, err := paged(c, chosen, func(a *alert) string { return a.ID })
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, a := range page {
		list = append(list, a.json())
	}
	return withNext(map[string]any{"alerts": list}, next), nil
}

func (o *Organization) foundAlert(c *call) (*alert, error) {
	i := slices.IndexFunc(o.alerts, func(a *alert) bool { return a.ID == c.PathValue("alert") })
	if i < 0 {
		return nil, refuse(http.StatusNotFound, "alert not found")
	}
	return o.alerts[i], nil
}

func (o *Organization) getAlert(c *call) (any, error) {
	a, err := o.foundAlert(c)
	if err != nil {
		return nil, err
	}
	return a.json(), nil
}

func (o *Organization) putAlert(c *call) (any, error) {
	a, err := o.foundAlert(c)
	if err != nil {
		return nil, err
	}
	var in struct{ Memo string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.Memo) > 80<<10 {
		return nil, refuse(http.StatusRequestEntityTooLarge, "memo is longer than 80 KB")
	}
	a.memo = in.Memo
	return map[string]string{"id": a.ID, "memo": a.memo}, nil
}

func (o *Organization) getAlertLogs(c *call) (any, error) {
	a, err := o.foundAlert(c)
	if err != nil {
		return nil, err
	}
	page, next, err := paged(c, a.logs, func(l alertLog) string { return l.ID })
	if err != nil {
		return nil, err
	}
	return withNext(map[string]any{"logs": page}, next), nil
}

func (o *Organization) postAlertClose(c *call) (any, error) {
	a, err := o.foundAlert(c)
	if err != nil {
		return nil, err
	}
	var in struct{ Reason *string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Reason == nil {
		return nil, refuse(http.StatusBadRequest, "a reason is required")
	}
	for _, check := range o.checks {
		if check.alert == a {
			o.close(check, c.now, "manual", *in.Reason)
		}
	}
	return a.json(), nil
}
