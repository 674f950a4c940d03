package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"prober/internal/loopback"
	"prober/probes"
	"prober/probes/dial"
)

func TestOpenPortMeasuresConnect(t *testing.T) {
	l := loopback.Listen(t)
	o, err := run(t, dial.NewSystem(), l.Addr().String(), time.Second)
	if err != nil || o.Failure != nil {
		t.Fatalf("failure %v, error %v", o.Failure, err)
	}
	if len(o.Values) != 1 || o.Values[0].Name != "connect" || o.Values[0].Number <= 0 {
		t.Errorf("values %v, want a connect time and, for a literal address, no resolve time", o.Values)
	}
}

func TestNameIsResolvedFirst(t *testing.T) {
	_, port, _ := net.SplitHostPort(loopback.Listen(t).Addr().String())
	o, err := run(t, onLoopback{dial.NewSystem()}, "target.test:"+port, time.Second)
	if err != nil || o.Failure != nil || len(o.Values) != 2 {
		t.Fatalf("observation %+v, error %v; want resolve and connect", o, err)
	}
}

func TestRefusedPort(t *testing.T) {
	l := loopback.Listen(t)
	_ = l.Close()
	wantFailure(t, dial.NewSystem(), l.Addr().String(), probes.ConnectRefused)
}

// A listener whose queue is full drops the SYN, as a firewall does.
func TestSilentPortTimesOut(t *testing.T) {
	wantFailure(t, dial.NewSystem(), deafPort(t), probes.ConnectTimeout)
}

func TestWhoseFaultItIs(t *testing.T) {
	for _, test := range []struct {
		err    error
		reason probes.Reason
		own    bool
	}{
		{syscall.EHOSTUNREACH, probes.ConnectUnreachable, false},
		{syscall.ECONNRESET, probes.ConnectReset, false},
		{syscall.ETIMEDOUT, probes.ConnectTimeout, false},
		{syscall.ENETUNREACH, probes.SelfNetwork, true},
		{syscall.EADDRNOTAVAIL, probes.SelfNetwork, true},
		{syscall.EACCES, probes.SelfNetwork, true},
		{syscall.EMFILE, probes.SelfOverload, true},
		{&net.DNSError{IsNotFound: true}, probes.ResolveNXDomain, false},
		{&net.DNSError{IsTimeout: true}, probes.SelfResolver, true},
		{&net.DNSError{Err: "server misbehaving"}, probes.SelfResolver, true},
	} {
		o, err := run(t, failing{test.err}, "target.test:443", time.Second)
		var got *probes.Failure
		if !errors.As(err, &got) {
			got = o.Failure
		}
		if got == nil || got.Reason != test.reason || (err != nil) != test.own {
			t.Errorf("%v: failure %v, error %v; want %s, own %v", test.err, o.Failure, err, test.reason, test.own)
		}
	}
}

func TestBadAddressesAreRefused(t *testing.T) {
	for _, address := range []string{"", "host", "host:", ":443", "host:0", "host:65536", "host:https", "::1:443"} {
		problems := 0
		(&Settings{Address: address}).Check(func(string, string) { problems++ })
		if problems != 1 {
			t.Errorf("%q: %d problems, want 1", address, problems)
		}
	}
}

func run(t *testing.T, dialer probes.Dialer, address string, timeout time.Duration) (probes.Observation, error) {
	t.Helper()
	p, err := (&Settings{Address: address}).Build(probes.Env{Dialer: dialer})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return p.Run(ctx)
}

func wantFailure(t *testing.T, dialer probes.Dialer, address string, want probes.Reason) {
	t.Helper()
	o, err := run(t, dialer, address, 200*time.Millisecond)
	if err != nil || o.Failure == nil || o.Failure.Reason != want {
		t.Fatalf("failure %v, error %v; want %s", o.Failure, err, want)
	}
}

// deafPort returns a port that answers no SYN: its listen queue is full.
func deafPort(t *testing.T) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	address := loopback.Address(loopback.Bind(t, func(port int) error {
		return syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}))
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 16 {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			return address
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
	t.Fatal("the listen queue does not fill up")
	return ""
}

// onLoopback resolves every name to 127.0.0.1.
type onLoopback struct{ *dial.System }

func (onLoopback) Resolve(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// failing resolves to a documentation address, and then fails as told.
type failing struct{ err error }

func (f failing) Resolve(context.Context, string) ([]netip.Addr, error) {
	if dns, ok := f.err.(*net.DNSError); ok {
		return nil, dns
	}
	return []netip.Addr{netip.MustParseAddr("203.0.113.7")}, nil
}

func (f failing) Connect(context.Context, netip.AddrPort) (net.Conn, error) {
	return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", f.err.(syscall.Errno))}
}
