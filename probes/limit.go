package probes

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Limit is a border of a value: reached at the value itself. Bad numbers are
// those ≥ High or ≤ Low; a range limit is bad strictly outside of it.
type Limit struct {
	Low, High float64 // -Inf, +Inf: no border on that side
	Range     bool    // '10..20': the borders themselves are good
	Text      string  // as written, for messages
}

// Reached tells whether n is on the bad side.
func (l Limit) Reached(n float64) bool {
	if l.Range {
		return n < l.Low || n > l.High
	}
	return n <= l.Low || n >= l.High
}

// ParseLimit reads a limit of the value that spec describes: a number with its
// unit ("300ms", "64MiB", "5%", "3"), whose bad side is the value's own, or
// with the side said: "> 5", "< 5", "10..20" (bad outside).
//
// A number without a unit is refused where the value has one, since "300" for
// a duration is a mistake more often than not.
func ParseLimit(spec ValueSpec, text string) (Limit, error) {
	l := Limit{Low: math.Inf(-1), High: math.Inf(1), Text: text}
	if from, to, ok := strings.Cut(text, ".."); ok {
		low, err := parseNumber(spec.Unit, from)
		if err != nil {
			return Limit{}, err
		}
		high, err := parseNumber(spec.Unit, to)
		if err != nil {
			return Limit{}, err
		}
		if low > high {
			return Limit{}, fmt.Errorf("%q begins above its end; write the smaller number first", text)
		}
		l.Low, l.High, l.Range = low, high, true
		return l, nil
	}
	side, number := spec.Worse, text
	if rest, ok := strings.CutPrefix(text, ">"); ok {
		side, number = Higher, rest
	} else if rest, ok := strings.CutPrefix(text, "<"); ok {
		side, number = Lower, rest
	}
	n, err := parseNumber(spec.Unit, number)
	switch {
	case err != nil:
		return Limit{}, err
	case side == Higher:
		l.High = n
	case side == Lower:
		l.Low = n
	default:
		return Limit{}, fmt.Errorf("%s has no bad side of its own; write '> %s', '< %s' or a range such as '10..20'", spec.Name, text, text)
	}
	return l, nil
}

var (
	byteUnits = map[string]float64{"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "MB": 1e6, "GB": 1e9}
	timeUnits = map[string]float64{"ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400}
)

func parseNumber(unit Unit, text string) (float64, error) {
	text = strings.TrimSpace(text)
	end := len(text)
	for end > 0 && (text[end-1] == '%' || text[end-1] > '9') {
		end--
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(text[:end]), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is not a number%s", text, unitHint(unit))
	}
	suffix := text[end:]
	switch unit {
	case Seconds, Days:
		factor, ok := timeUnits[suffix]
		if !ok {
			return 0, fmt.Errorf("%q needs a unit%s", text, unitHint(unit))
		}
		if unit == Days {
			factor /= timeUnits["d"]
		}
		return n * factor, nil
	case Bytes:
		factor, ok := byteUnits[suffix]
		if !ok {
			return 0, fmt.Errorf("%q needs a unit%s", text, unitHint(unit))
		}
		return n * factor, nil
	case Ratio:
		if suffix == "%" {
			return n / 100, nil
		}
	}
	if suffix != "" {
		return 0, fmt.Errorf("%q has the unit %q, but the value is a plain %s", text, suffix, unit)
	}
	return n, nil
}

func unitHint(unit Unit) string {
	switch unit {
	case Seconds, Days:
		return ": ms, s, m, h or d"
	case Bytes:
		return ": B, KiB, MiB, GiB, kB, MB or GB"
	case Ratio:
		return ", such as 0.5 or 50%"
	}
	return ""
}
