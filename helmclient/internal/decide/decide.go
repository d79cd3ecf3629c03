// Package decide says what to do with a release. It is a pure function of what was observed.
package decide

// Owner says who wrote the newest revision, or left it in flight.
type Owner string

// The owners.
const (
	Ours    Owner = "ours"    // this instance, this start of it or an earlier one
	Dead    Owner = "dead"    // another instance that is known to be gone
	Foreign Owner = "foreign" // another instance, another tool, or somebody who changed our record
)

// Observation is what is known of a release before anything is done.
type Observation struct {
	State   string // Helm's status of the newest revision; "" when there is none
	Owner   Owner
	Inputs  bool // the newest revision was made of the inputs wanted now
	Cluster bool // and what the chart saw of the cluster is as it was
	Repair  bool // a comparison of all objects is asked for
}

// Step is what to do.
type Step string

// The steps.
const (
	Skip    Step = "skip"    // nothing
	Repair  Step = "repair"  // put objects right, without a revision
	Compare Step = "compare" // render; upgrade only if the result differs
	Install Step = "install"
	Upgrade Step = "upgrade"
	Recover Step = "recover" // upgrade over an interrupted revision
	Refuse  Step = "refuse"
)

// Rule is one line of the table.
type Rule struct {
	When  string
	Then  Step
	Why   string
	match func(Observation) bool
}

// Table is the rules in order; the first that matches decides. The last matches always.
func Table() []Rule {
	return []Rule{
		{"there is no revision", Install, "no release yet",
			func(o Observation) bool { return o.State == "" }},
		{"uninstalled, history kept", Install, "the release was uninstalled",
			func(o Observation) bool { return o.State == "uninstalled" }},
		{"pending or uninstalling, ours or its owner is dead", Recover, "an earlier attempt was interrupted",
			func(o Observation) bool { return inFlight(o.State) && o.Owner != Foreign }},
		{"pending or uninstalling, foreign", Refuse, "another owner's operation is in flight",
			func(o Observation) bool { return inFlight(o.State) }},
		{"not deployed", Upgrade, "the newest revision is not deployed",
			func(o Observation) bool { return o.State != "deployed" }},
		{"deployed, not by us", Upgrade, "the newest revision was not written by us",
			func(o Observation) bool { return o.Owner != Ours }},
		{"deployed by us, of other inputs", Upgrade, "chart, values or labels changed",
			func(o Observation) bool { return !o.Inputs }},
		{"same inputs, the cluster that the chart looks at changed", Compare, "capabilities or looked-up objects changed",
			func(o Observation) bool { return !o.Cluster }},
		{"same inputs, repair asked for", Repair, "a comparison with the cluster was asked for",
			func(o Observation) bool { return o.Repair }},
		{"same inputs", Skip, "nothing changed",
			func(Observation) bool { return true }},
	}
}

// Release decides.
func Release(o Observation) Rule {
	for _, r := range Table() {
		if r.match(o) {
			return r
		}
	}
	panic("unreachable: the last rule matches always")
}

func inFlight(state string) bool {
	switch state {
	case "pending-install", "pending-upgrade", "pending-rollback", "uninstalling":
		return true
	}
	return false
}
