package tcp

import (
	"errors"
	"net"

	"prober/probes"
	"prober/probes/dial"
)

// Kind is the tcp kind.
func Kind() probes.Kind {
	return probes.Kind{
		Name:     "tcp",
		Doc:      "connects to a TCP port and measures how long that takes",
		Settings: func() probes.Settings { return &Settings{} },
	}
}

// Settings is the tcp block of a probe.
type Settings struct {
	// Address is "host:port"; the first address of the host is probed.
	Address string `yaml:"address" doc:"\"host:port\"; the first address of the host is probed. Required."`
}

// Check implements [probes.Settings].
func (s *Settings) Check(bad func(path, problem string)) {
	if s.Address == "" {
		bad("", `needs "address", such as address: "api.example.com:443"`)
	} else if _, _, err := dial.SplitHostPort(s.Address); err != nil {
		// Not the address itself: a variable in it may be a secret.
		why := err.Error()
		if wrong, ok := errors.AsType[*net.AddrError](err); ok {
			why = wrong.Err
		}
		bad("address", why+`; write it as "host:port", such as "api.example.com:443"`)
	}
}

// Values implements [probes.Settings].
func (s *Settings) Values() []probes.ValueSpec {
	return []probes.ValueSpec{
		{Name: "connect", Unit: probes.Seconds, Worse: probes.Higher, Doc: "from SYN to SYN-ACK"},
		{Name: "resolve", Unit: probes.Seconds, Worse: probes.Higher, Optional: true, Doc: "looking the name up; absent for a literal address"},
	}
}

// Build implements [probes.Settings].
func (s *Settings) Build(env probes.Env) (probes.Probe, error) {
	return &probe{address: s.Address, dialer: env.Dialer}, nil
}
