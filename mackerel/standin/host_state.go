package standin

import (
	"net/http"
	"slices"
)

func (o *Organization) postHostStatus(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	var in struct{ Status string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"working", "standby", "maintenance", "poweroff"}, in.Status) {
		return nil, refuse(http.StatusBadRequest, "unknown status %q", in.Status)
	}
	h.Status = in.Status
	return success, nil
}

// postHostRetire closes the alerts of the host; clients send {} or null.
func (o *Organization) postHostRetire(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	h.Retired, h.retiredAt = true, c.now
	for key, check := range o.checks {
		if key.host == h.ID {
			check.close(c.now, "hostRetire", "")
			delete(o.checks, key)
		}
	}
	return success, nil
}

func (o *Organization) putRoles(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	var in struct{ RoleFullnames []string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	for _, role := range in.RoleFullnames {
		if !roleFullname.MatchString(role) {
			return nil, refuse(http.StatusBadRequest, "%q is not a role: service:role", role)
		}
	}
	clear(h.roles)
	o.addRoles(h, in.RoleFullnames)
	return success, nil
}

func (o *Organization) getHostMetrics(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	return h.metrics.answer(c)
}

func (o *Organization) getHostMetricNames(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"names": sortedKeys(h.metrics)}, nil
}

func (o *Organization) getMonitoredStatuses(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, check := range o.sortedChecks() {
		if check.HostID == h.ID && check.Status != "" {
			list = append(list, map[string]any{"monitorId": check.ID, "status": check.Status, "detail": map[string]string{"type": "check", "message": check.Message}})
		}
	}
	return map[string]any{"monitoredStatuses": list}, nil
}

// getMonitors has none to show: check monitors are not among them.
func (o *Organization) getMonitors(*call) (any, error) {
	return map[string]any{"monitors": []any{}}, nil
}
