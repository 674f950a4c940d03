package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// troubles are what is wrong at present, each said once in the log.
type troubles map[trouble]string

type trouble int

const (
	troubleAside   trouble = iota // the journal was set aside; until the next start
	troubleCommit                 // the disk does not take what is written
	troubleShed                   // entries were lost for want of memory
	troubleDamaged                // rows do not match their checksum
	troubleResults                // raw results cannot be kept
)

func (t *troubles) say(log *slog.Logger, what trouble, message string, args ...any) {
	if *t == nil {
		*t = troubles{}
	}
	if _, said := (*t)[what]; !said {
		log.Error(message, args...)
	}
	for i := 0; i+1 < len(args); i += 2 {
		message += fmt.Sprintf(", %v: %v", args[i], args[i+1])
	}
	(*t)[what] = message
}

func (t *troubles) over(log *slog.Logger, what trouble, message string) {
	if _, said := (*t)[what]; said {
		log.Info(message)
		delete(*t, what)
	}
}

func (t troubles) err() error {
	var all []error
	for _, what := range slices.Sorted(maps.Keys(t)) {
		all = append(all, errors.New(t[what]))
	}
	return errors.Join(all...)
}
