package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/addon/internal/plan"
)

// TestStories runs testdata/*.txt. A story is lines of
//
//	module NAME ORDER [needs=A,B] [live] [stalled=WHY]
//	EVENT ARGUMENTS => STEP, STEP, …
//
// and each event line holds the exact steps that follow.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			tell(t, string(text))
		})
	}
}

func tell(t *testing.T, story string) {
	var modules []plan.Module
	var state plan.State
	begun := false
	for n, line := range strings.Split(story, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "module" {
			modules = append(modules, module(t, words[1:]))
			continue
		}
		if !begun {
			state, begun = plan.New(modules...), true
		}
		told, want, ok := strings.Cut(line, "=>")
		require.True(t, ok, "line %d: no =>", n+1)
		before := fmt.Sprint(state)
		next, steps := plan.Next(state, event(t, state, strings.Fields(told)))
		require.Equal(t, before, fmt.Sprint(state), "line %d: the old state was changed", n+1)
		require.Equal(t, strings.Join(strings.Fields(want), " "), strings.Join(wordsOf(steps), ", "), "line %d: %s", n+1, line)
		state = next
	}
}

func module(t *testing.T, words []string) plan.Module {
	order, err := strconv.Atoi(words[1])
	require.NoError(t, err)
	m := plan.Module{Name: words[0], Order: order}
	for _, w := range words[2:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "needs":
			m.Needs = strings.Split(value, ",")
		case "live":
			m.Live = true
		case "stalled":
			m.Stalled = value
		default:
			t.Fatalf("unknown word %q", w)
		}
	}
	return m
}

func event(t *testing.T, s plan.State, words []string) plan.Event {
	arg := func(i int) string {
		require.Greater(t, len(words), i, "%v", words)
		return words[i]
	}
	switch words[0] {
	case "changed":
		return plan.Changed{Now: len(words) > 1}
	case "found":
		return plan.Found{Live: words[1:]}
	case "before-all-done":
		return plan.BeforeAllDone{}
	case "decided":
		enabled := map[string]bool{}
		for _, w := range words[1:] {
			enabled[strings.TrimLeft(w, "+-")] = w[0] == '+'
		}
		return plan.Decided{Enabled: enabled}
	case "module-changed":
		return plan.ModuleChanged{Module: arg(1)}
	case "ok", "failed":
		number := s.Modules[arg(1)].Number
		if len(words) > 2 { // an older attempt
			number, _ = strconv.Atoi(words[2])
		}
		return plan.AttemptEnded{Module: arg(1), Number: number, OK: words[0] == "ok"}
	case "blocked":
		return plan.Blocked{Module: arg(1)}
	case "deleted", "delete-failed":
		return plan.Deleted{Module: arg(1), OK: words[0] == "deleted"}
	case "timed-out":
		return plan.TimedOut{Stage: s.Stage, Level: s.Level}
	case "after-all-done":
		return plan.AfterAllDone{GlobalChanged: len(words) > 1}
	}
	t.Fatalf("unknown event %v", words)
	return nil
}

func wordsOf(steps []plan.Step) []string {
	var list []string
	for _, s := range steps {
		switch s := s.(type) {
		case plan.RunBeforeAll:
			list = append(list, "before-all")
		case plan.Decide:
			list = append(list, "decide")
		case plan.Run:
			list = append(list, "run "+s.Module)
		case plan.Delete:
			list = append(list, "delete "+s.Module)
		case plan.StartTimer:
			list = append(list, "timer")
		case plan.RunAfterAll:
			list = append(list, strings.TrimSpace("after-all "+strings.Join(s.Failed, " ")))
		case plan.Finish:
			list = append(list, "finish")
		}
	}
	if len(list) == 0 {
		return []string{"nothing"}
	}
	return list
}
