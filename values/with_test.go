package values_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/values"
)

func TestWith(t *testing.T) {
	before, err := values.ViewOf(map[string]any{"global": map[string]any{"a": 1}, "list": []any{1}})
	require.NoError(t, err)
	for _, test := range []struct{ pointer, want string }{
		{"/global/b", `{"global":{"a":1,"b":["x"]},"list":[1]}`},
		{"/global/a", `{"global":{"a":["x"]},"list":[1]}`},
		{"/new/deep", `{"global":{"a":1},"list":[1],"new":{"deep":["x"]}}`},
		{"/list/0", `{"global":{"a":1},"list":{"0":["x"]}}`},
	} {
		after, err := before.With(test.pointer, []any{"x"})
		require.NoError(t, err)
		require.JSONEq(t, test.want, string(after.JSON()), test.pointer)
		require.JSONEq(t, `{"global":{"a":1},"list":[1]}`, string(before.JSON()))
	}
	_, err = before.With("no slash", 1)
	require.Error(t, err)
	_, err = before.With("/f", func() {})
	require.Error(t, err)
}
