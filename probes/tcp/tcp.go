// Package tcp is the kind that connects to a TCP port, such as an NLB's.
package tcp

import (
	"context"

	"prober/probes"
	"prober/probes/dial"
)

type probe struct {
	address string
	dialer  probes.Dialer
}

// Run connects once and closes.
func (p *probe) Run(ctx context.Context) (probes.Observation, error) {
	opened, failure, err := dial.Open(ctx, p.dialer, p.address)
	if err != nil {
		return probes.Observation{}, err
	}
	var o probes.Observation
	if opened.Resolve > 0 {
		o.Values = append(o.Values, probes.Value{Name: "resolve", Number: opened.Resolve.Seconds()})
	}
	if failure != nil {
		o.Failure = failure
		return o, nil
	}
	o.Values = append(o.Values, probes.Value{Name: "connect", Number: opened.Connect.Seconds()})
	// The measurement is over; what Close says changes nothing about it.
	_ = opened.Conn.Close()
	return o, nil
}
