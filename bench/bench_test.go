package bench

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"prober/internal/loopback"
)

const (
	targets = 1000
	rounds  = 3 // alternating; the medians are told
)

// TestMain is also the bare loop, when it is told so.
func TestMain(m *testing.M) {
	if address := os.Getenv("BENCH_BARE_LOOP"); address != "" {
		bareLoop(address)
		return
	}
	os.Exit(m.Run())
}

// bareLoop dials an address with one timer per probe and keeps nothing.
func bareLoop(address string) {
	interval, err := time.ParseDuration(os.Getenv("BENCH_INTERVAL"))
	if err != nil {
		panic(err)
	}
	dialer := net.Dialer{KeepAlive: -1}
	var all sync.WaitGroup
	for i := range targets {
		all.Go(func() {
			time.Sleep(interval * time.Duration(i) / targets)
			for range time.Tick(interval) {
				ctx, cancel := context.WithTimeout(context.Background(), interval*8/10)
				if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
					_ = conn.Close()
				}
				cancel()
			}
		})
	}
	all.Wait()
}

// usage is what a process took.
type usage struct {
	cpuPerProbe float64 // µs
	rss         float64 // MiB, at most
}

// BenchmarkThousandTCPProbes runs prober (schedule, dial, judge, journal on
// disk) and the bare loop (schedule, dial) in turn.
func BenchmarkThousandTCPProbes(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "prober")
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/prober").CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	for interval, lasts := range map[time.Duration]time.Duration{time.Second: 10 * time.Second, time.Minute: 70 * time.Second} {
		b.Run(interval.String(), func(b *testing.B) {
			if interval > time.Second && os.Getenv("BENCH_LONG") == "" {
				b.Skip("set BENCH_LONG=1 for the run of several minutes")
			}
			for range b.N {
				compare(b, bin, interval, lasts)
			}
		})
	}
}

func compare(b *testing.B, bin string, interval, lasts time.Duration) {
	var probers, bare []usage
	for range rounds {
		probers = append(probers, measure(b, lasts, func(address string) *exec.Cmd { return prober(b, bin, address, interval) }))
		bare = append(bare, measure(b, lasts, func(address string) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "BENCH_BARE_LOOP="+address, "BENCH_INTERVAL="+interval.String())
			return cmd
		}))
	}
	p, l := median(probers), median(bare)
	b.ReportMetric(p.cpuPerProbe, "prober-µs/probe")
	b.ReportMetric(l.cpuPerProbe, "bare-µs/probe")
	b.ReportMetric(p.cpuPerProbe/l.cpuPerProbe, "cpu-ratio")
	b.ReportMetric(p.rss, "prober-MiB")
	b.ReportMetric(l.rss, "bare-MiB")
	b.ReportMetric(0, "ns/op")
}

// measure runs a process for a while and divides its CPU time by the
// connections that it made.
func measure(b *testing.B, lasts time.Duration, command func(address string) *exec.Cmd) usage {
	listener := loopback.Listen(b)
	var accepted atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			_ = conn.Close()
		}
	}()
	cmd := command(listener.Addr().String())
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	time.Sleep(lasts)
	rss := residentMiB(b, cmd.Process.Pid)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait() // the bare loop ends by the signal
	_ = listener.Close()
	if accepted.Load() == 0 {
		b.Fatal("not one connection was made")
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return usage{float64(cpu.Microseconds()) / float64(accepted.Load()), rss}
}

func residentMiB(b *testing.B, pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}

func prober(b *testing.B, bin, address string, interval time.Duration) *exec.Cmd {
	dir := b.TempDir()
	var text strings.Builder
	fmt.Fprintf(&text, "listen: none\ndata_dir: %s/data\ndefaults: {interval: %s}\nprobes:\n", dir, interval)
	for i := range targets {
		fmt.Fprintf(&text, "  - {name: p%d, tcp: {address: \"%s\"}, crit: {connect: 1s}}\n", i, address)
	}
	file := filepath.Join(dir, "prober.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return exec.Command(bin, "run", "--config", file)
}

func median(of []usage) usage {
	cpu, rss := make([]float64, len(of)), make([]float64, len(of))
	for i, u := range of {
		cpu[i], rss[i] = u.cpuPerProbe, u.rss
	}
	slices.Sort(cpu)
	slices.Sort(rss)
	return usage{cpu[len(cpu)/2], rss[len(rss)/2]}
}
