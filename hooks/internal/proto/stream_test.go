package proto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks/internal/proto"
)

func TestStream(t *testing.T) {
	m := func(v any) any { return map[string]any{"a": v} }
	for text, want := range map[string][]any{
		"":                                      nil,
		" \n":                                   nil,
		`{"a":1}{"a":2.5} [3]`:                  {m(int64(1)), m(2.5), []any{int64(3)}},
		"a: 1\n---\na: x\n":                     {m(int64(1)), m("x")},
		"---\na: 1\n---\n---\n# none\n":         {m(int64(1))},
		"{a: 1}\n---\n{\"a\": 2}\n{\"a\": 3}\n": {m(int64(1)), m(int64(2)), m(int64(3))},
		"a: 12345678901234567890":               {m(12345678901234567890.0)},
	} {
		got, err := proto.Stream([]byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{
		`{"a":1}{"a":`:    "cut off",
		"a: 1\n---\na: [": "document 2: ",
		"\xff":            "UTF-8",
		"a: 1\na: 2\n":    `"a" is given twice`,
		"{a: 1\n":         "JSON",
	} {
		_, err := proto.Stream([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestDocument(t *testing.T) {
	v, err := proto.Document([]byte("a: 1\na: 2"))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": int64(2)}, v, "of a key given twice the last wins")
	_, err = proto.Document([]byte("{}{}"))
	require.ErrorContains(t, err, "2 documents")
}

func FuzzStream(f *testing.F) {
	for _, seed := range []string{"", `{"a":1}[2]`, "a: 1\n---\nb: [x, {y: z}]", "{", "&a [*a]", "? a", "- - -"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = proto.Stream(data)
		_, _ = proto.Document(data)
	})
}
