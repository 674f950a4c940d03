package mackerel

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// A service's POSTs are at least this far apart: Mackerel limits them per
	// minute, and does not say how many.
	minutesGap = 2 * time.Second
	eventsGap  = time.Second
	// maxWait is the longest a destination that failed is left alone.
	maxWait      = time.Minute
	lastTryLasts = 2 * time.Second
)

// A feed knows what its destination has to be told next.
type feed interface {
	// next returns the requests that bring the destination up to date with
	// the next part of the journal, in order, and what to do once all of them
	// were accepted. Without requests, again says when to ask anew although
	// nothing was added to the journal; 0 is never.
	next(now time.Time) (requests []request, accepted func(), again time.Duration, err error)
}

// A request is one call of the API.
type request func(context.Context) error

// A state does its part and returns the state that follows, nil at the end.
type state func(context.Context) state

// stream delivers one feed to one destination.
type stream struct {
	name    string
	gap     time.Duration
	feed    feed
	journal Journal
	gate    *gate // shared by the streams of a destination
	log     *slog.Logger

	patience *backoff.ExponentialBackOff
	failing  bool
	requests []request
	accepted func()

	mu       sync.Mutex
	standing Standing
}

// A Standing is how a stream of a destination stands.
type Standing struct {
	Stream       string    // "minutes", "events"
	Accepted     time.Time // when the API took something last; zero: not since the start
	FailingSince time.Time // zero: it is not failing
	LastError    string    // the newest, kept when it is over
}

func (s *stream) stands(change func(*Standing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.standing)
}

func (s *stream) run(ctx context.Context) {
	s.log = s.log.With("stream", s.name)
	s.patience = backoff.NewExponentialBackOff()
	s.patience.InitialInterval, s.patience.Multiplier, s.patience.MaxInterval = time.Second, 2, maxWait
	for state := s.planning; state != nil; {
		state = state(ctx)
	}
	s.lastTry(ctx)
}

// lastTry hands over what is left when the prober stops, once.
func (s *stream) lastTry(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTryLasts)
	defer cancel()
	requests, accepted, _, err := s.feed.next(time.Now())
	if err != nil || len(requests) == 0 {
		return
	}
	for _, request := range requests {
		if request(ctx) != nil {
			return // kept in the journal for the next start
		}
	}
	accepted()
}

// planning asks what is to be told next.
func (s *stream) planning(ctx context.Context) state {
	if ctx.Err() != nil {
		return nil
	}
	if s.gate.wait(time.Now()) > 0 {
		return s.after(0, s.planning)
	}
	changed := s.journal.Changed()
	requests, accepted, again, err := s.feed.next(time.Now())
	if err != nil {
		return s.failed(err)
	}
	if len(requests) == 0 {
		return s.idle(changed, again)
	}
	s.requests, s.accepted = requests, accepted
	return s.delivering
}

// idle waits until the journal grew.
func (s *stream) idle(changed <-chan struct{}, again time.Duration) state {
	return func(ctx context.Context) state {
		var later <-chan time.Time
		if again > 0 {
			later = time.After(again)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-later:
		}
		return s.planning
	}
}

// delivering makes the next request of the plan.
func (s *stream) delivering(ctx context.Context) state {
	if err := s.requests[0](ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return s.failed(err)
	}
	s.recovered()
	if s.requests = s.requests[1:]; len(s.requests) > 0 {
		return s.after(s.gap, s.delivering)
	}
	s.accepted()
	return s.after(s.gap, s.planning)
}

// failed gives the plan up, since by the time the destination is back there
// will be a newer one, and waits.
func (s *stream) failed(err error) state {
	wait := s.patience.NextBackOff()
	switch statusOf(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		wait = maxWait
		s.gate.shut(time.Now().Add(wait))
	case http.StatusTooManyRequests:
		wait = max(wait, maxWait/2)
	}
	s.stands(func(now *Standing) {
		now.LastError = err.Error()
		if !s.failing {
			now.FailingSince = time.Now()
		}
	})
	if !s.failing {
		s.failing = true
		s.log.Warn("delivery fails; everything is kept and tried again", "error", err, "wait", wait.Round(time.Millisecond).String())
	}
	return s.after(min(wait, maxWait), s.planning)
}

func (s *stream) recovered() {
	s.patience.Reset()
	s.stands(func(now *Standing) { now.Accepted, now.FailingSince = time.Now(), time.Time{} })
	if s.failing {
		s.failing = false
		s.log.Info("delivery works again")
	}
}

// after waits, for as long as the gate is shut if that is longer.
func (s *stream) after(wait time.Duration, then state) state {
	return func(ctx context.Context) state {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(wait, s.gate.wait(time.Now()))):
			return then
		}
	}
}

// gate is shut for a while when the destination rejects our key: neither
// stream has anything to gain from asking before it opens. Only time opens it,
// since a request of the other stream may have been under way.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

func (g *gate) shut(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = until
}

func (g *gate) wait(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.until.Sub(now)
}
