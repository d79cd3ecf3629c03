#!/usr/bin/env bash
# Writes down that the release is being removed, and how large it was; takes the note back once the release is there again.
set -euo pipefail

: "${ADDON_OPERATOR_NAMESPACE:?the namespace of the operator}"

if [[ "${1:-}" == "--config" ]]; then
  cat <<CONFIG
configVersion: v1
afterHelm: 10
beforeDeleteHelm: 10
afterDeleteHelm: 10
kubernetes:
- name: cache
  apiVersion: apps/v1
  kind: Deployment
  namespace: {nameSelector: {matchNames: [$ADDON_OPERATOR_NAMESPACE]}}
  nameSelector: {matchNames: [cleanup]}
  jqFilter: .spec.replicas
  keepFullObjectsInMemory: false
  executeHookOnSynchronization: false
  executeHookOnEvent: []
- name: note
  apiVersion: v1
  kind: ConfigMap
  namespace: {nameSelector: {matchNames: [$ADDON_OPERATOR_NAMESPACE]}}
  nameSelector: {matchNames: [cleanup-farewell]}
  jqFilter: .metadata.name
  keepFullObjectsInMemory: false
  executeHookOnSynchronization: false
  executeHookOnEvent: []
CONFIG
  exit 0
fi

jq -c '
  def note: {apiVersion: "v1", kind: "ConfigMap", namespace: env.ADDON_OPERATOR_NAMESPACE, name: "cleanup-farewell"};

  .[-1]
  | if .binding == "beforeDeleteHelm" then
      {operation: "CreateOrUpdate", object: {apiVersion: "v1", kind: "ConfigMap",
        metadata: {namespace: env.ADDON_OPERATOR_NAMESPACE, name: "cleanup-farewell"},
        data: {release: "going", replicas: "\(.snapshots.cache[0].filterResult // 0)"}}}
    elif .binding == "afterDeleteHelm" then
      note + {operation: "MergePatch", mergePatch: {data: {release: "gone"}}, ignoreMissingObject: true}
    elif (.snapshots.note | length) > 0 then
      note + {operation: "DeleteInBackground"}
    else
      empty
    end
' "$BINDING_CONTEXT_PATH" >"$KUBERNETES_PATCH_PATH"
