package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"prober/config"
	"prober/journal"
	"prober/mackerel/standin"
	"prober/probes/kinds"
)

// demoMinute is how long a minute of the story lasts.
const demoMinute = 5 * time.Second

// stage is what the demo plays on: targets, organizations and a prober.
type stage struct {
	dir                 string
	page                string // address of the prober's own
	targets             map[string]*port
	production, staging *organization
	prober              *daemon
	config              *config.Config
}

// theTargets are the services of the story, with their environments.
var theTargets = map[string]string{
	"login": "production", "search": "production", "checkout": "production", "api": "production", "database": "production",
	"login-staging": "staging", "search-staging": "staging", "api-staging": "staging",
}

func newStage() (s *stage, err error) {
	s = &stage{targets: map[string]*port{}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "prober-demo-"); err != nil {
		return s, err
	}
	for name := range theTargets {
		if s.targets[name], err = openPort(); err != nil {
			return s, err
		}
		go s.targets[name].greet()
	}
	page, err := openPort()
	if err != nil {
		return s, err
	}
	page.close() // for the prober to take
	s.page = page.address
	if s.production, err = newOrganization("production"); err != nil {
		return s, err
	}
	if s.staging, err = newOrganization("staging"); err != nil {
		return s, err
	}
	text := s.yaml()
	if s.config, err = config.Parse("demo.yaml", []byte(text), config.Options{Kinds: kinds.All()}); err != nil {
		return s, err
	}
	s.prober, err = newDaemon(s.config, journal.Options{Log: slog.New(slog.DiscardHandler), Minute: demoMinute})
	return s, err
}

func (s *stage) yaml() string {
	var text strings.Builder
	fmt.Fprintf(&text, `name: demo
listen: %s
data_dir: %q
mackerel:
  production: {api_key: key-production, api_base: %q, service: external}
  staging: {api_key: key-staging, api_base: %q, service: external}
environments:
  production: {report_to: [production, staging]}
  staging: {report_to: [production]}
defaults: {interval: 1s, timeout: 500ms, retry_interval: 1s, max_check_attempts: 2}
probes:
`, s.page, filepath.Join(s.dir, "data"), s.production.url, s.staging.url)
	for name, environment := range theTargets {
		fmt.Fprintf(&text, "  - {name: %s, environment: %s, tcp: {address: %q}, crit: {connect: 400ms}}\n", name, environment, s.targets[name].address)
	}
	return text.String()
}

func (s *stage) close() {
	for _, t := range s.targets {
		if t != nil {
			t.close()
		}
	}
	for _, o := range []*organization{s.production, s.staging} {
		if o != nil {
			_ = o.die()
		}
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir) // in the temporary directory, whose owner cleans up
	}
}

func (s *stage) off(name string) error {
	s.targets[name].close()
	return nil
}

func (s *stage) allOn() error {
	var wrong error
	for _, t := range s.targets {
		wrong = errors.Join(wrong, t.reopen())
	}
	return wrong
}

// allWell tells whether every check is known to be OK where it is told.
func (s *stage) allWell() bool {
	return s.production.fine() == len(s.config.Probes) && s.staging.fine() == len(s.config.Probes)-3
}

// standing is how things stand, in a line.
func (s *stage) standing() string {
	return fmt.Sprintf("production: %s · staging: %s, %d minutes wait", s.production.standing(), s.staging.standing(), s.waiting())
}

// waiting is how many closed minutes staging was not sent yet.
func (s *stage) waiting() int {
	position, known := s.prober.journal.Position(s.staging.name, "minutes")
	if !known {
		return 0
	}
	minutes, err := s.prober.journal.Minutes(time.Unix(position, 0), math.MaxInt)
	if err != nil {
		return 0
	}
	return len(minutes)
}

// account counts the points of closed minutes that o hears of, and those of
// them that it has.
func (s *stage) account(o *organization) (closed, received int, err error) {
	kept, err := journal.Open(s.config.DataDir, journal.Options{Minute: demoMinute})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	minutes, err := kept.Minutes(time.Unix(0, 0), math.MaxInt)
	if err != nil {
		return 0, 0, err
	}
	have := map[string]float64{}
	for _, p := range o.Points("external") {
		have[fmt.Sprint(p.Name, p.Time)] = p.Value
	}
	for _, m := range minutes {
		for _, series := range m.Series {
			for _, v := range series.Values {
				if !s.config.Hears(o.name, series.Environment) || !slices.Contains(series.Post, v.Name) {
					continue
				}
				closed++
				group := map[string]string{"seconds": "time", "ratio": "ratio"}[v.Unit.String()]
				if value, ok := have[fmt.Sprint(series.Probe, ".", group, ".", v.Name, m.Start.Unix())]; ok && value == v.Number {
					received++
				}
			}
		}
	}
	return closed, received, nil
}

// organization is a stand-in on a port, which can die and rise again without
// forgetting.
type organization struct {
	*standin.Organization
	name, url string
	port      *port
	server    *http.Server
}

func newOrganization(name string) (*organization, error) {
	port, err := openPort()
	if err != nil {
		return nil, err
	}
	rules := standin.DefaultRules()
	rules.Granularity, rules.PostsPerMinute = int64(demoMinute.Seconds()), 600
	o := &organization{Organization: standin.New(name, standin.WithRules(rules)), name: name, url: "http://" + port.address, port: port}
	o.serve()
	return o, nil
}

func (o *organization) serve() {
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: 10 * time.Second}
	server, listener := o.server, o.port.listener
	go func() { _ = server.Serve(listener) }() // ends when it is closed
}

func (o *organization) die() error { return o.server.Close() }

func (o *organization) rise() error {
	if err := o.port.reopen(); err != nil {
		return err
	}
	o.serve()
	return nil
}

func (o *organization) open(check string) bool {
	return slices.ContainsFunc(o.Alerts(), func(a standin.Alert) bool { return a.Check == check && a.ClosedAt.IsZero() })
}

func (o *organization) fine() int {
	fine := 0
	for _, c := range o.Checks() {
		if c.Status == "OK" {
			fine++
		}
	}
	return fine
}

func (o *organization) standing() string {
	checks := len(o.Checks())
	if bad := checks - o.fine(); bad > 0 {
		return fmt.Sprintf("%d of %d not OK", bad, checks)
	}
	return fmt.Sprintf("%d OK", checks)
}

// port is a port of loopback that can be closed and opened again.
type port struct {
	address string

	mu       sync.Mutex
	listener net.Listener
	closed   bool
}

// openPort takes a free port below the ephemeral range: of that, a client that
// dials a closed port again and again could be given the very same as its own.
func openPort() (*port, error) {
	for {
		l, err := listen(fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(22000)))
		if err == nil {
			return &port{address: l.Addr().String(), listener: l}, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
	}
}

func listen(address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
}

func (p *port) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	_ = p.listener.Close()
}

func (p *port) reopen() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.listener.Close()
	l, err := listen(p.address)
	if err != nil {
		return err
	}
	p.listener, p.closed = l, false
	return nil
}

// greet takes connections and ends them; a probe wants no more.
func (p *port) greet() {
	for {
		p.mu.Lock()
		listener, closed := p.listener, p.closed
		p.mu.Unlock()
		conn, err := listener.Accept()
		if err == nil {
			_ = conn.Close()
			continue
		}
		if closed {
			time.Sleep(100 * time.Millisecond)
		}
	}
}
