package schema

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/addonkit/addonkit/values/internal/tree"
)

func (c *check) kind(n *Node, v tree.Value) {
	if v.Kind() == tree.Null && n.nullable {
		return
	}
	if len(n.types) > 0 && !slices.ContainsFunc(n.types, func(t string) bool { return isType(v, t) }) {
		c.fail(n, "type", "must be of type %s, and is %s", strings.Join(n.types, " or "), v.Kind())
		return
	}
	if n.enum != nil && !slices.ContainsFunc(n.enum, v.Equal) && !slices.ContainsFunc(n.enum, func(e tree.Value) bool { return tree.SameNumber(e, v) }) {
		c.fail(n, "enum", "must be one of the values that the schema lists")
	}
}

func isType(v tree.Value, name string) bool {
	if name == "integer" {
		return v.IsInteger() || v.Kind() == tree.Number && strings.HasSuffix(v.Text(), ".0")
	}
	return v.Kind().String() == name
}

func (c *check) number(n *Node, v tree.Value) {
	if n.format == "int32" || n.format == "int64" {
		bits := map[string]int{"int32": 32, "int64": 64}[n.format]
		if _, err := strconv.ParseInt(v.Text(), 10, bits); err != nil && v.IsInteger() {
			c.fail(n, "format", "must fit in %d bits", bits)
		}
	}
	if n.minimum == nil && n.maximum == nil && n.multipleOf == nil {
		return
	}
	x, ok := rational(v)
	if !ok {
		c.fail(n, "minimum", "must be a number of ordinary size")
		return
	}
	if n.minimum != nil && (x.Cmp(n.minimum) < 0 || n.exclusiveMinimum && x.Cmp(n.minimum) == 0) {
		c.fail(n, "minimum", "must be %s %s", map[bool]string{false: "at least", true: "above"}[n.exclusiveMinimum], n.minimum.RatString())
	}
	if n.maximum != nil && (x.Cmp(n.maximum) > 0 || n.exclusiveMaximum && x.Cmp(n.maximum) == 0) {
		c.fail(n, "maximum", "must be %s %s", map[bool]string{false: "at most", true: "below"}[n.exclusiveMaximum], n.maximum.RatString())
	}
	if n.multipleOf != nil && !new(big.Rat).Quo(x, n.multipleOf).IsInt() {
		c.fail(n, "multipleOf", "must be a multiple of %s", n.multipleOf.RatString())
	}
}

func (c *check) text(n *Node, v tree.Value) {
	if n.minLength > 0 || n.maxLength >= 0 {
		length := utf8.RuneCountInString(v.Text())
		if length < n.minLength {
			c.fail(n, "minLength", "must have at least %d characters", n.minLength)
		}
		if n.maxLength >= 0 && length > n.maxLength {
			c.fail(n, "maxLength", "must have at most %d characters", n.maxLength)
		}
	}
	if n.pattern != nil && !n.pattern.MatchString(v.Text()) {
		c.fail(n, "pattern", "must match %s", n.pattern)
	}
	if n.format != "" && !hasFormat(n.format, v.Text()) {
		c.fail(n, "format", "must be a %s", n.format)
	}
}

// rational returns the exact value of a number whose exponent is ordinary.
func rational(v tree.Value) (*big.Rat, bool) {
	if v.Kind() != tree.Number {
		return nil, false
	}
	if _, exponent, scaled := strings.Cut(v.Text(), "e"); scaled {
		if e, err := strconv.Atoi(exponent); err != nil || e > 400 || e < -400 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(v.Text())
}
