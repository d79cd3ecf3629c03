package fault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"encoding/pem"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// Proxy stands between a client and an API server. Without rules it changes nothing that a
// client can see. Credentials are the client's own: they go through.
type Proxy struct {
	server *httptest.Server
	mu     sync.Mutex
	rules  []Rule
}

// Effect is what happens to what a rule matches.
type Effect int

// The effects.
const (
	Refuse  Effect = iota // answered with 403, as if it was not allowed
	Swallow               // answered with success, and not carried out
	Drop                  // for watches: the events of matching objects never arrive
)

// Rule names requests and what becomes of them.
type Rule struct {
	Effect Effect
	// Method is the HTTP method; Drop ignores it.
	Method string
	// Resource is the plural, as "secrets".
	Resource string
	// Name is what the object's name begins with; "": any.
	Name string
}

// NewProxy starts a proxy to the API server of a client configuration.
func NewProxy(to *rest.Config) (*Proxy, error) {
	target, err := url.Parse(to.Host)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(to))
	if err != nil {
		return nil, err
	}
	p := &Proxy{}
	forward := &httputil.ReverseProxy{
		Transport:      transport,
		FlushInterval:  -1, // a watch is read as it is written
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: p.filterWatch,
		ErrorHandler:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.serve(w, r, forward)
	}))
	p.server.EnableHTTP2 = true
	p.server.StartTLS()
	return p, nil
}

// Add puts a rule into force, for watches that are open as well.
func (p *Proxy) Add(rules ...Rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, rules...)
}

// URL is where clients reach the proxy.
func (p *Proxy) URL() string { return p.server.URL }

// Authority is the certificate that clients must trust, in PEM.
func (p *Proxy) Authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
}

// Close ends all connections.
func (p *Proxy) Close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	resource, name := target(r.URL.Path)
	for _, rule := range p.inForce() {
		if rule.Effect == Drop || rule.Method != r.Method || !rule.matches(resource, name) {
			continue
		}
		answer(w, rule.Effect, resource, name)
		return
	}
	if watches(r) {
		// Events are read line by line, which compressed ones do not have.
		r.Header.Set("Accept", jsonOnly(r.Header.Get("Accept")))
		r.Header.Set("Accept-Encoding", "identity")
	}
	forward.ServeHTTP(w, r)
}

func (p *Proxy) inForce() []Rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Rule(nil), p.rules...)
}

func (r Rule) matches(resource, name string) bool {
	return r.Resource == resource && strings.HasPrefix(name, r.Name)
}

// target reads resource and name out of /api/v1/… or /apis/<group>/<version>/…
func target(path string) (resource, name string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return "", ""
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	if len(parts) > 1 {
		name = parts[1]
	}
	return parts[0], name
}

func answer(w http.ResponseWriter, effect Effect, resource, name string) {
	status := metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusSuccess, Code: http.StatusOK}
	if effect == Refuse {
		status.Status, status.Code, status.Reason = metav1.StatusFailure, http.StatusForbidden, metav1.StatusReasonForbidden
		status.Message = fmt.Sprintf("%s %q is refused", resource, name)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.Code))
	_ = json.NewEncoder(w).Encode(status) // the client has gone
}
