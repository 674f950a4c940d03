// Package dial opens connections for the kinds that need one, measures each
// phase, and tells whose fault a failure is: the target's (a
// [*probes.Failure] in the observation) or this machine's (an error, which
// becomes UNKNOWN).
package dial

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"time"

	"prober/probes"
)

// System dials with this machine's resolver and kernel.
type System struct {
	resolver net.Resolver
	dialer   net.Dialer
}

// NewSystem returns a dialer whose connections carry no keep-alive: a probe is
// over long before one is due.
func NewSystem() *System {
	return &System{dialer: net.Dialer{KeepAlive: -1}}
}

// Resolve implements [probes.Dialer]. The order is that of RFC 6724, so that
// an address family without a route comes last.
func (s *System) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := s.resolver.LookupNetIP(ctx, "ip", host)
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// Connect implements [probes.Dialer].
func (s *System) Connect(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	return s.dialer.DialContext(ctx, "tcp", addr.String())
}

// Opened is an open connection and what it took to get it. The caller closes
// Conn.
type Opened struct {
	Conn    net.Conn
	Addr    netip.AddrPort
	Resolve time.Duration // zero for a literal address
	Connect time.Duration // SYN sent to SYN-ACK seen
}

// Open connects to the first address of "host:port". A failure of the target's
// is the second result, one of this machine's the third.
func Open(ctx context.Context, d probes.Dialer, address string) (Opened, *probes.Failure, error) {
	host, port, err := SplitHostPort(address)
	if err != nil {
		return Opened{}, nil, err
	}
	var o Opened
	addr, err := netip.ParseAddr(host)
	if err != nil {
		began := time.Now()
		addrs, err := d.Resolve(ctx, host)
		if o.Resolve = time.Since(began); err != nil {
			failure, err := blameResolve(host, err)
			return o, failure, err
		}
		addr = addrs[0]
	}
	o.Addr = netip.AddrPortFrom(addr, port)
	began := time.Now()
	o.Conn, err = d.Connect(ctx, o.Addr)
	if o.Connect = time.Since(began); err != nil {
		failure, err := blameConnect(o.Addr, o.Connect, err)
		return o, failure, err
	}
	return o, nil, nil
}

// SplitHostPort splits "host:port" and checks both: a host that is not empty,
// a port from 1 to 65535.
func SplitHostPort(address string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 {
		return "", 0, &net.AddrError{Err: "port must be a number from 1 to 65535", Addr: address}
	}
	if host == "" {
		return "", 0, &net.AddrError{Err: "missing host", Addr: address}
	}
	return host, uint16(n), nil
}
