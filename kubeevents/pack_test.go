package kubeevents

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPackKeepsTrees(t *testing.T) {
	for _, v := range []any{
		nil, true, false, "", "text", int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), 0.5, -1e300, json.Number("18446744073709551616"),
		[]any{}, map[string]any{}, []any{nil, "a", []any{int64(1)}}, map[string]any{"b": int64(1), "a": map[string]any{"": nil}},
	} {
		packed, err := pack(nil, v)
		require.NoError(t, err)
		require.Equal(t, v, unpack(string(packed)))
	}
}

func TestEqualTreesPackEqually(t *testing.T) {
	for _, same := range [][]any{
		{int64(2), 2, 2.0, json.Number("2"), big.NewInt(2), uint8(2), int32(2), float32(2)},
		{nil, math.NaN()},
		{math.Inf(1), math.MaxFloat64},
		{json.Number("18446744073709551616"), new(big.Int).Lsh(big.NewInt(1), 64)},
	} {
		first, err := pack(nil, same[0])
		require.NoError(t, err)
		for _, other := range same {
			packed, err := pack(nil, other)
			require.NoError(t, err)
			require.Equal(t, first, packed, "%T", other)
		}
	}
}

func TestPackRefusesWhatIsNotJSONLike(t *testing.T) {
	type number int
	for _, v := range []any{struct{}{}, number(1), &struct{}{}, map[string]string{}, []string{}, json.Number("x")} {
		_, err := pack(nil, map[string]any{"v": v})
		require.Error(t, err, "%T", v)
	}
}

func FuzzPack(f *testing.F) {
	f.Add(`{"a":[1,2.5,"x",null,true,{"b":{}}],"c":18446744073709551616}`)
	f.Fuzz(func(t *testing.T, text string) {
		var v any
		if json.Unmarshal([]byte(text), &v) != nil {
			t.Skip()
		}
		packed, err := pack(nil, v)
		require.NoError(t, err)
		again, err := pack(nil, unpack(string(packed)))
		require.NoError(t, err)
		require.Equal(t, packed, again)
	})
}
