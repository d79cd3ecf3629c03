package localcluster

import (
	_ "embed"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kwok "sigs.k8s.io/kwok/pkg/apis/internalversion"
)

// Conditions on a pod, in jq.
const (
	alive     = `.metadata.deletionTimestamp == null`
	pending   = `.status.phase == "Pending"`
	behaves   = `(.metadata.annotations["sim/behaviour"] // "" | IN("crash", "never", "slow") | not)`
	crashes   = `.metadata.annotations["sim/behaviour"] == "crash"`
	slow      = `.metadata.annotations["sim/behaviour"] == "slow"`
	runsOnce  = `.spec.restartPolicy == "Never"`
	endsByJob = `any(.metadata.ownerReferences[]?; .kind == "Job")`
	endsAlone = `((.metadata.ownerReferences // [] | length) == 0 and .spec.restartPolicy != "Always")`
)

// Statuses, as templates over the object.
var (
	//go:embed stages/node-ready.yaml
	nodeReadyStatus string
	//go:embed stages/pod-running.yaml
	runningStatus string
	//go:embed stages/pod-succeeded.yaml
	succeededStatus string
	//go:embed stages/pod-crashing.yaml
	crashingStatus string
	//go:embed stages/pod-failed.yaml
	failedStatus string
)

// stages is the life of nodes and pods: each stage says when it applies and what the
// status is then.
func stages() map[kwok.StageResourceRef][]*kwok.Stage {
	node := kwok.StageResourceRef{APIGroup: "v1", Kind: "Node"}
	pod := kwok.StageResourceRef{APIGroup: "v1", Kind: "Pod"}
	return map[kwok.StageResourceRef][]*kwok.Stage{
		node: {
			stage(node, "node-ready", 0, status(nodeReadyStatus),
				`any(.status.conditions[]?; .type == "Ready" and .status == "True") | not`),
		},
		pod: {
			stage(pod, "pod-running", 0, status(runningStatus), alive, pending, behaves),
			stage(pod, "pod-running-late", 3000, status(runningStatus), alive, pending, slow),
			stage(pod, "pod-crashing", 0, status(crashingStatus), alive, pending, crashes, runsOnce+" | not"),
			stage(pod, "pod-failed", 0, status(failedStatus), alive, pending, crashes, runsOnce),
			stage(pod, "pod-succeeded", 0, status(succeededStatus), alive,
				`.status.phase == "Running"`, "("+crashes+") | not", endsByJob+" or "+endsAlone),
			stage(pod, "pod-deleted", 0, kwok.StageStep{Delete: true}, "("+alive+") | not"),
		},
	}
}

// stage applies when all conditions hold, delay milliseconds later.
func stage(of kwok.StageResourceRef, name string, delay int64, step kwok.StageStep, conditions ...string) *kwok.Stage {
	s := &kwok.Stage{ObjectMeta: metav1.ObjectMeta{Name: name}}
	s.Spec.ResourceRef = of
	s.Spec.Selector = &kwok.StageSelector{}
	for _, condition := range conditions {
		s.Spec.Selector.MatchExpressions = append(s.Spec.Selector.MatchExpressions, kwok.MatchExpression{
			JQ: &kwok.SelectorJQ{Key: condition, Operator: kwok.SelectorOpIn, Values: []string{"true"}},
		})
	}
	if delay > 0 {
		s.Spec.Delay = &kwok.StageDelay{DurationMilliseconds: &delay}
	}
	s.Spec.Steps = []kwok.StageStep{step}
	return s
}

func status(template string) kwok.StageStep {
	return kwok.StageStep{Patch: &kwok.StagePatch{Subresource: "status", Root: "status", Template: template}}
}
