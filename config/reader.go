package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
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
	Options
	file     string
	problems *Problems // shared by the readers of all files
	followed int       // aliases, of which there are only so many
	// places are where the keys of the block that is being read stand, by
	// path, for what takes two keys to be wrong.
	places map[string]*node
}

// mostAliases is what stands between a file and its bombs.
const mostAliases = 100_000

type node = yaml.Node

func isMapping(n *node) bool { return n.Kind == yaml.MappingNode }

func (r *reader) bad(n *node, path, format string, args ...any) {
	*r.problems = append(*r.problems, Problem{File: r.file, Line: n.Line, Column: n.Column, Path: path, What: fmt.Sprintf(format, args...)})
}

// document returns the root of the only document in text, or nil.
func (r *reader) document(text []byte) *node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc, second node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.bad(&node{}, "", "is empty")
		return nil
	case err != nil:
		r.syntax(text, strings.TrimPrefix(err.Error(), "yaml: "))
		return nil
	}
	if err := decoder.Decode(&second); err == nil {
		r.bad(&second, "", "a second document begins here; put everything into one")
		return nil
	}
	return doc.Content[0]
}

// A key is one key of a mapping: how it is read, and what is said of it in the
// reference and to editors.
type key struct {
	doc    string
	schema shape
	read   func(n *node, path string)
}

// badAt tells of the key at path, wherever it stands, or of n when it is not
// there.
func (r *reader) badAt(n *node, path, format string, args ...any) {
	if place := r.places[path]; place != nil {
		n = place
	}
	r.bad(n, path, format, args...)
}

// keys are what a mapping may hold.
type keys map[string]key

// mapping hands each value to the reader of its key.
func (r *reader) mapping(n *node, path string, known keys) {
	if n = r.follow(n); n.Kind != yaml.MappingNode {
		r.bad(n, path, "must be a mapping with the keys %s", list(known))
		return
	}
	seen := map[string]int{}
	for key, value := range r.pairs(n, path) {
		at := join(path, key.Value)
		if line, again := seen[key.Value]; again {
			r.bad(key, at, "is given twice; the first is in line %d", line)
			continue
		}
		seen[key.Value] = key.Line
		entry, ok := known[key.Value]
		switch {
		case !ok && notYet[key.Value]:
			r.bad(key, at, "is not available yet")
		case !ok && strings.HasPrefix(key.Value, "x-"):
			// A place for anchors, as elsewhere.
		case !ok:
			r.bad(key, at, "is not a known key; %s", suggest(key.Value, slices.Sorted(maps.Keys(known))))
		default:
			if r.places != nil {
				r.places[at] = value
			}
			entry.read(value, at)
		}
	}
}

// entries hands each entry of a mapping with free keys to read.
func (r *reader) entries(n *node, path string, read func(key, value *node, path string)) {
	if n = r.follow(n); n.Kind != yaml.MappingNode {
		r.bad(n, path, "must be a mapping")
		return
	}
	known := keys{}
	for name := range r.pairs(n, path) {
		known[name.Value] = key{read: func(value *node, path string) { read(name, value, path) }}
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
		read(r.follow(item), fmt.Sprintf("%s[%d]", path, i))
	}
}

// text returns a scalar with its variables expanded. A message shows n.Value,
// never what it returns: that may hold a secret.
func (r *reader) text(n *node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.bad(n, path, "must be a text")
		return ""
	}
	expanded, err := r.expand(n.Value)
	if err != nil {
		r.bad(n, path, "%v", err)
	}
	return expanded
}

func (r *reader) integer(n *node, path string, least, most int) int {
	i, err := strconv.Atoi(r.text(n, path))
	if err != nil || i < least || i > most {
		r.bad(n, path, "must be a whole number from %d to %d, not %q", least, most, n.Value)
	}
	return i
}

func (r *reader) duration(n *node, path string, least time.Duration) time.Duration {
	d, err := parseDuration(r.text(n, path))
	if err != nil {
		r.bad(n, path, "must be a time such as 500ms, 30s, 5m, 2h or 1d, not %q", n.Value)
	} else if d < least {
		r.bad(n, path, "must be at least %s, not %s", least, n.Value)
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

// follow returns what an alias stands for.
func (r *reader) follow(n *node) *node {
	if n.Kind != yaml.AliasNode {
		return n
	}
	if r.followed++; r.followed > mostAliases {
		if r.followed == mostAliases+1 {
			r.bad(n, "", "there are more than %d aliases", mostAliases)
		}
		return &node{Line: n.Line, Column: n.Column}
	}
	return n.Alias
}

// pairs are the keys and values of a mapping; what it merges (<<) comes last,
// without the keys that it has itself.
func (r *reader) pairs(n *node, path string) iter.Seq2[*node, *node] {
	return func(yield func(key, value *node) bool) {
		own := map[string]bool{}
		var merged *node
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], r.follow(n.Content[i+1])
			if key.Tag == "!!merge" {
				merged = value
				continue
			}
			own[key.Value] = true
			if !yield(key, value) {
				return
			}
		}
		if merged == nil {
			return
		}
		if merged.Kind != yaml.MappingNode {
			r.bad(merged, path, "only a mapping can be merged (<<)")
			return
		}
		for i := 0; i+1 < len(merged.Content); i += 2 {
			if key := merged.Content[i]; !own[key.Value] && !yield(key, r.follow(merged.Content[i+1])) {
				return
			}
		}
	}
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
