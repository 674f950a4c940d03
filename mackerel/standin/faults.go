package standin

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// FaultMode is a way to misbehave.
type FaultMode string

// The ways. "Taken" says whether the request has its effect all the same.
const (
	Healthy    FaultMode = "healthy"     // the zero Fault is healthy, too
	Status     FaultMode = "status"      // answer Code with an error body; not taken
	Slow       FaultMode = "slow"        // answer after Delay; taken
	Hang       FaultMode = "hang"        // never answer; not taken
	Reset      FaultMode = "reset"       // close the connection; not taken
	ResetAfter FaultMode = "reset_after" // close the connection; taken
	Empty      FaultMode = "empty"       // 200 without a body; taken
	HTML       FaultMode = "html"        // Code with a page of some edge server; not taken
	Redirect   FaultMode = "redirect"    // 302 to Location; not taken
	WrongKey   FaultMode = "wrong_key"   // as if the key were wrong; not taken
)

// A Fault is how an organization misbehaves, on all requests or some.
type Fault struct {
	Mode       FaultMode     `json:"mode"`
	Code       int           `json:"code,omitempty"`        // of Status and HTML; 0 is 500
	Delay      time.Duration `json:"delay,omitempty"`       // of Slow, in nanoseconds
	Location   string        `json:"location,omitempty"`    // of Redirect
	RetryAfter string        `json:"retry_after,omitempty"` // a header for Status, when not empty
	Path       string        `json:"path,omitempty"`        // only requests whose path contains it
	Remaining  int           `json:"remaining,omitempty"`   // how many requests; 0: until it is lifted
}

// SetFault makes o misbehave; the zero Fault heals it.
func (o *Organization) SetFault(f Fault) { o.fault.set(f) }

// Fault is the fault in force.
func (o *Organization) Fault() Fault {
	f, _ := o.fault.get()
	return f
}

// faults keep the fault in force. The zero value is healthy.
type faults struct {
	mu     sync.Mutex
	fault  Fault
	lifted chan struct{} // closed when fault is replaced
}

func (s *faults) set(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lifted != nil {
		close(s.lifted)
	}
	s.fault, s.lifted = f, make(chan struct{})
}

func (s *faults) get() (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault, s.lifted
}

// use is the fault that a request meets.
func (s *faults) use(path string) (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.Mode == "" || f.Mode == Healthy || !strings.Contains(path, f.Path) {
		return Fault{Mode: Healthy}, nil
	}
	if f.Remaining > 0 {
		if s.fault.Remaining--; s.fault.Remaining == 0 {
			s.fault = Fault{}
		}
	}
	return f, s.lifted
}

// meet answers a request as the fault in force says. do has the effect of the
// request, if it is taken, and returns the right answer.
func (s *faults) meet(w http.ResponseWriter, r *http.Request, do func(fault string, taken bool) (int, []byte)) {
	f, lifted := s.use(r.URL.Path)
	name := string(f.Mode)
	switch f.Mode {
	case Slow, ResetAfter, Empty:
		status, body := do(name, true)
		switch f.Mode {
		case Slow:
			wait(r, time.After(f.Delay), nil)
			write(w, status, "application/json", body)
		case ResetAfter:
			panic(http.ErrAbortHandler)
		default:
			write(w, status, "application/json", nil)
		}
		return
	case Healthy:
		status, body := do("", true)
		write(w, status, "application/json", body)
		return
	}
	do(name, false)
	code := f.Code
	if code == 0 {
		code = http.StatusInternalServerError
	}
	switch f.Mode {
	case Hang:
		wait(r, nil, lifted)
		panic(http.ErrAbortHandler)
	case Reset:
		panic(http.ErrAbortHandler)
	case Redirect:
		http.Redirect(w, r, f.Location, http.StatusFound)
	case HTML:
		write(w, code, "text/html", fmt.Appendf(nil, "<html><body><h1>%d %s</h1></body></html>", code, http.StatusText(code)))
	case WrongKey:
		status, body := errorBody(errBadKey)
		write(w, status, "application/json", body)
	default:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		status, body := errorBody(&apiError{code, http.StatusText(code)})
		write(w, status, "application/json", body)
	}
}

func wait(r *http.Request, after <-chan time.Time, lifted <-chan struct{}) {
	select {
	case <-after:
	case <-lifted:
	case <-r.Context().Done():
	}
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
