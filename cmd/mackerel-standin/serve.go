package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"prober/mackerel/standin"
)

// patience is how long requests may take to end when the process is told to.
const patience = time.Second

// serve calls ready with the URL, and serves until ctx ends.
func serve(ctx context.Context, listen string, o *standin.Organization, ready func(url string)) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("%w; --listen takes another address", err)
	}
	server := &http.Server{Handler: o, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 5 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	ready("http://" + listener.Addr().String())
	select {
	case err = <-ended:
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	stop(context.WithoutCancel(ctx), server, o)
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving %s: %w", listener.Addr(), err)
	}
	return nil
}

// stop ends a server, although requests may hang: it lifts the fault first,
// and cuts what is still open after a while.
func stop(ctx context.Context, server *http.Server, o *standin.Organization) {
	o.SetFault(standin.Fault{})
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // closing twice is all that can fail
	}
}

// loopbackOnly refuses other addresses unless they are asked for.
func loopbackOnly(listen string, anywhere bool) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w; it is HOST:PORT, as 127.0.0.1:18080", listen, err)
	}
	addr, err := netip.ParseAddr(host)
	if !anywhere && host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return fmt.Errorf("--listen %s is not a loopback address; the control API has no key, so say --listen-anywhere if you mean it", listen)
	}
	return nil
}
