package probes

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Unit is what a number counts. Durations are kept in seconds.
type Unit uint8

// The units. The zero value is a plain number.
const (
	Number Unit = iota
	Seconds
	Bytes
	Days
	Ratio // 0–1
	Count
)

var unitNames = [...]string{"number", "seconds", "bytes", "days", "ratio", "count"}

func (u Unit) String() string {
	if int(u) >= len(unitNames) {
		return fmt.Sprintf("Unit(%d)", uint8(u))
	}
	return unitNames[u]
}

// MarshalText implements [encoding.TextMarshaler].
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (u *Unit) UnmarshalText(text []byte) error {
	for i, name := range unitNames {
		if name == string(text) {
			*u = Unit(i)
			return nil
		}
	}
	return fmt.Errorf("unknown unit %q", text)
}

// Format writes n for a person, in the unit's own style and with no more
// digits than one can read at night: "12 ms", "3.4 s", "64 MiB", "98 %".
func (u Unit) Format(n float64) string {
	switch u {
	case Seconds:
		return formatSeconds(n)
	case Bytes:
		return formatBytes(n)
	case Days:
		return strconv.FormatFloat(n, 'f', 1, 64) + " days"
	case Ratio:
		return strconv.FormatFloat(n*100, 'f', -1, 64) + " %"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func formatSeconds(n float64) string {
	if math.Abs(n) < 1 {
		return strconv.FormatFloat(n*1000, 'g', 3, 64) + " ms"
	}
	if math.Abs(n) < 120 {
		return strconv.FormatFloat(n, 'g', 3, 64) + " s"
	}
	return time.Duration(n * float64(time.Second)).Round(time.Second).String()
}

func formatBytes(n float64) string {
	for _, unit := range []string{"GiB", "MiB", "KiB"} {
		if size := byteUnits[unit]; math.Abs(n) >= size {
			return strconv.FormatFloat(n/size, 'g', 3, 64) + " " + unit
		}
	}
	return strconv.FormatFloat(n, 'f', 0, 64) + " B"
}
