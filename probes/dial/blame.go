package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"prober/probes"
)

// blameResolve tells the target's fault (the name has no address) from the
// resolver's. A resolver that does not answer says nothing of the target.
func blameResolve(host string, err error) (*probes.Failure, error) {
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return &probes.Failure{Reason: probes.ResolveNXDomain, Detail: host + " has no address: no such host"}, nil
	}
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	return nil, &probes.Failure{Reason: probes.SelfResolver, Detail: fmt.Sprintf("could not resolve %s: %v", host, err)}
}

// Errors that this kernel makes before a packet left; never the target's.
var (
	ownNetwork  = []syscall.Errno{syscall.ENETUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.ENOBUFS, syscall.EACCES, syscall.EPERM, syscall.EAFNOSUPPORT}
	ownOverload = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EAGAIN}
)

func blameConnect(addr netip.AddrPort, took time.Duration, err error) (*probes.Failure, error) {
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	after := probes.Seconds.Format(took.Seconds())
	fault := func(reason probes.Reason, what string) (*probes.Failure, error) {
		return &probes.Failure{Reason: reason, Detail: fmt.Sprintf("%s %s after %s", addr, what, after)}, nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return fault(probes.ConnectTimeout, "did not answer")
	}
	var errno syscall.Errno
	errors.As(err, &errno)
	switch {
	case errno == syscall.ETIMEDOUT:
		return fault(probes.ConnectTimeout, "did not answer")
	case errno == syscall.ECONNREFUSED:
		return fault(probes.ConnectRefused, "refused")
	case errno == syscall.EHOSTUNREACH:
		return fault(probes.ConnectUnreachable, "is unreachable")
	case errno == syscall.ECONNRESET || errno == syscall.ECONNABORTED:
		return fault(probes.ConnectReset, "reset the connection")
	case slices.Contains(ownOverload, errno):
		return nil, &probes.Failure{Reason: probes.SelfOverload, Detail: fmt.Sprintf("could not connect to %s: %v", addr, errno)}
	case slices.Contains(ownNetwork, errno):
		return nil, &probes.Failure{Reason: probes.SelfNetwork, Detail: fmt.Sprintf("could not connect to %s: %v", addr, errno)}
	}
	return nil, &probes.Failure{Reason: probes.SelfNetwork, Detail: fmt.Sprintf("could not connect to %s: %v", addr, err)}
}
