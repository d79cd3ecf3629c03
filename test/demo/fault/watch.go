package fault

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

func watches(r *http.Request) bool {
	asked := r.URL.Query().Get("watch")
	return r.Method == http.MethodGet && (asked == "true" || asked == "1")
}

// jsonOnly keeps the JSON forms of what a client accepts.
func jsonOnly(accept string) string {
	forms := slices.DeleteFunc(strings.Split(accept, ","), func(form string) bool {
		return !strings.HasPrefix(strings.TrimSpace(form), "application/json")
	})
	if len(forms) == 0 {
		return "application/json"
	}
	return strings.Join(forms, ",")
}

func (p *Proxy) filterWatch(response *http.Response) error {
	if !watches(response.Request) || response.StatusCode != http.StatusOK {
		return nil
	}
	resource, _ := target(response.Request.URL.Path)
	response.Body = &events{proxy: p, resource: resource, from: response.Body, lines: bufio.NewReaderSize(response.Body, 1<<16)}
	return nil
}

// events is the body of a watch without what the rules drop.
type events struct {
	proxy    *Proxy
	resource string
	from     io.Closer
	lines    *bufio.Reader
	rest     []byte
}

// Read returns at most the rest of one event.
func (e *events) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		line, err := e.lines.ReadBytes('\n')
		if !e.dropped(line) {
			e.rest = line
		}
		if err != nil && len(e.rest) == 0 {
			return 0, err
		}
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// Close ends the watch.
func (e *events) Close() error { return e.from.Close() }

func (e *events) dropped(line []byte) bool {
	rules := e.proxy.inForce()
	if !slices.ContainsFunc(rules, func(r Rule) bool { return r.Effect == Drop && r.Resource == e.resource }) {
		return false
	}
	var event struct {
		Type   string
		Object struct{ Metadata struct{ Name string } }
	}
	if json.Unmarshal(line, &event) != nil || event.Type == "BOOKMARK" || event.Type == "ERROR" {
		return false
	}
	return slices.ContainsFunc(rules, func(r Rule) bool {
		return r.Effect == Drop && r.matches(e.resource, event.Object.Metadata.Name)
	})
}
