package standin

import (
	"testing"

	api "github.com/mackerelio/mackerel-client-go"
)

func TestGraphDefinitions(t *testing.T) {
	f := newFixture(t)
	def := func(name, unit, metric string) *api.GraphDefsParam {
		return &api.GraphDefsParam{Name: name, Unit: unit, Metrics: []*api.GraphDefsMetric{{Name: metric}}}
	}
	good := def("custom.prober.#", "seconds", "custom.prober.#.late")
	for _, bad := range []*api.GraphDefsParam{
		def("prober", "seconds", "prober.late"),
		def("custom.prober", "furlongs", "custom.prober.late"),
		def("custom.prober", "seconds", "custom.other.late"),
		def("custom.#.#", "seconds", "custom.#.#.late"),
		def("custom.a b", "seconds", "custom.a b.late"),
	} {
		f.wantStatus(f.client.CreateGraphDefs([]*api.GraphDefsParam{good, bad}), 400)
	}
	f.wantStatus(f.client.DeleteGraphDef(good.Name), 400)
	f.ok(f.client.CreateGraphDefs([]*api.GraphDefsParam{good}))
	f.ok(f.client.DeleteGraphDef(good.Name))
	f.wantStatus(f.client.DeleteGraphDef(good.Name), 400)
}
