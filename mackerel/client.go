package mackerel

import (
	"errors"
	"io"
	"net/http"
	"time"

	api "github.com/mackerelio/mackerel-client-go"
)

const (
	defaultBase = "https://api.mackerelio.com"
	// No answer of the API that we ask for comes near this.
	maxAnswer      = 8 << 20
	requestTimeout = 10 * time.Second
)

// newClient returns a client for one destination.
func newClient(d Destination, transport http.RoundTripper) (*api.Client, error) {
	base := d.APIBase
	if base == "" {
		base = defaultBase
	}
	client, err := api.NewClientWithOptions(d.APIKey, base, false)
	if err != nil {
		return nil, err
	}
	client.UserAgent = "prober"
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 4, IdleConnTimeout: 2 * time.Minute, ForceAttemptHTTP2: true}
	}
	client.HTTPClient = &http.Client{
		Transport: limited{transport},
		Timeout:   requestTimeout,
		// The client would turn a redirected POST into a GET, take its 200 for
		// success, and send the key to the other host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client, nil
}

// limited bounds how much of an answer is read.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// statusOf is the HTTP status of an API error, 0 for any other error.
func statusOf(err error) int {
	if refused, ok := errors.AsType[*api.APIError](err); ok {
		return refused.StatusCode
	}
	return 0
}
