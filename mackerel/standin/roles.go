package standin

import (
	"net/http"
	"slices"
	"strings"
)

type roleJSON struct {
	Name string `json:"name"`
	Memo string `json:"memo"`
}

func (o *Organization) getRoles(c *call) (any, error) {
	s, err := o.foundService(c)
	if err != nil {
		return nil, err
	}
	list := []roleJSON{}
	for _, name := range sortedKeys(s.roles) {
		list = append(list, roleJSON{name, s.roles[name]})
	}
	return map[string]any{"roles": list}, nil
}

func (o *Organization) postRole(c *call) (any, error) {
	s, err := o.foundService(c)
	if err != nil {
		return nil, err
	}
	var in roleJSON
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !serviceName.MatchString(in.Name) {
		return nil, refuse(http.StatusBadRequest, "the name of a role must match %s", serviceName)
	}
	if _, exists := s.roles[in.Name]; exists {
		return nil, refuse(http.StatusBadRequest, "a role of this name exists")
	}
	s.roles[in.Name] = in.Memo
	return in, nil
}

func (o *Organization) deleteRole(c *call) (any, error) {
	s, err := o.foundService(c)
	if err != nil {
		return nil, err
	}
	name := c.PathValue("role")
	memo, exists := s.roles[name]
	if !exists {
		return nil, refuse(http.StatusNotFound, "role not found")
	}
	delete(s.roles, name)
	for _, h := range o.hosts {
		delete(h.roles, s.name+":"+name)
	}
	return roleJSON{name, memo}, nil
}

// hasRoles tells whether all of these "service:role" exist.
func (o *Organization) hasRoles(fullnames []string) bool {
	return !slices.ContainsFunc(fullnames, func(fullname string) bool {
		service, role, _ := splitRole(fullname)
		if s := o.services[service]; s != nil {
			_, exists := s.roles[role]
			return !exists
		}
		return true
	})
}

// splitRole reads "service:role", which the real API also writes as
// "service: role".
func splitRole(fullname string) (service, role string, ok bool) {
	service, role, ok = strings.Cut(fullname, ":")
	return service, strings.TrimPrefix(role, " "), ok
}

// putHostRoles replaces the roles of a host.
func (o *Organization) putHostRoles(c *call) (any, error) {
	h, err := o.found(c)
	if err != nil {
		return nil, err
	}
	var in struct{ RoleFullnames []string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkRoles(in.RoleFullnames); err != nil {
		return nil, err
	}
	clear(h.roles)
	o.addRoles(h, in.RoleFullnames)
	return success, nil
}

func checkRoles(fullnames []string) error {
	for _, fullname := range fullnames {
		service, role, ok := splitRole(fullname)
		if !ok || !serviceName.MatchString(service) || !serviceName.MatchString(role) {
			return refuse(http.StatusBadRequest, "%q is not a role: service:role", fullname)
		}
	}
	return nil
}

// addRoles gives a host roles, which it makes when absent.
func (o *Organization) addRoles(h *host, fullnames []string) {
	for _, fullname := range fullnames {
		service, role, _ := splitRole(fullname)
		memos := o.service(service).roles
		memos[role] += "" // made when absent
		h.roles[service+":"+role] = true
	}
}
