package addon

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler serves /metrics (unless Options.Metrics is the host's),
// /metrics/hooks, /healthz, /readyz and /status, a table for people and JSON
// with ?output=json. It holds no values and needs no authorization.
func (o *Operator) Handler() http.Handler {
	mux := http.NewServeMux()
	if o.metrics.gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(o.metrics.gatherer, promhttp.HandlerOpts{}))
	}
	mux.Handle("GET /metrics/hooks", promhttp.HandlerFor(o.metrics.hooks, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, o.Healthy()) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, o.Ready(r.Context())) })
	mux.HandleFunc("GET /status", o.serveStatus)
	return mux
}

func answer(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintln(w, err)
		return
	}
	fmt.Fprintln(w, "ok")
}

// statusVersion is that of the JSON form of the status.
const statusVersion = "v1"

func (o *Operator) serveStatus(w http.ResponseWriter, r *http.Request) {
	list := o.Status()
	if r.URL.Query().Get("output") != "json" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_ = WriteStatus(w, list, time.Now()) // the reader has gone
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct {
		Version string         `json:"version"`
		Modules []ModuleStatus `json:"modules"`
	}{statusVersion, list})
}

// WriteStatus writes the table that people read: one line per module, ages
// counted from now.
func WriteStatus(w io.Writer, list []ModuleStatus, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MODULE\tPHASE\tREVISION\tCHANGED\tENABLED BY\tWAITING FOR")
	for _, s := range list {
		revision, changed := "-", "-"
		if s.Revision > 0 {
			revision = fmt.Sprint(s.Revision)
		}
		if !s.LastChange.IsZero() {
			changed = now.Sub(s.LastChange).Truncate(time.Second).String() + " ago"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Name, s.Phase, revision, changed, s.enabledBy(), s.waitsFor())
	}
	return t.Flush()
}

// enabledBy names who decided, and why if that took the module away.
func (s ModuleStatus) enabledBy() string {
	if s.EnabledReason == "" || s.Enabled {
		return s.EnabledBy
	}
	return s.EnabledBy + ": " + s.EnabledReason
}

func (s ModuleStatus) waitsFor() string {
	var parts []string
	if s.ConfigError != "" {
		parts = append(parts, "a valid configuration: "+s.ConfigError)
	}
	if len(s.WaitingFor) > 0 {
		parts = append(parts, strings.Join(s.WaitingFor, ", "))
	}
	if s.Phase == Failed || s.Phase == Stalled || s.Phase == Deleting {
		parts = append(parts, s.Message)
	}
	return strings.ReplaceAll(strings.Join(parts, "; "), "\n", " ")
}
