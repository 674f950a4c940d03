package standin

import (
	"strings"
	"sync"
)

// SetFault makes o misbehave; the zero Fault heals it. Requests that hang are
// let go.
func (o *Organization) SetFault(f Fault) { o.fault.set(f) }

// Fault is the fault in force.
func (o *Organization) Fault() Fault {
	o.fault.mu.Lock()
	defer o.fault.mu.Unlock()
	return o.fault.fault
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

// meet returns the fault that a request to a path meets, and when it is over.
func (s *faults) meet(path string) (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fault
	if f.healthy() || !strings.Contains(path, f.Path) {
		return Fault{}, nil
	}
	// A fault that is used up is over for the next request, but a request
	// that hangs still waits for somebody to lift it.
	if f.Remaining > 0 {
		if s.fault.Remaining--; s.fault.Remaining == 0 {
			s.fault = Fault{}
		}
	}
	return f, s.lifted
}
