package journal

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"prober/verdict"
)

// TestKilledWriterLosesNothingCommitted kills a writing child process fifty
// times, on one and the same journal.
func TestKilledWriterLosesNothingCommitted(t *testing.T) {
	if dir := os.Getenv("JOURNAL_TEST_WRITER"); dir != "" {
		writeForever(t, dir)
		return
	}
	dir := t.TempDir()
	promised, minutes := int64(0), map[int64]string{}
	for round := range 50 {
		before := promised
		promised = max(before, killWriter(t, dir))
		j, err := Open(dir, Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := j.Trouble(); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		last := j.NewestEvent()
		if last < promised {
			t.Fatalf("round %d: %d events were said to be committed, %d are there", round, promised, last)
		}
		checked := int64(0)
		if round%10 != 9 { // all of them now and then: reading takes its time
			checked = before
		}
		if diff := cmp.Diff(upTo(checked+1, last), ids(t, j, checked, math.MaxInt)); diff != "" {
			t.Fatalf("round %d: events: %s", round, diff)
		}
		if position, _ := j.Position("production", "events"); position > last {
			t.Fatalf("round %d: a position of %d with %d events", round, position, last)
		}
		sameMinutes(t, j, minutes)
		promised = last
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d events, %d minutes survived", promised, len(minutes))
}

// writeForever appends, and says what is committed, until it is killed.
func writeForever(t *testing.T, dir string) {
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = j.Run(context.Background()) }()
	for {
		appendEvents(j, 1+rand.IntN(200))
		last := j.NewestEvent()
		j.SetPosition("production", "events", last)
		j.mu.Lock()
		j.add(time.Now(), minuteOp{Start: time.Unix(60*last, 0).UTC(), Series: []verdict.Series{{Probe: fmt.Sprint(last)}}})
		j.mu.Unlock()
		j.Flush(time.Minute)
		fmt.Println("committed", last)
	}
}

// killWriter lets a child write for a moment, kills it, and returns what it
// said to be committed.
func killWriter(t *testing.T, dir string) (promised int64) {
	child := exec.Command(os.Args[0], "-test.run=^TestKilledWriterLosesNothingCommitted$")
	child.Env = append(os.Environ(), "JOURNAL_TEST_WRITER="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := rand.IntN(4); n >= 0 && lines.Scan(); n-- {
		// A line may be cut by the kill, but never before it is waited for.
		if _, err := fmt.Sscanf(lines.Text(), "committed %d", &promised); err != nil {
			t.Errorf("the child says %q", lines.Text())
		}
	}
	// Anywhere in the next group.
	time.Sleep(time.Duration(rand.IntN(80)) * time.Millisecond)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	return promised
}

// sameMinutes checks that no minute seen before is missing or has changed.
func sameMinutes(t *testing.T, j *Journal, seen map[int64]string) {
	all, err := j.Minutes(time.Unix(0, 0), math.MaxInt)
	if err != nil {
		t.Fatal(err)
	}
	now := map[int64]string{}
	for _, m := range all {
		now[m.Start.Unix()] = fmt.Sprint(m.Series)
	}
	for start, series := range seen {
		if now[start] != series {
			t.Fatalf("minute %d was %s and is %q", start, series, now[start])
		}
	}
	maps.Copy(seen, now)
}

func TestUnusableJournalIsSetAside(t *testing.T) {
	for name, ruin := range map[string]func(path string) error{
		"garbage":   func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("garbage", 1000)), 0o600) },
		"truncated": func(path string) error { return os.Truncate(path, 10_000) },
		"overwritten in the middle": func(path string) error {
			file, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer file.Close()
			for page := int64(1); page < 20; page++ {
				if _, err := file.WriteAt([]byte(strings.Repeat("x", 500)), page*4096); err != nil {
					return err
				}
			}
			return nil
		},
		"from the future": func(path string) error {
			db, err := openDB(path, "")
			if err != nil {
				return err
			}
			defer db.Close()
			_, err = db.Exec("PRAGMA user_version = 99")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, stop := running(t, dir)
			appendEvents(j, 500)
			stop()
			if err := ruin(filepath.Join(dir, stateFile)); err != nil {
				t.Fatal(err)
			}
			j, stop = running(t, dir)
			if err := j.Trouble(); err == nil || !strings.Contains(err.Error(), "set aside") {
				t.Errorf("trouble %v", err)
			}
			if aside, _ := filepath.Glob(filepath.Join(dir, stateFile+".aside-*")); len(aside) == 0 {
				t.Error("nothing was set aside")
			}
			appendEvents(j, 5)
			stop()
			j, _ = running(t, dir)
			if diff := cmp.Diff(upTo(1, 5), ids(t, j, 0, 10)); diff != "" {
				t.Error(diff)
			}
			if err := j.Trouble(); err != nil {
				t.Errorf("still in trouble after the next start: %v", err)
			}
		})
	}
}

// Corruption found while running: what is in memory goes into a new file.
func TestJournalThatIsRuinedWhileRunningIsRenewed(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 500)
	j.SetPosition("production", "events", 400)
	flush(t, j)
	if err := j.renew(fmt.Errorf("database disk image is malformed")); err != nil {
		t.Fatal(err)
	}
	appendEvents(j, 3)
	flush(t, j)
	if diff := cmp.Diff(upTo(501, 503), ids(t, j, 400, 10)); diff != "" {
		t.Error(diff)
	}
	stop()
	j, _ = running(t, dir)
	if position, _ := j.Position("production", "events"); position != 400 || len(j.States()) != 1 {
		t.Errorf("position %d, states %v", position, j.States())
	}
	if j.NewestEvent() != 503 {
		t.Errorf("IDs go on from %d", j.NewestEvent())
	}
}

func TestDamagedRowIsLeftOutAndSaid(t *testing.T) {
	dir := t.TempDir()
	j, _ := running(t, dir)
	appendEvents(j, 5)
	flush(t, j)
	writer := j.store.(*disk).current.Load().writer
	var blob []byte
	if err := writer.QueryRow("SELECT body FROM events WHERE id = 3").Scan(&blob); err != nil {
		t.Fatal(err)
	}
	for i := range blob {
		flipped := append([]byte{}, blob...)
		flipped[i] ^= 0x10
		var e verdict.Event
		if new(unpacker).unpack(flipped, &e) == nil && e.Message != "number 3" {
			t.Errorf("a flip of byte %d goes unnoticed: %+v", i, e)
		}
	}
	blob[len(blob)/2] ^= 1
	if _, err := writer.Exec("UPDATE events SET body = ? WHERE id = 3", blob); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1, 2, 4, 5}, ids(t, j, 0, 10)); diff != "" {
		t.Error(diff)
	}
	if err := j.Trouble(); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("trouble %v", err)
	}
}

func TestFullDiskKeepsEverythingAndRecovers(t *testing.T) {
	j, _ := running(t, t.TempDir())
	writer := j.store.(*disk).current.Load().writer
	limit := func(pages int) {
		if _, err := writer.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	appendEvents(j, 10)
	flush(t, j)
	limit(20)
	appendEvents(j, 3000)
	for deadline := time.Now().Add(time.Minute); j.Trouble() == nil && time.Now().Before(deadline); {
		j.Flush(50 * time.Millisecond)
	}
	if err := j.Trouble(); err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("trouble %v", err)
	}
	limit(1 << 20)
	flush(t, j)
	if diff := cmp.Diff(upTo(1, 3010), ids(t, j, 0, math.MaxInt)); diff != "" {
		t.Error(diff)
	}
	if err := j.Trouble(); err != nil {
		t.Errorf("still in trouble: %v", err)
	}
}

func TestOneBadEntryDoesNotHoldUpItsGroup(t *testing.T) {
	j, _ := running(t, t.TempDir())
	j.mu.Lock()
	bad := minuteOp{Start: time.Unix(60, 0), Series: []verdict.Series{{Values: []verdict.Value{{Number: math.NaN()}}}}}
	j.add(time.Now(), bad)
	j.mu.Unlock()
	appendEvents(j, 20)
	flush(t, j)
	if diff := cmp.Diff(upTo(1, 20), ids(t, j, 0, 100)); diff != "" {
		t.Error(diff)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	running(t, dir)
	if _, err := Open(dir, Options{}); err == nil || !strings.Contains(err.Error(), "another prober runs in") {
		t.Errorf("error %v", err)
	}
}

func TestOldEntriesArePrunedLittleByLittle(t *testing.T) {
	dir := t.TempDir()
	j, stop := running(t, dir)
	appendEvents(j, 50)
	j.mu.Lock()
	for i := range 250 {
		j.add(time.Now(), minuteOp{Start: time.Now().Truncate(time.Minute).Add(time.Duration(i-250) * time.Minute)})
	}
	j.mu.Unlock()
	flush(t, j)
	old := filepath.Join(dir, "results-"+day(time.Now().Add(-96*time.Hour))+".db")
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	future := time.Now().Add(8 * 24 * time.Hour)
	j.prune(future.Add(-8*24*time.Hour + keepMinutes))
	flush(t, j)
	if left, err := j.Minutes(time.Unix(0, 0), 1000); err != nil || len(left) != 150 {
		t.Errorf("%d minutes left, %v; want 100 of 250 gone", len(left), err)
	}
	for range 3 {
		j.prune(future)
		flush(t, j)
	}
	if left, err := j.Minutes(time.Unix(0, 0), 1000); err != nil || len(left) != 0 {
		t.Errorf("%d minutes left, %v", len(left), err)
	}
	if diff := cmp.Diff([]int64{50}, ids(t, j, 0, 100)); diff != "" {
		t.Errorf("all but the newest event go: %s", diff)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("an old file of results is still there")
	}
	stop()
	if j, _ = running(t, dir); j.NewestEvent() != 50 {
		t.Errorf("IDs would go on from %d", j.NewestEvent())
	}
}

func TestFilesAreForThisUserOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := running(t, dir)
	appendEvents(j, 1)
	flush(t, j)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if info, err := file.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", file.Name(), info.Mode(), err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	j := InMemory(Options{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() { _ = j.Run(ctx) }()
	r := verdict.Result{Probe: "p", At: time.Now(), Values: []verdict.Value{{Name: "connect", Number: 1}}}
	s := verdict.State{Probe: "p"}
	for b.Loop() {
		j.Append(r, s, nil)
	}
}

func BenchmarkCommitThousandEvents(b *testing.B) {
	j, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = j.Run(ctx) }()
	for b.Loop() {
		appendEvents(j, 1000)
		j.Flush(time.Minute)
	}
	cancel()
	<-done
	b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "events/s")
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}
