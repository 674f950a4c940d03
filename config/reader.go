package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// reader walks YAML nodes and gathers problems instead of stopping at the
// first. It is the only place that knows the YAML library.
type reader struct {
	file     string
	lookup   func(string) (string, bool)
	problems Problems
}

type node = yaml.Node

func (r *reader) bad(n *node, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{File: r.file, Line: n.Line, Column: n.Column, Path: path, What: fmt.Sprintf(format, args...)})
}

// document returns the root of the only document in text, or nil.
func (r *reader) document(text []byte) *node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.bad(&node{}, "", "is empty; it needs at least one probe")
		return nil
	case err != nil:
		r.bad(&node{}, "", "is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		r.bad(&second, "", "a second document begins here; put everything into one")
		return nil
	}
	return doc.Content[0]
}

// keys are what a mapping may hold, each with its reader.
type keys map[string]func(n *node, path string)

// mapping hands each value to the reader of its key.
func (r *reader) mapping(n *node, path string, known keys) {
	if n.Kind != yaml.MappingNode {
		r.bad(n, path, "must be a mapping with the keys %s", list(known))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		if line, again := seen[key.Value]; again {
			r.bad(key, at, "is given twice; the first is in line %d", line)
			continue
		}
		seen[key.Value] = key.Line
		read, ok := known[key.Value]
		switch {
		case !ok && notYet[key.Value]:
			r.bad(key, at, "is not available yet")
		case !ok:
			r.bad(key, at, "is not a known key; there are %s", list(known))
		case value.Kind == yaml.AliasNode:
			r.bad(value, at, "anchors and aliases are not available yet")
		default:
			read(value, at)
		}
	}
}

// entries hands each entry of a mapping with free keys to read.
func (r *reader) entries(n *node, path string, read func(key, value *node, path string)) {
	if n.Kind != yaml.MappingNode {
		r.bad(n, path, "must be a mapping")
		return
	}
	known := keys{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		known[key.Value] = func(value *node, path string) { read(key, value, path) }
	}
	r.mapping(n, path, known)
}

// items hands each item of a list to read.
func (r *reader) items(n *node, path string, read func(n *node, path string)) {
	if n.Kind != yaml.SequenceNode {
		r.bad(n, path, "must be a list")
		return
	}
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item.Kind == yaml.AliasNode {
			r.bad(item, at, "anchors and aliases are not available yet")
			continue
		}
		read(item, at)
	}
}

// text returns a scalar with its variables expanded.
func (r *reader) text(n *node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.bad(n, path, "must be a text")
		return ""
	}
	expanded, err := expand(n.Value, r.lookup)
	if err != nil {
		r.bad(n, path, "%v", err)
	}
	return expanded
}

func (r *reader) integer(n *node, path string, least, most int) int {
	text := r.text(n, path)
	i, err := strconv.Atoi(text)
	if err != nil || i < least || i > most {
		r.bad(n, path, "must be a whole number from %d to %d, not %q", least, most, text)
	}
	return i
}

func (r *reader) duration(n *node, path string, least time.Duration) time.Duration {
	text := r.text(n, path)
	d, err := parseDuration(text)
	if err != nil {
		r.bad(n, path, "must be a time such as 500ms, 30s, 5m, 2h or 1d, not %q", text)
	} else if d < least {
		r.bad(n, path, "must be at least %s, not %s", least, text)
	}
	return d
}

func parseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

func list(known keys) string {
	return strings.Join(slices.Sorted(maps.Keys(known)), ", ")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
