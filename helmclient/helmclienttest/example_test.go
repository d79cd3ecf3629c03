package helmclienttest_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/addonkit/addonkit/helmclient"
	"github.com/addonkit/addonkit/helmclient/helmclienttest"
)

// A release is applied until it is as it should be, and then left alone.
func Example() {
	chart, err := helmclient.Load(fstest.MapFS{
		"templates/greeting.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: greeting}\ndata: {text: '{{ .Values.text }}'}\n")},
	}, helmclient.LoadOptions{Name: "greeter"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var client helmclient.Client = helmclienttest.New()
	request := helmclient.Request{Name: "greeter", Namespace: "default", Chart: chart}
	for _, text := range []string{"hello", "hello", "good morning"} {
		request.Values = map[string]any{"text": text}
		result, err := client.Apply(context.Background(), request)
		fmt.Println(result.Action, result.Revision, result.Reason, err)
	}
	// Output:
	// Installed 1 no release yet <nil>
	// Skipped 1 nothing changed <nil>
	// Upgraded 2 chart, values or labels changed <nil>
}
