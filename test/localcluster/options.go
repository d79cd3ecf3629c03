package localcluster

import "fmt"

// Part says which components a process runs.
type Part string

// The parts of a control plane.
const (
	All       Part = "all"       // everything in one process
	Etcd      Part = "etcd"      // the storage
	APIServer Part = "apiserver" // kube-apiserver; needs Etcd
	Rest      Part = "rest"      // controller-manager, scheduler and nodes; needs APIServer
)

// ParsePart returns the part of that name.
func ParsePart(name string) (Part, error) {
	switch p := Part(name); p {
	case All, Etcd, APIServer, Rest:
		return p, nil
	}
	return "", fmt.Errorf("unknown part %q: use %s, %s, %s or %s", name, All, Etcd, APIServer, Rest)
}

// Options say what to run and where. Only Dir must be set.
type Options struct {
	// Dir holds certificates, ports, data and logs of one control plane. It is created
	// when missing; what an earlier run left in it is used again.
	Dir string
	// Part is what this process runs. Default: All.
	Part Part
	// Nodes is the number of simulated nodes that are there at the start. Default: 2.
	Nodes int
	// Ready, if set, is called once when the part serves.
	Ready func()
	// Step, if set, is called with a short sentence for each step of the start.
	Step func(string)
}

func (o Options) withDefaults() Options {
	if o.Part == "" {
		o.Part = All
	}
	if o.Nodes == 0 {
		o.Nodes = 2
	}
	if o.Ready == nil {
		o.Ready = func() {}
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	return o
}
