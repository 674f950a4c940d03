package journal

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever is appended, committed, opened again and read in whatever order:
// readers get what a list in memory would give.
func TestJournalAgreesWithAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		j := opened(t, dir)
		count, position := int64(0), int64(0)
		commit := func() {
			for j.uncommitted() > 0 && j.commit() {
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"append": func(rt *rapid.T) {
				n := rapid.IntRange(1, 30).Draw(rt, "n")
				appendEvents(j, n)
				count += int64(n)
			},
			"move": func(rt *rapid.T) {
				position = rapid.Int64Range(0, count).Draw(rt, "to")
				j.SetPosition("c", "events", position)
			},
			"reopen": func(rt *rapid.T) {
				if rapid.IntRange(0, 4).Draw(rt, "die") > 0 {
					rt.Skip("opening takes ten times as long as the rest")
				}
				commit()
				if err := j.Close(); err != nil {
					rt.Fatal(err)
				}
				j = opened(t, dir)
			},
			"read": func(rt *rapid.T) {
				commit()
				after, limit := rapid.Int64Range(0, count).Draw(rt, "after"), rapid.IntRange(1, 50).Draw(rt, "limit")
				if diff := cmp.Diff(upTo(after+1, min(after+int64(limit), count)), ids(t, j, after, limit)); diff != "" {
					rt.Fatal(diff)
				}
			},
			"": func(rt *rapid.T) {
				if got, _ := j.Position("c", "events"); got != position || j.NewestEvent() != count {
					rt.Fatalf("position %d of %d, want %d of %d", got, j.NewestEvent(), position, count)
				}
			},
		})
		if err := j.Close(); err != nil {
			rt.Fatal(err)
		}
	})
}

// opened is a journal that nobody runs: it commits when it is told to.
func opened(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}
