#!/usr/bin/env bash
# Keeps a copy of every Secret labelled "secret-copier: source" in every namespace labelled "secret-copier: target".
set -euo pipefail

if [[ "${1:-}" == "--config" ]]; then
  cat <<'CONFIG'
configVersion: v1
kubernetes:
- name: sources
  group: copies
  kind: Secret
  apiVersion: v1
  labelSelector: {matchLabels: {secret-copier: source}}
  jqFilter: '{namespace: .metadata.namespace, name: .metadata.name, type, data}'
  keepFullObjectsInMemory: false
- name: copies
  group: copies
  kind: Secret
  apiVersion: v1
  labelSelector: {matchLabels: {secret-copier: copy}}
  jqFilter: '{namespace: .metadata.namespace, name: .metadata.name, type, data}'
  keepFullObjectsInMemory: false
- name: targets
  group: copies
  kind: Namespace
  apiVersion: v1
  labelSelector: {matchLabels: {secret-copier: target}}
  jqFilter: 'select(.metadata.deletionTimestamp == null) | .metadata.name'
  keepFullObjectsInMemory: false
CONFIG
  exit 0
fi

# What is there is compared with what should be, whatever the event was: missing events do no harm. A Secret of the same
# name that is not a copy of ours is left alone, for a new copy is only created where there is nothing.
jq -c '
  def place: "\(.namespace)/\(.name)";
  def manifest: {apiVersion: "v1", kind: "Secret", type, data,
    metadata: {namespace, name, labels: {"secret-copier": "copy"}}};

  .[-1].snapshots
  | [.sources[].filterResult] as $sources
  | [.targets[].filterResult | strings] as $targets
  | [.copies[].filterResult] as $copies
  | [$sources[] as $s | $targets[] | select(. != $s.namespace) | $s + {namespace: .}] | unique_by(place)
  | . as $wanted
  | INDEX($copies[]; place) as $have
  | INDEX($wanted[]; place) as $want
  | ($wanted[] | select($have[place] == null) | {operation: "CreateIfNotExists", object: manifest}),
    ($wanted[] | select($have[place] | . != null) | select($have[place] != .) | {operation: "CreateOrUpdate", object: manifest}),
    ($copies[] | select($want[place] == null)
      | {operation: "DeleteInBackground", apiVersion: "v1", kind: "Secret", namespace, name})
' "$BINDING_CONTEXT_PATH" >"$KUBERNETES_PATCH_PATH"
