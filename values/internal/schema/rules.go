package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"

	"github.com/addonkit/addonkit/values/internal/tree"
)

// The keywords that hold CEL rules. Those of the first kind are written as in CRDs;
// of the second, as addon-operator's modules do, where every number is a double.
const (
	kubernetesRules = "x-kubernetes-validations"
	deckhouseRules  = "x-deckhouse-validations"
)

var ruleKeywords = []string{kubernetesRules, deckhouseRules}

// maxCost bounds one evaluation, in units of cel-go.
const maxCost = 1_000_000

type rule struct {
	keyword    string
	at         string // "x-kubernetes-validations/0"
	program    cel.Program
	text       string
	doubles    bool
	transition bool // mentions oldSelf
	optional   bool // oldSelf is an optional that may be empty
}

func rulesOf(rules []rule, keyword string) []rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.keyword != keyword })
}

// rules compiles the rules of one schema.
func (r *reader) rules(n *Node) {
	for _, keyword := range ruleKeywords {
		list, ok := r.raw.Child(keyword)
		if !ok {
			continue
		}
		if list.Kind() != tree.List {
			r.fail(keyword, "must be a list of rules")
			continue
		}
		for i, raw := range list.Items() {
			at := keyword + "/" + strconv.Itoa(i)
			rule, err := r.c.cel.rule(keyword, raw)
			if err != nil {
				r.fail(at, err.Error())
				return
			}
			rule.at = at
			n.rules = append(n.rules, rule)
		}
	}
}

// celCompiler makes its environments at the first rule, for most schemas have none.
type celCompiler struct {
	envs map[celDialect]*cel.Env
}

type celDialect struct{ doubles, optional bool }

func (c *celCompiler) env(d celDialect) (*cel.Env, error) {
	if env := c.envs[d]; env != nil {
		return env, nil
	}
	old := cel.DynType
	if d.optional {
		old = cel.OptionalType(cel.DynType)
	}
	env, err := cel.NewEnv(
		cel.CustomTypeAdapter(celAdapter{d.doubles}), cel.Variable("self", cel.DynType), cel.Variable("oldSelf", old),
		ext.Strings(), ext.Lists(), ext.Sets(), ext.Math(), ext.Encoders(), ext.TwoVarComprehensions(),
		cel.CrossTypeNumericComparisons(true), cel.OptionalTypes(), cel.DefaultUTCTimeZone(true),
	)
	if err != nil {
		return nil, err
	}
	if c.envs == nil {
		c.envs = map[celDialect]*cel.Env{}
	}
	c.envs[d] = env
	return env, nil
}

func (c *celCompiler) rule(keyword string, raw tree.Value) (rule, error) {
	word := map[string]string{kubernetesRules: "rule", deckhouseRules: "expression"}[keyword]
	source, message := child(raw, word), child(raw, "message")
	if source == "" {
		return rule{}, fmt.Errorf("needs a text %q", word)
	}
	if message == "" && keyword == deckhouseRules {
		return rule{}, errors.New(`needs a text "message"`)
	}
	if message == "" {
		message = "breaks the rule " + strings.Join(strings.Fields(source), " ")
	}
	out := rule{keyword: keyword, text: message, doubles: keyword == deckhouseRules, optional: child(raw, "optionalOldSelf") == "true"}
	env, err := c.env(celDialect{out.doubles, out.optional})
	if err != nil {
		return rule{}, err
	}
	ast, program, err := compileCEL(env, source, cel.BoolType)
	if err != nil {
		return rule{}, err
	}
	out.program = program
	for _, r := range ast.NativeRep().ReferenceMap() {
		out.transition = out.transition || r.Name == "oldSelf"
	}
	if m := child(raw, "messageExpression"); m != "" { // checked only: what it says may hold values
		if _, _, err = compileCEL(env, m, cel.StringType); err != nil {
			return rule{}, err
		}
	}
	return out, nil
}

func compileCEL(env *cel.Env, source string, want *cel.Type) (*cel.Ast, cel.Program, error) {
	const longest = 16 << 10
	if len(source) > longest {
		return nil, nil, errors.New("has an expression of more than 16 KiB")
	}
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, nil, fmt.Errorf("has an expression that does not compile: %s", issues.Errors()[0].Message)
	}
	if t := ast.OutputType(); !t.IsExactType(want) && !t.IsExactType(cel.DynType) {
		return nil, nil, fmt.Errorf("has an expression of type %s where %s is needed", t, want)
	}
	program, err := env.Program(ast, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, nil, errors.New("has an expression that cannot be run")
	}
	return ast, program, nil
}

func child(raw tree.Value, key string) string {
	c, _ := raw.Child(key)
	return c.Text()
}

// rules evaluates the rules of one schema for one value. A key that the rule reads and
// the values lack lets a rule of the second kind pass; every other failure counts.
func (c *check) rules(n *Node, v, old tree.Value) {
	for _, r := range n.rules {
		if r.transition && !r.optional && !old.Exists() {
			continue
		}
		ok, err := r.holds(v, old)
		switch {
		case err != nil && r.doubles && strings.Contains(err.Error(), "no such key"):
		case err != nil:
			c.failRule(n, r, "could not be checked: "+celReason(err))
		case !ok:
			c.failRule(n, r, r.text)
		}
	}
}

func (c *check) failRule(n *Node, r rule, message string) {
	c.fail(n, r.keyword, "%s", message)
	c.found[len(c.found)-1].Schema = n.at + "/" + r.at
}

func (r rule) holds(v, old tree.Value) (bool, error) {
	input := map[string]any{"self": r.self(v)}
	if r.transition {
		input["oldSelf"] = r.old(old)
	}
	out, _, err := r.program.Eval(input)
	if err != nil {
		return false, err
	}
	ok, isBool := out.Value().(bool)
	if !isBool {
		return false, errors.New("it does not answer yes or no")
	}
	return ok, nil
}

// celReason keeps the kinds of failure that quote no value.
func celReason(err error) string {
	text := err.Error()
	for _, known := range []string{"no such key", "no such overload", "division by zero", "index out of bounds", "cost limit", "does not answer"} {
		if strings.Contains(text, known) {
			return known
		}
	}
	return "its evaluation failed"
}
