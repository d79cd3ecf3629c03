package tree

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

// maxNumber bounds the length of a number's literal and of its exponent.
const (
	maxNumber   = 1024
	maxExponent = 9999
)

var errNumber = errors.New("is not a number")

// NewInt returns an integer.
func NewInt(i int64) Value { return Value{kind: Number, text: strconv.FormatInt(i, 10)} }

// NewUint returns an integer.
func NewUint(u uint64) Value { return Value{kind: Number, text: strconv.FormatUint(u, 10)} }

// NewFloat returns a number that is not an integer by kind: 1 becomes 1.0.
func NewFloat(f float64) (Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Value{}, errors.New("is NaN or infinite, which JSON cannot hold")
	}
	return NewNumber(strconv.FormatFloat(f, 'e', -1, 64))
}

// NewNumber reads a literal as JSON writes it (a leading "+", leading zeros and a
// bare point are taken too). A literal without point and exponent is an integer
// of any size. One numeric value of one kind has one canonical text.
func NewNumber(literal string) (Value, error) {
	if len(literal) > maxNumber {
		return Value{}, errors.New("is a number of more than 1024 characters")
	}
	rest, negative := strings.CutPrefix(literal, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	mantissa, exponent, scaled := rest, 0, false
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		e, err := strconv.Atoi(rest[i+1:])
		if err != nil || e > maxExponent || e < -maxExponent {
			return Value{}, errors.New("is a number with an exponent out of range")
		}
		mantissa, exponent, scaled = rest[:i], e, true
	}
	whole, fraction, pointed := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !digits(whole) || !digits(fraction) {
		return Value{}, errNumber
	}
	if !pointed && !scaled {
		return Value{kind: Number, text: signed(negative, strings.TrimLeft(whole, "0"), "0")}, nil
	}
	all := strings.TrimLeft(whole+fraction, "0")
	exponent -= len(fraction)
	trimmed := strings.TrimRight(all, "0")
	exponent += len(all) - len(trimmed)
	if trimmed == "" {
		return Value{kind: Number, text: "0.0"}, nil
	}
	return Value{kind: Number, text: signed(negative, layout(trimmed, exponent), "")}, nil
}

// Any returns the number as Go code expects it: an int64, a float64, or a
// json.Number where neither holds it.
func (v Value) number() any {
	if v.IsInteger() {
		if i, err := strconv.ParseInt(v.text, 10, 64); err == nil {
			return i
		}
		return json.Number(v.text)
	}
	if f, err := strconv.ParseFloat(v.text, 64); err == nil {
		return f
	}
	return json.Number(v.text)
}

// layout writes digits × 10^exponent plainly, or with an exponent where the
// plain form would be long.
func layout(digits string, exponent int) string {
	point := len(digits) + exponent // digits before the point
	switch {
	case point > 21 || point < -5:
		if len(digits) == 1 {
			return digits + ".0e" + sign(point-1)
		}
		return digits[:1] + "." + digits[1:] + "e" + sign(point-1)
	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits)) + ".0"
	default:
		return digits[:point] + "." + digits[point:]
	}
}

func sign(e int) string {
	if e < 0 {
		return strconv.Itoa(e)
	}
	return "+" + strconv.Itoa(e)
}

func signed(negative bool, text, zero string) string {
	switch {
	case text == "":
		return zero
	case negative:
		return "-" + text
	default:
		return text
	}
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// SameNumber reports whether both are numbers of one numeric value, 1 and 1.0 too.
func SameNumber(v, w Value) bool {
	if v.kind != Number || w.kind != Number {
		return false
	}
	return decimal(v.text) == decimal(w.text)
}

// decimal writes any canonical number as one of its kind that is not an integer.
func decimal(text string) string {
	if strings.ContainsAny(text, ".e") {
		return text
	}
	n, err := NewNumber(text + "e0")
	if err != nil {
		return text
	}
	return n.text
}
