package standin

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// monitor is one as it was sent, without what is null. Nothing is judged by
// it. Fields that this package does not know are kept, so that every client
// gets back what it put in.
type monitor map[string]any

func (m monitor) text(field string) string {
	text, _ := m[field].(string)
	return text
}

func (m monitor) is(kind string) bool { return m.text("type") == kind }

func (o *Organization) getMonitors(*call) (any, error) {
	list := slices.AppendSeq([]monitor{}, maps.Values(o.monitors))
	slices.SortFunc(list, func(a, b monitor) int {
		return cmp.Or(cmp.Compare(a.text("type"), b.text("type")), cmp.Compare(a.text("name"), b.text("name")), cmp.Compare(a.text("id"), b.text("id")))
	})
	return map[string]any{"monitors": list}, nil
}

func (o *Organization) foundMonitor(c *call) (monitor, error) {
	id := c.PathValue("monitor")
	if m, ok := o.monitors[id]; ok {
		return m, nil
	}
	for _, check := range o.checks {
		if check.ID == id {
			return nil, errIsCheck
		}
	}
	return nil, refuse(http.StatusNotFound, "monitor not found")
}

func (o *Organization) getMonitor(c *call) (any, error) {
	m, err := o.foundMonitor(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"monitor": m}, nil
}

func (o *Organization) postMonitor(c *call) (any, error) {
	m, err := o.decodeMonitor(c)
	if err != nil {
		return nil, err
	}
	id := o.newID()
	m["id"] = id
	o.monitors[id] = m
	return m, nil
}

// putMonitor replaces a monitor, but for two fields that are kept when they
// are omitted.
func (o *Organization) putMonitor(c *call) (any, error) {
	old, err := o.foundMonitor(c)
	if err != nil {
		return nil, err
	}
	m, err := o.decodeMonitor(c)
	if err != nil {
		return nil, err
	}
	if !m.is(old.text("type")) {
		return nil, refuse(http.StatusBadRequest, "the type of a monitor cannot be changed")
	}
	for _, field := range []string{"alertStatusOnGone", "headers"} {
		if kept, had := old[field]; had && m[field] == nil {
			m[field] = kept
		}
	}
	id := old.text("id")
	m["id"] = id
	o.monitors[id] = m
	return m, nil
}

func (o *Organization) deleteMonitor(c *call) (any, error) {
	m, err := o.foundMonitor(c)
	if err != nil {
		return nil, err
	}
	delete(o.monitors, m.text("id"))
	return m, nil
}

// decodeMonitor reads a body twice: as what it must be, and as it is.
func (o *Organization) decodeMonitor(c *call) (monitor, error) {
	var param monitorParam
	if err := c.decode(&param); err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := c.decode(&fields); err != nil {
		return nil, err
	}
	if err := o.validateMonitor(param, c.now); err != nil {
		return nil, err
	}
	m := monitor{}
	for name, value := range fields {
		if string(value) != "null" {
			m[name] = value
		}
	}
	m["type"], m["name"], m["isMute"] = param.Type, param.name(), param.IsMute
	if param.Service != "" {
		m["service"] = param.Service
	}
	return m, nil
}
