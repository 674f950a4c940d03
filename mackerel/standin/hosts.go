package standin

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// host is a host of the standard size.
type host struct {
	Host
	displayName string
	meta        json.RawMessage
	interfaces  json.RawMessage
	number      int             // in the order of their creation
	roles       map[string]bool // "service:role"
	retiredAt   time.Time
	metrics     series
}

// A Host is what there is to know of a host.
type Host struct {
	ID               string    `json:"id"`
	Name             string    `json:"name"`
	CustomIdentifier string    `json:"customIdentifier"`
	Status           string    `json:"status"`
	Memo             string    `json:"memo"`
	Checks           []string  `json:"checks"` // as last listed by a POST or PUT
	Roles            []string  `json:"roles"`  // "service:role"
	Retired          bool      `json:"retired"`
	CreatedAt        time.Time `json:"createdAt"`
}

// Hosts returns all hosts, retired ones included, oldest first.
func (o *Organization) Hosts() []Host {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []Host
	for _, h := range o.sortedHosts() {
		copied := h.Host
		copied.Checks, copied.Roles = slices.Clone(h.Checks), sortedKeys(h.roles)
		all = append(all, copied)
	}
	return all
}

func (o *Organization) sortedHosts() []*host {
	var all []*host
	for _, h := range o.hosts {
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *host) int { return a.number - b.number })
	return all
}

// hostParam is the body of POST and PUT. Real clients send null for any list.
type hostParam struct {
	Name             string          `json:"name"`
	DisplayName      string          `json:"displayName"`
	CustomIdentifier string          `json:"customIdentifier"`
	Memo             string          `json:"memo"`
	Meta             json.RawMessage `json:"meta"`
	Interfaces       json.RawMessage `json:"interfaces"`
	RoleFullnames    []string        `json:"roleFullnames"`
	Checks           *[]struct {
		Name string `json:"name"`
		Memo string `json:"memo"`
	} `json:"checks"`
}

var checkName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

const checkMemoLength = 250

func (o *Organization) decodeHost(c *call, self *host) (hostParam, error) {
	var in hostParam
	if err := c.decode(&in); err != nil {
		return in, err
	}
	if in.Name == "" {
		return in, refuse(http.StatusBadRequest, "a host needs a name")
	}
	if other := o.byCustomIdentifier(in.CustomIdentifier, false); other != nil && other != self {
		return in, refuse(http.StatusBadRequest, "customIdentifier is used by another host")
	}
	if in.Checks != nil {
		for _, check := range *in.Checks {
			if !checkName.MatchString(check.Name) {
				return in, refuse(http.StatusBadRequest, "the name of a check must match %s", checkName)
			}
			if utf8.RuneCountInString(check.Memo) > checkMemoLength {
				return in, refuse(http.StatusBadRequest, "the memo of a check is longer than %d characters", checkMemoLength)
			}
		}
	}
	return in, checkRoles(in.RoleFullnames)
}

// set overwrites a host with a body. Roles are only added, and made when
// absent. A check that the list lacks is forgotten, unless its alert is open;
// without a list (null) a switch decides.
func (o *Organization) set(h *host, in hostParam) {
	h.Name, h.displayName, h.CustomIdentifier, h.Memo = in.Name, in.DisplayName, in.CustomIdentifier, in.Memo
	h.meta, h.interfaces = in.Meta, in.Interfaces
	o.addRoles(h, in.RoleFullnames)
	if in.Checks == nil && !o.rules.NullChecksClear {
		return
	}
	h.Checks = nil
	if in.Checks != nil {
		for _, check := range *in.Checks {
			h.Checks = append(h.Checks, check.Name)
			o.check(checkKey{h.ID, check.Name}).memo = check.Memo
		}
	}
	for key, check := range o.checks {
		if key.host == h.ID && !slices.Contains(h.Checks, key.name) && check.alert == nil {
			delete(o.checks, key)
		}
	}
}

func (o *Organization) postHost(c *call) (any, error) {
	in, err := o.decodeHost(c, nil)
	if err != nil {
		return nil, err
	}
	h := &host{Host: Host{ID: o.newID(), Status: "working", CreatedAt: c.now}, number: len(o.hosts), roles: map[string]bool{}, metrics: series{}}
	o.hosts[h.ID] = h
	o.set(h, in)
	return map[string]string{"id": h.ID}, nil
}

// found is the host of the path.
func (o *Organization) found(c *call) (*host, error) {
	h := o.hosts[c.PathValue("host")]
	if h == nil {
		return nil, errNoHost
	}
	return h, nil
}

func (o *Organization) putHost(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	in, err := o.decodeHost(c, h)
	if err != nil {
		return nil, err
	}
	o.set(h, in)
	return map[string]string{"id": h.ID}, nil
}

func (o *Organization) getHost(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"host": h.json()}, nil
}

func (o *Organization) getHostByCustomIdentifier(c *call) (any, error) {
	h := o.byCustomIdentifier(c.PathValue("cid"), c.URL.Query().Get("caseInsensitive") == "true")
	if h == nil {
		return nil, errNoHost
	}
	return map[string]any{"host": h.json()}, nil
}

// byCustomIdentifier finds the host, not a retired one, of an identifier.
func (o *Organization) byCustomIdentifier(identifier string, fold bool) *host {
	for _, h := range o.hosts {
		same := h.CustomIdentifier == identifier || (fold && strings.EqualFold(h.CustomIdentifier, identifier))
		if identifier != "" && same && !h.Retired {
			return h
		}
	}
	return nil
}

func (o *Organization) getHosts(c *call) (any, error) {
	query := c.URL.Query()
	statuses := query["status"]
	if len(statuses) == 0 {
		statuses = []string{"working", "standby"}
	}
	list := []map[string]any{}
	for _, h := range o.sortedHosts() {
		if h.Retired || !slices.Contains(statuses, h.Status) || !h.in(query.Get("service"), query["role"]) ||
			(query.Get("name") != "" && query.Get("name") != h.Name) ||
			(query.Get("customIdentifier") != "" && query.Get("customIdentifier") != h.CustomIdentifier) {
			continue
		}
		list = append(list, h.json())
	}
	return map[string]any{"hosts": list}, nil
}

func (h *host) in(service string, roles []string) bool {
	if service == "" {
		return true
	}
	for fullname := range h.roles {
		s, role, _ := strings.Cut(fullname, ":")
		if s == service && (len(roles) == 0 || slices.Contains(roles, role)) {
			return true
		}
	}
	return false
}

func (h *host) json() map[string]any {
	roles := map[string][]string{}
	for _, fullname := range sortedKeys(h.roles) {
		service, role, _ := strings.Cut(fullname, ":")
		roles[service] = append(roles[service], role)
	}
	out := map[string]any{
		"id": h.ID, "name": h.Name, "status": h.Status, "memo": h.Memo, "size": "standard", "createdAt": h.CreatedAt.Unix(),
		"isRetired": h.Retired, "roles": roles, "meta": object(h.meta, "{}"), "interfaces": object(h.interfaces, "[]"),
	}
	if h.displayName != "" {
		out["displayName"] = h.displayName
	}
	if h.CustomIdentifier != "" {
		out["customIdentifier"] = h.CustomIdentifier
	}
	if h.Retired {
		out["retiredAt"] = h.retiredAt.Unix()
	}
	return out
}

func object(raw json.RawMessage, empty string) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage(empty)
	}
	return raw
}
