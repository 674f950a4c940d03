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
	return o.setStatus([]*host{h}, in.Status)
}

// postHostStatuses sets the status of all hosts or of none.
func (o *Organization) postHostStatuses(c *call) (any, error) {
	var in struct {
		IDs    []string `json:"ids"`
		Status string   `json:"status"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	hosts, err := o.several(in.IDs)
	if err != nil {
		return nil, err
	}
	return o.setStatus(hosts, in.Status)
}

func (o *Organization) setStatus(hosts []*host, status string) (any, error) {
	if !slices.Contains([]string{"working", "standby", "maintenance", "poweroff"}, status) {
		return nil, refuse(http.StatusBadRequest, "unknown status %q", status)
	}
	for _, h := range hosts {
		h.Status = status
	}
	return success, nil
}

// monitored tells whether what is reported of h raises alerts.
func (h *host) monitored() bool { return h.Status == "working" || h.Status == "standby" }

// postHostRetire retires a host; clients send {} or null.
func (o *Organization) postHostRetire(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	o.retire(h, c)
	return success, nil
}

// postHostsRetire retires all hosts or none.
func (o *Organization) postHostsRetire(c *call) (any, error) {
	var in struct {
		IDs []string `json:"ids"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	hosts, err := o.several(in.IDs)
	if err != nil {
		return nil, err
	}
	for _, h := range hosts {
		o.retire(h, c)
	}
	return success, nil
}

// retire closes the alerts of a host. There is no way back.
func (o *Organization) retire(h *host, c *call) {
	h.Retired, h.retiredAt = true, c.now
	for key, check := range o.checks {
		if key.host == h.ID {
			o.close(check, c.now, "hostRetire", "")
			delete(o.checks, key)
		}
	}
}

const hostsPerRequest = 30

// several finds all hosts of a bulk request.
func (o *Organization) several(ids []string) ([]*host, error) {
	if len(ids) > hostsPerRequest {
		return nil, refuse(http.StatusBadRequest, "more than %d hosts", hostsPerRequest)
	}
	var hosts []*host
	for _, id := range ids {
		if o.hosts[id] == nil {
			return nil, errNoHost
		}
		hosts = append(hosts, o.hosts[id])
	}
	return hosts, nil
}

func (o *Organization) getMonitoredStatuses(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, check := range o.sortedChecks() {
		if check.HostID == h.ID && check.Status != "" {
			detail := map[string]string{"type": "check", "message": check.Message, "memo": check.memo}
			list = append(list, map[string]any{"monitorId": check.ID, "status": check.Status, "detail": detail})
		}
	}
	return map[string]any{"monitoredStatuses": list}, nil
}
