package fault

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
)

func TestTarget(t *testing.T) {
	for path, want := range map[string][2]string{
		"/api/v1/nodes":                                  {"nodes", ""},
		"/api/v1/nodes/one":                              {"nodes", "one"},
		"/api/v1/namespaces":                             {"namespaces", ""},
		"/api/v1/namespaces/a":                           {"namespaces", "a"},
		"/api/v1/namespaces/a/secrets/s":                 {"secrets", "s"},
		"/apis/apps/v1/deployments":                      {"deployments", ""},
		"/apis/apps/v1/namespaces/a/deployments/d":       {"deployments", "d"},
		"/apis/apps/v1/namespaces/a/deployments/d/scale": {"deployments", "d"},
		"/healthz": {"", ""},
		"/apis":    {"", ""},
	} {
		resource, name := target(path)
		require.Equal(t, want, [2]string{resource, name}, path)
	}
}

func TestProxy(t *testing.T) {
	proceed := make(chan struct{})
	var reached []string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached = append(reached, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if !watches(r) {
			return
		}
		require.Equal(t, "application/json;as=Table", r.Header.Get("Accept"))
		for _, name := range []string{"kept-1", "lost-1", "then", "lost-2", "kept-2"} {
			if name == "then" {
				<-proceed
				continue
			}
			fmt.Fprintf(w, `{"type":"MODIFIED","object":{"metadata":{"name":%q}}}`+"\n", name)
			w.(http.Flusher).Flush()
		}
		fmt.Fprintln(w, `{"type":"BOOKMARK","object":{"metadata":{"name":""}}}`)
	}))
	defer upstream.Close()
	proxy, err := NewProxy(&rest.Config{Host: upstream.URL})
	require.NoError(t, err)
	defer proxy.Close()
	client := proxy.server.Client()
	do := func(method, path string) (int, *bufio.Reader) {
		request, err := http.NewRequestWithContext(t.Context(), method, proxy.URL()+path, nil)
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer mine")
		request.Header.Set("Accept", "application/vnd.kubernetes.protobuf,application/json;as=Table")
		response, err := client.Do(request)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, response.Body.Close()) })
		return response.StatusCode, bufio.NewReader(response.Body)
	}

	code, _ := do("DELETE", "/api/v1/namespaces/a/secrets/one")
	require.Equal(t, 200, code)
	require.Equal(t, []string{"DELETE /api/v1/namespaces/a/secrets/one Bearer mine"}, reached)
	proxy.Add(Rule{Effect: Refuse, Method: "DELETE", Resource: "secrets", Name: "on"}, Rule{Effect: Swallow, Method: "DELETE", Resource: "secrets"})
	code, _ = do("DELETE", "/api/v1/namespaces/a/secrets/one")
	require.Equal(t, 403, code)
	code, swallowed := do("DELETE", "/api/v1/namespaces/a/secrets/two")
	body, err := io.ReadAll(swallowed)
	require.NoError(t, err)
	require.Equal(t, 200, code)
	require.Contains(t, string(body), `"status":"Success"`)
	require.Len(t, reached, 1)

	_, lines := do("GET", "/api/v1/pods?watch=true")
	next := func() string { line, _ := lines.ReadString('\n'); return line }
	require.Contains(t, next(), "kept-1")
	require.Contains(t, next(), "lost-1", "the rule is not there yet")
	proxy.Add(Rule{Effect: Drop, Resource: "pods", Name: "lost"})
	close(proceed)
	require.Contains(t, next(), "kept-2")
	require.Contains(t, next(), "BOOKMARK")
	_, err = lines.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hook.sh"), []byte("echo true\necho true\n"), 0o755))
	require.NoError(t, Replace(dir, "hook.sh", "true", "false"))
	data, err := os.ReadFile(filepath.Join(dir, "hook.sh"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(data), "false"))
	info, err := os.Stat(filepath.Join(dir, "hook.sh"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm(), "an executable stays one")
	require.ErrorContains(t, Replace(dir, "hook.sh", "true", "x"), `does not hold "true"`)
}
