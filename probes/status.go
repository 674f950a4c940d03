package probes

import "fmt"

// Status says how well a target does. Statuses are ordered by badness, so that
// max picks the worst: Pending < OK < Warning < Unknown < Critical. UNKNOWN is
// milder than CRITICAL since it says "we could not measure".
type Status uint8

// The statuses. The zero value is Pending: no result yet.
const (
	Pending Status = iota
	OK
	Warning
	Unknown
	Critical
)

var statusNames = [...]string{"PENDING", "OK", "WARNING", "UNKNOWN", "CRITICAL"}

// String returns the status as Mackerel, Nagios and our JSON spell it.
func (s Status) String() string {
	if int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", uint8(s))
	}
	return statusNames[s]
}

// MarshalText implements [encoding.TextMarshaler].
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]; only the spellings of
// [Status.String] are taken.
func (s *Status) UnmarshalText(text []byte) error {
	for i, name := range statusNames {
		if name == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("status %q is none of OK, WARNING, UNKNOWN, CRITICAL, PENDING", text)
}
