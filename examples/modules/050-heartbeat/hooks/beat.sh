#!/usr/bin/env bash
# Every five seconds: creates a ConfigMap for this beat, counts it in "heartbeat", deletes the beats that are too old.
set -euo pipefail

: "${ADDON_OPERATOR_NAMESPACE:?the namespace of the operator}"

if [[ "${1:-}" == "--config" ]]; then
  cat <<CONFIG
configVersion: v1
schedule:
- name: beat
  crontab: '*/5 * * * * *'
  includeSnapshotsFrom: [beats]
kubernetes:
- name: beats
  apiVersion: v1
  kind: ConfigMap
  namespace: {nameSelector: {matchNames: [$ADDON_OPERATOR_NAMESPACE]}}
  labelSelector: {matchExpressions: [{key: heartbeat, operator: Exists}]}
  jqFilter: '.data.beat // "0" | tonumber'
  keepFullObjectsInMemory: false
  executeHookOnSynchronization: false
  executeHookOnEvent: []
CONFIG
  exit 0
fi

last=$(jq '[.[-1].snapshots.beats[].filterResult] | max // 0' "$BINDING_CONTEXT_PATH")
beat=$((last + 1))

jq -c --argjson beat "$beat" --argjson keep "$(jq .heartbeat.keep "$VALUES_PATH")" '
  def configmap($name): {apiVersion: "v1", kind: "ConfigMap",
    metadata: {namespace: env.ADDON_OPERATOR_NAMESPACE, name: $name, labels: {heartbeat: ""}}};
  def target($name): {apiVersion: "v1", kind: "ConfigMap", namespace: env.ADDON_OPERATOR_NAMESPACE, name: $name};

  {operation: "CreateIfNotExists", object: configmap("heartbeat")},
  {operation: "CreateOrUpdate", object: (configmap("heartbeat-\($beat)") + {data: {beat: "\($beat)"}})},
  (target("heartbeat") + {operation: "MergePatch", mergePatch: {data: {beat: "\($beat)", at: (now | floor | todate)}}}),
  (.[-1].snapshots.beats | map(.filterResult) | unique[] | select(. > 0 and . <= $beat - $keep)
    | target("heartbeat-\(.)") + {operation: "DeleteInBackground"})
' "$BINDING_CONTEXT_PATH" >"$KUBERNETES_PATCH_PATH"

cat >"$METRICS_PATH" <<METRICS
{"name": "heartbeat_beats_total", "action": "add", "value": 1}
{"name": "heartbeat_last_beat", "action": "set", "value": $beat}
METRICS
