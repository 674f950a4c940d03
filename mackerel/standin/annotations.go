package standin

import (
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// annotation is one of the graphs of a service.
type annotation struct {
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	From        int64    `json:"from"`
	To          int64    `json:"to"`
	Service     string   `json:"service"`
	Roles       []string `json:"roles,omitempty"` // without their service
}

const (
	titleLength       = 250
	descriptionLength = 1024
	mostAnnotations   = 10_000
)

// getAnnotations returns those that touch a time.
func (o *Organization) getAnnotations(c *call) (any, error) {
	query := c.URL.Query()
	from, err1 := strconv.ParseInt(query.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(query.Get("to"), 10, 64)
	service := query.Get("service")
	switch {
	case err1 != nil || err2 != nil || service == "":
		return nil, invalid("service, from and to are needed")
	case o.services[service] == nil:
		return nil, errNoService
	}
	list := []annotation{}
	for _, id := range sortedKeys(o.notes) {
		if a := o.notes[id]; a.Service == service && a.From <= to && from <= a.To {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(a, b annotation) int { return int(a.From - b.From) })
	return map[string]any{"graphAnnotations": list}, nil
}

func (o *Organization) postAnnotation(c *call) (any, error) {
	a, err := o.decodeAnnotation(c)
	if err != nil {
		return nil, err
	}
	if len(o.notes) >= mostAnnotations {
		return nil, invalid("there are too many annotations")
	}
	a.ID = o.newID()
	o.notes[a.ID] = a
	return a, nil
}

func (o *Organization) putAnnotation(c *call) (any, error) {
	old, err := o.foundAnnotation(c)
	if err != nil {
		return nil, err
	}
	a, err := o.decodeAnnotation(c)
	if err != nil {
		return nil, err
	}
	a.ID = old.ID
	o.notes[a.ID] = a
	return a, nil
}

func (o *Organization) deleteAnnotation(c *call) (any, error) {
	a, err := o.foundAnnotation(c)
	if err != nil {
		return nil, err
	}
	delete(o.notes, a.ID)
	return a, nil
}

func (o *Organization) foundAnnotation(c *call) (annotation, error) {
	a, ok := o.notes[c.PathValue("id")]
	if !ok {
		return a, refuse(http.StatusNotFound, "graph annotation not found")
	}
	return a, nil
}

func (o *Organization) decodeAnnotation(c *call) (annotation, error) {
	var a annotation
	if err := c.decode(&a); err != nil {
		return a, err
	}
	switch {
	case a.Title == "" || utf8.RuneCountInString(a.Title) > titleLength:
		return a, refuse(http.StatusBadRequest, "title must have 1 to %d characters", titleLength)
	case utf8.RuneCountInString(a.Description) > descriptionLength:
		return a, refuse(http.StatusBadRequest, "description is longer than %d characters", descriptionLength)
	case a.From > a.To:
		return a, invalid("from is after to")
	case o.services[a.Service] == nil:
		return a, errNoService
	}
	for _, role := range a.Roles {
		if !o.hasRoles([]string{a.Service + ":" + role}) {
			return a, refuse(http.StatusNotFound, "role not found")
		}
	}
	return a, nil
}
