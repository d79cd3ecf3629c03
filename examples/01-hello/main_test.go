package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/addonkit/addonkit/hooks/hookstest"
)

func TestOneReplicaPerNode(t *testing.T) {
	r := hookstest.Run(t, perNode, hookstest.Given{Objects: map[string]string{
		"nodes": "{metadata: {name: a}}\n---\n{metadata: {name: b}}",
	}})
	require.NoError(t, r.Err)
	require.JSONEq(t, `{"replicas": 2}`, r.Values)
}
