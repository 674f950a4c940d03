package standin

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// An Alert is that of a check.
type Alert struct {
	ID, Type, HostID, MonitorID string
	Check                       string // its name
	Status, Message, Reason     string
	OpenedAt, ClosedAt          time.Time // ClosedAt is zero while it is open
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

const mostAlerts = 10_000

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

// open raises the alert of a check.
func (o *Organization) open(c *check, now time.Time) {
	c.alert = &alert{Alert: Alert{ID: o.newID(), Type: "check", HostID: c.HostID, MonitorID: c.ID, Check: c.Name, Status: c.Status, Message: c.Message, OpenedAt: now}}
	c.alert.log("monitoring", now)
	o.alerts = append(o.alerts, c.alert)
	if len(o.alerts) > mostAlerts {
		o.alerts = slices.DeleteFunc(o.alerts, func(a *alert) bool {
			return !a.ClosedAt.IsZero() && now.Sub(a.ClosedAt) > time.Hour
		})
	}
}

// change follows the check; a changed message alone is no new status.
func (a *alert) change(status, message string, now time.Time) {
	changed := a.Status != status
	a.Status, a.Message = status, message
	if changed {
		a.log("monitoring", now)
	}
}

// close ends the alert of a check, if one is open.
func (c *check) close(now time.Time, trigger, reason string) {
	if c.alert == nil {
		return
	}
	c.alert.Status, c.alert.Message, c.alert.Reason, c.alert.ClosedAt = "OK", c.Message, reason, now
	c.alert.log(trigger, now)
	c.alert = nil
}

func (a *alert) log(trigger string, now time.Time) {
	a.logs = slices.Insert(a.logs, 0, alertLog{
		ID: a.ID[:8] + strconv.Itoa(100+len(a.logs)), Status: a.Status, Trigger: trigger, MonitorID: a.MonitorID, CreatedAt: now.Unix(),
		StatusDetail: map[string]any{"type": "check", "detail": map[string]string{"message": a.Message, "memo": ""}},
	})
	a.logs = a.logs[:min(len(a.logs), 1000)]
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
			check.close(c.now, "manual", *in.Reason)
		}
	}
	return a.json(), nil
}

// paged cuts a list as limit and nextId say; an empty nextId is none.
func paged[T any](c *call, all []T, id func(T) string) (page []T, next string, err error) {
	limit := 100
	if text := c.URL.Query().Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 100 {
			return nil, "", refuse(http.StatusBadRequest, "limit must be from 1 to 100")
		}
	}
	if from := c.URL.Query().Get("nextId"); from != "" {
		i := slices.IndexFunc(all, func(x T) bool { return id(x) == from })
		if i < 0 {
			return nil, "", refuse(http.StatusBadRequest, "unknown nextId")
		}
		all = all[i:]
	}
	if len(all) > limit {
		return all[:limit], id(all[limit]), nil
	}
	return all, "", nil
}

func withNext(answer map[string]any, next string) map[string]any {
	if next != "" {
		answer["nextId"] = next
	}
	return answer
}
