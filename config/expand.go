package config

import (
	"fmt"
	"strings"
)

// noSecret stands for a secret that is not there.
const noSecret = "no-secret"

// expand replaces ${NAME}, ${env:NAME}, ${env:NAME:-default} and ${file:PATH}
// in a scalar; $$ is a dollar. It is done on parsed scalars, never on raw
// text, so that no value can become structure.
func (r *reader) expand(text string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		switch {
		case strings.HasPrefix(after, "$"):
			out.WriteByte('$')
			text = after[1:]
		case strings.HasPrefix(after, "{"):
			name, rest, closed := strings.Cut(after[1:], "}")
			if !closed {
				return "", fmt.Errorf("has a ${ without its }")
			}
			value, err := r.variable(name)
			if err != nil {
				return "", err
			}
			out.WriteString(value)
			text = rest
		default:
			out.WriteByte('$')
			text = after
		}
	}
}

func (r *reader) variable(name string) (string, error) {
	if path, ok := strings.CutPrefix(name, "file:"); ok {
		text, err := readFile(path)
		if err != nil && r.NoSecrets {
			return noSecret, nil
		}
		if err != nil {
			return "", fmt.Errorf("cannot read the secret: %w", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
	env, fallback, hasFallback := strings.Cut(strings.TrimPrefix(name, "env:"), ":-")
	if strings.Contains(env, ":") || env == "" {
		return "", fmt.Errorf("does not know ${%s}; there are ${NAME}, ${env:NAME:-default} and ${file:PATH}", name)
	}
	if value, ok := r.Lookup(env); ok && value != "" {
		return value, nil
	}
	if !hasFallback && r.NoSecrets {
		return noSecret, nil
	}
	if !hasFallback {
		return "", fmt.Errorf("needs the environment variable %s, which is not set", env)
	}
	return fallback, nil
}
