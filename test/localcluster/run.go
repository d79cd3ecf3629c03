package localcluster

import (
	"context"

	"k8s.io/client-go/rest"
	logsapi "k8s.io/component-base/logs/api/v1"
)

// Run runs one part until ctx ends and returns when all of it has stopped: nil when it was
// told to stop, or why a component could not start or ended by itself. It can be called
// once in the life of a process.
func Run(ctx context.Context, o Options) error {
	o = o.withDefaults()
	f, err := open(o.Dir)
	if err != nil {
		return err
	}
	// Each component wants to configure the one logger of the process.
	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	rest.SetDefaultWarningHandler(rest.NoWarnings{})

	var components []component
	if o.Part == All || o.Part == Etcd {
		components = append(components, etcd(f))
	}
	if o.Part == All || o.Part == APIServer {
		components = append(components, apiServer(f))
	}
	if o.Part == All || o.Part == Rest {
		components = append(components, controllerManager(f), scheduler(f), simulatedNodes(f, o.Nodes))
	}
	return supervise(ctx, components, o)
}
