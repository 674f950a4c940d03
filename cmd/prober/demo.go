package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

func demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show in a minute what this is for",
		Long: `Show in a minute what this is for: two stand-in Mackerel organizations, eight
targets and a prober, all in this process, on free ports of loopback. A target
fails, an organization dies, and in the end nothing is missing.

The story's minutes last five seconds; everything else is what run does.`,
		Args: usage(cobra.NoArgs),
	}
	keep := cmd.Flags().Bool("keep", false, "leave it running after the story, with pages to look at")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		s, err := newStage()
		if err != nil {
			return fmt.Errorf("setting the stage: %w", err)
		}
		defer s.close()
		return tell(cmd.Context(), cmd.OutOrStdout(), s, *keep)
	}
	return cmd
}

// tell tells the story on a stage, scene by scene. A scene that does not come
// to its end is an error.
func tell(ctx context.Context, out io.Writer, s *stage, keep bool) error {
	n := &narrator{out: out, stage: s, began: time.Now(), live: isTerminal(out)}
	playing, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.prober.run(playing) }()

	n.say("Eight targets, two Mackerel organizations, one prober. What happens to production is told to both,")
	n.say("what happens to staging only to production. (A minute lasts %v here.)", demoMinute)
	n.say("  production  %s", s.production.url)
	n.say("  staging     %s", s.staging.url)
	n.say("  prober      http://%s", s.page)
	err := n.scenes(ctx, []scene{
		{"All is well.", func() error { return nil }, s.allWell},
		{"The login service stops listening.", func() error { return s.off("login") }, func() bool {
			return s.production.open("login") && s.staging.open("login")
		}},
		{"Both organizations have opened an alert. Now staging's organization dies.", s.staging.die, func() bool { return s.waiting() > 0 }},
		{"Its results wait on disk. The search service fails, too; production is told all the same.", func() error { return s.off("search") }, func() bool {
			return s.production.open("search") && s.waiting() >= 3
		}},
		{"Three minutes wait for staging. It comes back …", s.staging.rise, func() bool {
			return s.waiting() == 0 && s.staging.open("search")
		}},
		{"… and receives every minute and every change that it missed. The services recover.", s.allOn, s.allWell},
	})
	if err != nil {
		return err
	}
	n.say("All alerts are closed.")
	if keep {
		n.say("It goes on until Ctrl-C.")
		<-ctx.Done()
	}
	stop()
	if err := <-ended; err != nil {
		return err
	}
	return n.account()
}

// A scene begins with a sentence and an act, and is over when it is.
type scene struct {
	sentence string
	act      func() error
	over     func() bool
}

// A scene takes a few seconds; the longest wait is that for a prober to try a
// dead organization again.
const patience = time.Minute

// narrator writes the story, and below it, on a terminal, how things stand.
type narrator struct {
	out   io.Writer
	stage *stage
	began time.Time
	live  bool
}

func (n *narrator) say(format string, args ...any) {
	n.clear()
	fmt.Fprintf(n.out, "%4.0fs  %s\n", time.Since(n.began).Seconds(), fmt.Sprintf(format, args...))
}

func (n *narrator) clear() {
	if n.live {
		fmt.Fprint(n.out, "\r\x1b[K")
	}
}

func (n *narrator) scenes(ctx context.Context, scenes []scene) error {
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for _, scene := range scenes {
		n.say("%s", scene.sentence)
		if err := scene.act(); err != nil {
			return err
		}
		for late := time.Now().Add(patience); !scene.over(); {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-ticks.C:
			}
			if time.Now().After(late) {
				return fmt.Errorf("the demo went wrong: nothing came of %q within %v", scene.sentence, patience)
			}
			if n.live {
				n.clear()
				fmt.Fprintf(n.out, "       %s", n.stage.standing())
			}
		}
	}
	return nil
}

// account holds what was closed against what arrived.
func (n *narrator) account() error {
	lost := 0
	for _, o := range []*organization{n.stage.production, n.stage.staging} {
		closed, received, err := n.stage.account(o)
		if err != nil {
			return err
		}
		lost += closed - received
		n.say("%-10s  closed minutes' points: %d, received: %d, missing: %d", o.name, closed, received, closed-received)
	}
	if lost != 0 {
		return fmt.Errorf("the demo went wrong: %d points are missing", lost)
	}
	return nil
}
