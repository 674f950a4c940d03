package standin

import (
	"net/http"
	"regexp"
	"strings"
)

// graphDef is how a graph of host metrics is drawn. Nothing draws it here.
type graphDef struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Metrics []struct {
		Name string `json:"name"`
	} `json:"metrics"`
}

const mostGraphDefs = 10_000

var graphName = regexp.MustCompile(`^custom(\.([-a-zA-Z0-9_]+|[*#]))+$`)

func graphUnits() []string {
	return []string{"", "float", "integer", "percentage", "seconds", "milliseconds", "bytes", "bytes/sec", "bits/sec", "iops"}
}

// postGraphDefs takes all definitions or none.
func (o *Organization) postGraphDefs(c *call) (any, error) {
	var defs []graphDef
	if err := c.decode(&defs); err != nil {
		return nil, err
	}
	for _, d := range defs {
		if err := d.validate(); err != nil {
			return nil, err
		}
	}
	if len(o.graphs)+len(defs) > mostGraphDefs {
		return nil, invalid("there are too many graph definitions")
	}
	for _, d := range defs {
		o.graphs[d.Name] = d
	}
	return success, nil
}

func (d graphDef) validate() error {
	if err := checkGraphName(d.Name); err != nil {
		return err
	}
	for _, m := range d.Metrics {
		if err := checkGraphName(m.Name); err != nil {
			return err
		}
		if !strings.HasPrefix(m.Name, d.Name+".") {
			return refuse(http.StatusBadRequest, "metric %s is not below its graph %s", m.Name, d.Name)
		}
	}
	return oneOf("unit", d.Unit, graphUnits()...)
}

func checkGraphName(name string) error {
	if !graphName.MatchString(name) || strings.Count(name, "#") > 1 {
		return refuse(http.StatusBadRequest, "the name of a graph or of its metric must match %s, with one # at most", graphName)
	}
	return nil
}

func (o *Organization) deleteGraphDef(c *call) (any, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if _, exists := o.graphs[in.Name]; !exists {
		return nil, invalid("there is no such graph definition")
	}
	delete(o.graphs, in.Name)
	return success, nil
}
