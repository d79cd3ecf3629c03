package cmsource

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// A version names the content of each key, as "key=digest key=digest": it tells of every section on its own whether
// it has moved, needs no memory of what was told, and outlives restarts and foreign keys.

func fingerprint(data map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if d := digest(data[key]); d != "" {
			parts = append(parts, key+"="+d)
		}
	}
	return strings.Join(parts, " ")
}

// read finds a key's digest in a version; "" when the key was absent.
func read(version, key string) string {
	for part := range strings.SplitSeq(version, " ") {
		if name, d, _ := strings.Cut(part, "="); name == key {
			return d
		}
	}
	return ""
}

// digest is "" for a blank text, which says as much as none.
func digest(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// clone is a copy that is never nil.
func clone(data map[string]string) map[string]string {
	c := make(map[string]string, len(data))
	maps.Copy(c, data)
	return c
}
