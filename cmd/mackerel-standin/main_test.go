package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is the command at work.
type process struct {
	url    string
	stderr *bytes.Buffer // to be read after stop
	client *http.Client
	stop   func() error
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, stdout := io.Pipe()
	p := &process{stderr: &bytes.Buffer{}, client: &http.Client{Transport: &http.Transport{}}}
	cmd := command(stdout, p.stderr)
	cmd.SetArgs(append([]string{"--listen", "127.0.0.1:0", "--name", "test"}, args...))
	ended := make(chan error, 1)
	go func() {
		err := cmd.ExecuteContext(ctx)
		_ = stdout.Close()
		ended <- err
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	p.url = strings.TrimSpace(line)
	if err != nil {
		t.Fatalf("no URL on stdout: %v; %v", err, <-ended)
	}
	p.stop = func() error {
		cancel()
		defer p.client.CloseIdleConnections()
		return <-ended
	}
	return p
}

func (p *process) do(t *testing.T, method, path, key, body string) (int, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", key)
	resp, err := p.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func TestDefaultKeyIsToldAndGivenOnesAreNot(t *testing.T) {
	t.Setenv("MACKEREL_STANDIN_KEY", "")
	for _, test := range []struct {
		args []string
		key  string
		told bool
	}{{nil, "key-test", true}, {[]string{"--key", "very-secret"}, "very-secret", false}} {
		p := start(t, test.args...)
		status, err := p.do(t, "GET", "/api/v0/org", test.key, "")
		if err != nil || status != 200 {
			t.Errorf("with the key %s: %d %v", test.key, status, err)
		}
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		if log := p.stderr.String(); strings.Contains(log, test.key) != test.told || !strings.Contains(log, p.url) {
			t.Errorf("log %q; it has the key: want %v", log, test.told)
		}
	}
}

func TestKeyOfTheEnvironmentIsUsedAndNotShown(t *testing.T) {
	t.Setenv("MACKEREL_STANDIN_KEY", "from-the-environment")
	p := start(t)
	status, err := p.do(t, "GET", "/api/v0/org", "from-the-environment", "")
	if err != nil || status != 200 {
		t.Errorf("%d %v", status, err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	var help bytes.Buffer
	cmd := command(io.Discard, io.Discard)
	cmd.SetOut(&help)
	cmd.SetArgs([]string{"--help"})
	if err := cmd.Execute(); err != nil || strings.Contains(help.String()+p.stderr.String(), "from-the-environment") {
		t.Errorf("%v; the key is in the help or the log", err)
	}
}

func TestOtherAddressesMustBeMeant(t *testing.T) {
	for _, test := range []struct {
		listen   string
		anywhere bool
		want     string
	}{
		{"127.0.0.1:0", false, ""}, {"127.0.0.2:0", false, ""}, {"[::1]:0", false, ""}, {"localhost:0", false, ""},
		{"0.0.0.0:0", false, "--listen-anywhere"}, {":0", false, "--listen-anywhere"}, {"[::]:0", false, "--listen-anywhere"}, {"example.com:80", false, "--listen-anywhere"},
		{"0.0.0.0:0", true, ""}, {":0", true, ""},
		{"127.0.0.1", false, "HOST:PORT"},
	} {
		err := loopbackOnly(test.listen, test.anywhere)
		if (err == nil) != (test.want == "") || (err != nil && !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s, anywhere %v: %v, want %q", test.listen, test.anywhere, err, test.want)
		}
	}
}

func TestSwitchesAreFlags(t *testing.T) {
	p := start(t, "--key", "k", "--posts-per-minute", "1", "--unknown-service-404=false", "--body-bytes", "30")
	for _, step := range []struct {
		path, body string
		want       int
	}{
		{"/services/external/tsdb", `[]`, 400},
		{"/services", `{"name":"external"}`, 200},
		{"/services/external/tsdb", `[]`, 200},
		{"/services/external/tsdb", `[]`, 429},
		{"/services", `{"name":"` + strings.Repeat("n", 50) + `"}`, 413},
	} {
		if status, err := p.do(t, "POST", "/api/v0"+step.path, "k", step.body); err != nil || status != step.want {
			t.Errorf("%s %s: %d %v, want %d", step.path, step.body, status, err, step.want)
		}
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}

// An answer that is under way when the process is told to end still arrives.
func TestARequestUnderWayIsAnswered(t *testing.T) {
	p := start(t, "--key", "k")
	if status, err := p.do(t, "POST", "/standin/fault", "", `{"mode":"slow","delay":200000000}`); err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	answered := make(chan int)
	go func() {
		status, _ := p.do(t, "GET", "/api/v0/org", "k", "")
		answered <- status
	}()
	p.await(t, "/api/v0/org")
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if status := <-answered; status != 200 {
		t.Errorf("status %d, want 200", status)
	}
}

// await returns when a request to a path has arrived.
func (p *process) await(t *testing.T, path string) {
	t.Helper()
	for {
		resp, err := p.client.Get(p.url + "/standin/posts")
		if err != nil {
			t.Fatal(err)
		}
		posts, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(posts, []byte(path)) {
			return
		}
	}
}

func TestAHangingRequestDoesNotKeepTheProcess(t *testing.T) {
	p := start(t)
	if status, err := p.do(t, "POST", "/standin/fault", "", `{"mode":"hang"}`); err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	hung := make(chan error)
	go func() {
		_, err := p.do(t, "GET", "/api/v0/org", "key-test", "")
		hung <- err
	}()
	p.await(t, "/api/v0/org")
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if err := <-hung; err == nil {
		t.Error("a request that hung was answered")
	}
}

func TestATakenAddressIsAnError(t *testing.T) {
	p := start(t)
	cmd := command(io.Discard, io.Discard)
	cmd.SetArgs([]string{"--listen", strings.TrimPrefix(p.url, "http://")})
	if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
}
