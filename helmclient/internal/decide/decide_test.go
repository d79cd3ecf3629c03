package decide

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write decisions.md anew")

// observations is every combination that can be observed.
func observations() (out []Observation) {
	for _, state := range []string{"", "unknown", "deployed", "uninstalled", "superseded", "failed", "uninstalling",
		"pending-install", "pending-upgrade", "pending-rollback"} {
		for _, owner := range []Owner{Ours, Dead, Foreign} {
			for bits := range 8 {
				out = append(out, Observation{state, owner, bits&1 > 0, bits&2 > 0, bits&4 > 0})
			}
		}
	}
	return out
}

func TestEveryObservation(t *testing.T) {
	for _, o := range observations() {
		got := Release(o).Then
		var want Step
		switch {
		case o.State == "" || o.State == "uninstalled":
			want = Install
		case strings.HasPrefix(o.State, "pending-") || o.State == "uninstalling":
			if want = Recover; o.Owner == Foreign {
				want = Refuse
			}
		case o.State != "deployed" || o.Owner != Ours || !o.Inputs:
			want = Upgrade
		case !o.Cluster:
			want = Compare
		case o.Repair:
			want = Repair
		default:
			want = Skip
		}
		require.Equal(t, want, got, "%+v", o)
	}
}

func TestEveryRuleIsReached(t *testing.T) {
	reached := map[string]bool{}
	for _, o := range observations() {
		reached[Release(o).When] = true
	}
	for _, r := range Table() {
		require.True(t, reached[r.When], r.When)
	}
}

func TestThePrintedTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What Apply does with a release\n\nThe first line whose condition holds for the newest revision decides.\n\n" +
		"| newest revision | step | reason told |\n| --- | --- | --- |\n")
	for _, r := range Table() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.When, r.Then, r.Why)
	}
	const file = "../../decisions.md"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, b.String(), string(have), "run go test ./helmclient/internal/decide -update")
}
