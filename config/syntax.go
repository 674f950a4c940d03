package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var yamlLine = regexp.MustCompile(`^line (\d+): `)

// syntax tells of a text that is not YAML, with the lines around the place.
// The library names a line too early, by one or two, for many mistakes; so the
// reader is shown where to look rather than told.
func (r *reader) syntax(text []byte, message string) {
	place := yamlLine.FindStringSubmatch(message)
	if place == nil {
		r.bad(&node{}, "", "is not YAML: %s", message)
		return
	}
	line, _ := strconv.Atoi(place[1])
	message = strings.TrimPrefix(message, place[0])
	lines := strings.Split(string(text), "\n")
	var excerpt strings.Builder
	for i := max(line-1, 1); i <= min(line+2, len(lines)); i++ {
		fmt.Fprintf(&excerpt, "\n  %4d | %s", i, visible(lines[i-1]))
	}
	r.bad(&node{Line: line, Column: 1}, "", "is not YAML here, or a line or two further on: %s%s", message, excerpt.String())
}

// visible shows tabs, which YAML forbids to indent with, and cuts long lines.
func visible(line string) string {
	const most = 100
	runes := []rune(strings.ReplaceAll(strings.TrimRight(line, "\r"), "\t", "→"))
	if len(runes) > most {
		runes = append(runes[:most], '…')
	}
	return string(runes)
}
