// Package loopback gives tests their listeners: on 127.0.0.1, on free ports
// below the ephemeral range. A client that keeps dialling a port of that range
// after its server stopped can be given the same port as its own, and then
// connects to itself.
package loopback

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"syscall"
	"testing"
)

// Bind calls bind with ports of 127.0.0.1 until one is free.
func Bind(tb testing.TB, bind func(port int) error) int {
	tb.Helper()
	for range 1000 {
		port := 10000 + rand.IntN(32768-10000)
		err := bind(port)
		if err == nil {
			return port
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			tb.Fatal(err)
		}
	}
	tb.Fatal("no free port below 32768")
	return 0
}

// Listen returns a listener that is closed when the test ends.
func Listen(tb testing.TB) net.Listener {
	tb.Helper()
	var l net.Listener
	Bind(tb, func(port int) (err error) {
		l, err = net.Listen("tcp", Address(port))
		return err
	})
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

// Serve returns a running HTTP server that is closed when the test ends.
func Serve(tb testing.TB, handler http.Handler) *httptest.Server {
	tb.Helper()
	s := &httptest.Server{Listener: Listen(tb), Config: &http.Server{Handler: handler}}
	s.Start()
	tb.Cleanup(s.Close)
	return s
}

// Address is "127.0.0.1:port".
func Address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
