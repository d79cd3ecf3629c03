package values

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Global is the key of the section that all modules share.
const Global = "global"

const (
	enabledSuffix     = "Enabled"
	maintenanceSuffix = "Maintenance"
)

// Key returns the camelCase key under which the values of a module live. The name
// is kebab-case and must come back unchanged from its key, so that a key belongs to
// one module only; the error proposes the corrected name.
func Key(module string) (string, error) {
	if module == "" {
		return "", errors.New("a module needs a name")
	}
	if module == Global {
		return "", fmt.Errorf("module name %q is reserved for the values that all modules share", module)
	}
	proposal := kebab(module)
	key := camel(proposal)
	if proposal = kebab(key); proposal != module {
		if proposal == "" {
			return "", fmt.Errorf("module name %q holds neither letters nor digits", module)
		}
		return "", fmt.Errorf("module name %q does not survive the way to its values key and back; name it %q", module, proposal)
	}
	return key, nil
}

// checkKey refuses what cannot be a key of a section.
func checkKey(key string) error {
	if name := kebab(key); key == "" || camel(name) != key {
		return fmt.Errorf("%q is not a camelCase key of a section; did you mean %q?", key, camel(kebab(key)))
	}
	return nil
}

// camel joins the words of a kebab-case name.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words {
		if i > 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// kebab cuts a name into lower-case words: at anything that is neither letter nor
// digit, before a capital after a small letter or digit, and before the last
// capital of a run that goes on in small letters. Only ASCII counts.
func kebab(name string) string {
	var b strings.Builder
	var before rune
	runes := []rune(name)
	for i, r := range runes {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			before = 0
			continue
		}
		next := rune(0)
		if i+1 < len(runes) {
			next = runes[i+1]
		}
		cut := before == 0 || unicode.IsUpper(r) && (!unicode.IsUpper(before) || unicode.IsLower(next))
		if cut && b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}
