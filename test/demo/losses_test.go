package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/test/demo/checker"
)

// What the checker would not notice is not proved by it.
func TestEveryItemCanBeLost(t *testing.T) {
	var names []string
	for _, item := range append(checker.Items(), checker.ChartItems()...) {
		require.NotContains(t, names, item.Name, "two items of one name")
		names = append(names, item.Name)
	}
	require.Equal(t, names, breakable())
	require.Len(t, losses(), len(names), "a loss of something that is no item")
	for name := range editBefore() {
		require.Contains(t, names, name, "an edit for something that is no item")
	}
	for name, lost := range losses() {
		require.True(t, lost.charts || len(lost.rules)+len(lost.flags) > 0 || lost.do != nil || lost.instead != nil, name)
	}
}

func TestEveryOutcomeHasAnItem(t *testing.T) {
	outcomes := map[int]bool{}
	for _, item := range append(checker.Items(), checker.ChartItems()...) {
		outcomes[item.Outcome] = true
	}
	require.Len(t, outcomes, 9)
}

func TestCheckBreak(t *testing.T) {
	require.NoError(t, options{}.checkBreak())
	require.NoError(t, options{broken: checker.Uninstall}.checkBreak())
	require.ErrorContains(t, options{broken: "unistall"}.checkBreak(), "it is one of modules-folder, go-module")
	require.ErrorContains(t, options{broken: checker.ChartUpgrade}.checkBreak(), "ADDONKIT_TEST_CHARTS")
	require.NoError(t, options{broken: checker.ChartUpgrade, charts: "x"}.checkBreak())
}
