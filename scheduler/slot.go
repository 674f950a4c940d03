package scheduler

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// phase is where in its interval a probe runs. It is a hash of the name: the
// same after a restart and a reload, and evenly spread whatever the names look
// like (FNV's high bits are not, for names that differ in their last digits).
func phase(name string, interval time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(name))
	return time.Duration(binary.BigEndian.Uint64(sum[:8]) % uint64(interval))
}

// nextSlot is the first slot strictly after t.
func nextSlot(t time.Time, interval, phase time.Duration) time.Time {
	sincePhase := time.Duration(t.UnixNano()) - phase
	into := sincePhase % interval
	if into < 0 {
		into += interval
	}
	return t.Add(interval - into)
}
