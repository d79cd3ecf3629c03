package dag

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func node(name string, needs ...string) Node { return Node{Name: name, Needs: needs} }

func TestProblems(t *testing.T) {
	g := New(
		node("web", "api"), node("api", "database"), node("database", "web", "storage"), node("storage"),
		node("shop", "front"), node("front", "web"),
		node("self", "self"),
		node("mail", "databse"), node("news", "mail"), node("far", "somewhere-else"),
	)
	for name, want := range map[string]string{
		"web":      "needs go round in a cycle: web needs api needs database needs web; remove one of these needs",
		"api":      "needs go round in a cycle: api needs database needs web needs api; remove one of these needs",
		"database": "needs go round in a cycle: database needs web needs api needs database; remove one of these needs",
		"front":    "front needs web: needs go round in a cycle: web needs api needs database needs web; remove one of these needs",
		"shop":     "shop needs front needs web: needs go round in a cycle: web needs api needs database needs web; remove one of these needs",
		"self":     "needs go round in a cycle: self needs self; remove one of these needs",
		"mail":     "mail needs databse, which does not exist; did you mean database?",
		"news":     "news needs mail: mail needs databse, which does not exist; did you mean database?",
		"far":      "far needs somewhere-else, which does not exist",
	} {
		require.EqualError(t, g.Problem(name), want)
	}
	require.NoError(t, g.Problem("storage"))
	require.NoError(t, g.Problem("unknown"))
	var cycle *CycleError
	require.ErrorAs(t, g.Problem("shop"), &cycle)
	var missing *MissingError
	require.ErrorAs(t, g.Problem("news"), &missing)
	require.Equal(t, &MissingError{Node: "mail", Target: "databse", Nearest: "database"}, missing)
}

func TestTwoCyclesShareANode(t *testing.T) {
	g := New(node("a", "b", "c"), node("b", "a"), node("c", "d"), node("d", "a"))
	require.EqualError(t, g.Problem("a"), "needs go round in a cycle: a needs b needs a; remove one of these needs")
	require.EqualError(t, g.Problem("d"), "needs go round in a cycle: d needs a needs c needs d; remove one of these needs")
}

// Whatever the graph: the nodes without a problem, and they alone, can have their turn one after the other.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(500) {
		dice := rand.New(rand.NewPCG(seed, 3))
		nodes := make([]Node, 1+dice.IntN(12))
		for i := range nodes {
			nodes[i] = node(fmt.Sprint("n", i))
			for range dice.IntN(3) {
				nodes[i].Needs = append(nodes[i].Needs, fmt.Sprint("n", dice.IntN(len(nodes)+dice.IntN(2))))
			}
		}
		g := New(nodes...)
		dice.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		require.Equal(t, g, New(nodes...), "seed %d: the sequence does not matter", seed)
		had := map[string]bool{}
		for range nodes {
			for _, n := range nodes {
				had[n.Name] = had[n.Name] || !slices.ContainsFunc(n.Needs, func(need string) bool { return !had[need] })
			}
		}
		for _, n := range nodes {
			require.Equal(t, had[n.Name], g.Problem(n.Name) == nil, "seed %d: %s", seed, n.Name)
		}
	}
}

func TestLongChain(t *testing.T) {
	nodes := []Node{node("n0")}
	for i := 1; i < 20_000; i++ {
		nodes = append(nodes, node(fmt.Sprint("n", i), fmt.Sprint("n", i-1)))
	}
	g := New(nodes...)
	require.NoError(t, g.Problem("n19999"))
	require.Len(t, g.parts(), 20_000)
}
