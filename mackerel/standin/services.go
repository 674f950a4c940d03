package standin

import (
	"maps"
	"net/http"
	"regexp"
	"strings"
)

// service is a service with its roles and metrics.
type service struct {
	name, memo string
	roles      map[string]string // memos by name
	metrics    series
	posted     []int64 // unix seconds of the POSTs in the last minute
}

type serviceJSON struct {
	Name  string   `json:"name"`
	Memo  string   `json:"memo"`
	Roles []string `json:"roles"`
}

// Services returns the names of all services.
func (o *Organization) Services() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return sortedKeys(o.services)
}

func (s *service) json() serviceJSON {
	return serviceJSON{s.name, s.memo, sortedKeys(s.roles)}
}

// 2–63 characters, the first one a letter or a digit.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,62}$`)

func (o *Organization) getOrg(*call) (any, error) {
	return map[string]any{"name": o.name, "displayName": nil}, nil
}

func (o *Organization) getServices(*call) (any, error) {
	list := []serviceJSON{}
	for _, name := range sortedKeys(o.services) {
		list = append(list, o.services[name].json())
	}
	return map[string]any{"services": list}, nil
}

func (o *Organization) postService(c *call) (any, error) {
	var in struct{ Name, Memo string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !serviceName.MatchString(in.Name) {
		return nil, refuse(http.StatusBadRequest, "the name of a service must match %s", serviceName)
	}
	if o.services[in.Name] != nil {
		return nil, refuse(http.StatusBadRequest, "a service of this name exists")
	}
	s := o.service(in.Name)
	s.memo = in.Memo
	return s.json(), nil
}

// service returns a service, which it makes when absent.
func (o *Organization) service(name string) *service {
	s := o.services[name]
	if s == nil {
		s = &service{name: name, roles: map[string]string{}, metrics: series{}}
		o.services[name] = s
	}
	return s
}

// foundService is the service of the path.
func (o *Organization) foundService(c *call) (*service, error) {
	s := o.services[c.PathValue("service")]
	if s == nil {
		return nil, errNoService
	}
	return s, nil
}

// deleteService takes all that is the service's with it.
func (o *Organization) deleteService(c *call) (any, error) {
	s, err := o.foundService(c)
	if err != nil {
		return nil, err
	}
	delete(o.services, s.name)
	maps.DeleteFunc(o.monitors, func(_ string, m monitor) bool { return m.is("service") && m.text("service") == s.name })
	maps.DeleteFunc(o.notes, func(_ string, a annotation) bool { return a.Service == s.name })
	for _, h := range o.hosts {
		for role := range h.roles {
			if strings.HasPrefix(role, s.name+":") {
				delete(h.roles, role)
			}
		}
	}
	return s.json(), nil
}
