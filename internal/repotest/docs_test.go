package repotest

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fenced   = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	fencedGo = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	// somebodysFolder finds paths that exist on one machine only.
	somebodysFolder = regexp.MustCompile(`(?:^|[\s"'(=` + "`" + `])(/(?:root|home|Users|tmp|work|mnt|private)(?:/[\w.-]*)*)`)
)

func TestLinksInDocsResolve(t *testing.T) {
	for _, file := range files(t, "*.md") {
		text := fenced.ReplaceAllString(read(t, file), "")
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, fragment, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, ":") {
				continue // Another site: not ours to keep.
			}
			to := file
			if target != "" {
				to = path.Join(path.Dir(file), target)
			}
			if _, err := os.Stat(filepath.Join(root, to)); !assert.NoError(t, err, "%s links to %s", file, match[1]) || fragment == "" {
				continue
			}
			assert.Contains(t, anchors(read(t, to)), fragment, "%s links to %s", file, match[1])
		}
	}
}

func TestDocsNameNobodysFolders(t *testing.T) {
	for _, pattern := range []string{"*.md", "*.txt"} {
		for _, file := range files(t, pattern) {
			for _, match := range somebodysFolder.FindAllStringSubmatch(read(t, file), -1) {
				assert.Fail(t, "a path of one machine", "%s names %s", file, match[1])
			}
		}
	}
}

func TestReadmeShowsTheHelloExample(t *testing.T) {
	const example = "examples/01-hello/main.go"
	shown := fencedGo.FindStringSubmatch(read(t, "README.md"))
	require.NotNil(t, shown, "README.md shows no Go program")
	hello, err := os.ReadFile(filepath.Join(root, example))
	require.NoError(t, err)
	require.Equal(t, string(hello), shown[1], "README.md and %s differ", example)
	require.Less(t, strings.Count(shown[1], "\n"), 40, "the hello program has grown too long to greet with")
}

func TestDecisionsBeginWithTheUsersCode(t *testing.T) {
	for _, file := range files(t, "[0-9][0-9][0-9][0-9]-*.md") {
		if path.Dir(file) != "docs/decisions" {
			continue
		}
		text := read(t, file)
		code := strings.Index(text, "```")
		for _, part := range []string{"\n## Context\n", "\n## Options\n", "\n## Choice\n", "\n## Cost\n"} {
			at := strings.Index(text, part)
			assert.Positive(t, at, "%s has no part %q", file, strings.TrimSpace(part))
			assert.True(t, 0 <= code && code < at, "%s does not begin with code, before %q", file, strings.TrimSpace(part))
		}
		assert.Contains(t, read(t, "docs/decisions/README.md"), "("+path.Base(file)+")", "the list of decisions misses one")
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	require.NoError(t, err)
	return string(data)
}

// anchors are the fragments that a document's headings can be linked by.
func anchors(text string) []string {
	var all []string
	for _, match := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, match[1]))
	}
	return all
}
