package dag

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func node(name string, order int, needs ...string) Node {
	return Node{Name: name, Order: order, Needs: needs}
}

func TestWaves(t *testing.T) {
	for name, c := range map[string]struct {
		nodes []Node
		want  [][]string
	}{
		"nothing":                {nil, [][]string{}},
		"equal orders":           {[]Node{node("b", 1), node("a", 1)}, [][]string{{"a", "b"}}},
		"orders":                 {[]Node{node("a", 30), node("b", 2), node("c", 30)}, [][]string{{"b"}, {"a", "c"}}},
		"a need in one order":    {[]Node{node("a", 1, "b"), node("b", 1), node("c", 1)}, [][]string{{"b", "c"}, {"a"}}},
		"a need beats the order": {[]Node{node("a", 1, "z"), node("m", 2), node("z", 3)}, [][]string{{"m"}, {"z"}, {"a"}}},
		"a diamond": {[]Node{node("d", 0, "b", "c"), node("b", 0, "a"), node("c", 0, "a"), node("a", 0)},
			[][]string{{"a"}, {"b", "c"}, {"d"}}},
		"a need named twice":      {[]Node{node("a", 0, "b", "b"), node("b", 0)}, [][]string{{"b"}, {"a"}}},
		"the first of a name":     {[]Node{node("a", 1), node("b", 0), node("a", -1)}, [][]string{{"b"}, {"a"}}},
		"problems are left aside": {[]Node{node("a", 0, "gone"), node("b", 0, "a"), node("c", 0, "c"), node("d", 0)}, [][]string{{"d"}}},
	} {
		t.Run(name, func(t *testing.T) {
			g := New(c.nodes...)
			require.Equal(t, c.want, g.Waves())
			back := g.Reverse()
			for i, wave := range c.want {
				require.Equal(t, wave, back[len(back)-1-i])
			}
		})
	}
}

func TestProblems(t *testing.T) {
	g := New(
		node("web", 0, "api"), node("api", 0, "database"), node("database", 0, "web", "storage"), node("storage", 0),
		node("shop", 0, "front"), node("front", 0, "web"),
		node("self", 0, "self"),
		node("mail", 0, "databse"), node("news", 0, "mail"), node("far", 0, "somewhere-else"),
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
	require.Equal(t, [][]string{{"storage"}}, g.Waves())
	var cycle *CycleError
	require.ErrorAs(t, g.Problem("shop"), &cycle)
	var missing *MissingError
	require.ErrorAs(t, g.Problem("news"), &missing)
	require.Equal(t, &MissingError{Node: "mail", Target: "databse", Nearest: "database"}, missing)
}

func TestTwoCyclesShareANode(t *testing.T) {
	g := New(node("a", 0, "b", "c"), node("b", 0, "a"), node("c", 0, "d"), node("d", 0, "a"))
	require.EqualError(t, g.Problem("a"), "needs go round in a cycle: a needs b needs a; remove one of these needs")
	require.EqualError(t, g.Problem("d"), "needs go round in a cycle: d needs a needs c needs d; remove one of these needs")
}

func TestNeighbours(t *testing.T) {
	g := New(node("a", 0), node("b", 0, "a"), node("c", 0, "b", "a"), node("d", 0, "c"), node("x", 0))
	require.Equal(t, []string{"a", "b"}, g.Needs("c"))
	require.Equal(t, []string{"b", "c"}, g.Dependents("a"))
	require.Equal(t, []string{"c", "d"}, g.AllDependents("b"))
	require.Empty(t, g.AllDependents("x"))
	require.Empty(t, g.Dependents("unknown"))
}

// Whatever the graph: waves and problems share out the nodes, and every need stands in an earlier wave.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(500) {
		dice := rand.New(rand.NewPCG(seed, 3))
		nodes := make([]Node, 1+dice.IntN(12))
		for i := range nodes {
			nodes[i] = node(fmt.Sprint("n", i), dice.IntN(3))
			for range dice.IntN(3) {
				nodes[i].Needs = append(nodes[i].Needs, fmt.Sprint("n", dice.IntN(len(nodes)+dice.IntN(2))))
			}
		}
		g := New(nodes...)
		dice.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
		require.Equal(t, g, New(nodes...), "seed %d: the sequence does not matter", seed)
		wave := map[string]int{}
		for i, names := range g.Waves() {
			for _, name := range names {
				require.NotContains(t, wave, name)
				wave[name] = i
			}
		}
		for _, n := range nodes {
			at, sorted := wave[n.Name]
			require.NotEqual(t, sorted, g.Problem(n.Name) != nil, "seed %d: %s is in a wave or has a problem", seed, n.Name)
			if !sorted {
				continue
			}
			for _, need := range n.Needs {
				require.Contains(t, wave, need)
				require.Less(t, wave[need], at)
			}
		}
	}
}

func TestLongChain(t *testing.T) {
	nodes := []Node{node("n0", 0)}
	for i := 1; i < 20_000; i++ {
		nodes = append(nodes, node(fmt.Sprint("n", i), 0, fmt.Sprint("n", i-1)))
	}
	require.Len(t, New(nodes...).Waves(), 20_000)
}
