package cluster

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// report turns the compiler's list of packages into a line every few seconds.
type report struct {
	to       io.Writer
	began    time.Time
	stop     chan struct{}
	stopped  sync.WaitGroup
	mu       sync.Mutex
	packages int
	last     []string // the last lines, for an error
	rest     []byte
}

func newReport(to io.Writer) *report {
	r := &report{to: to, began: time.Now(), stop: make(chan struct{})}
	r.stopped.Go(func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				r.say("compiling")
			case <-r.stop:
				return
			}
		}
	})
	return r
}

// Write takes what the compiler says.
func (r *report) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = append(r.rest, p...)
	for {
		line, rest, ok := bytes.Cut(r.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		r.rest = rest
		r.packages++
		r.last = append(r.last, string(line))
		r.last = r.last[max(0, len(r.last)-20):]
	}
}

func (r *report) end() {
	close(r.stop)
	r.stopped.Wait()
	r.say("built")
}

func (r *report) say(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(r.to, "localcluster: %s: %d packages (about 2000 from nothing), %s\n",
		what, r.packages, time.Since(r.began).Round(time.Second))
}

func (r *report) tail() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.last, "\n")
}
