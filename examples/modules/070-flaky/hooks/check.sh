#!/usr/bin/env bash
# Fails as long as the ConfigMap "flaky-cause" exists.
set -euo pipefail

: "${ADDON_OPERATOR_NAMESPACE:?the namespace of the operator}"

if [[ "${1:-}" == "--config" ]]; then
  cat <<CONFIG
configVersion: v1
beforeHelm: 10
kubernetes:
- name: cause
  apiVersion: v1
  kind: ConfigMap
  namespace: {nameSelector: {matchNames: [$ADDON_OPERATOR_NAMESPACE]}}
  nameSelector: {matchNames: [flaky-cause]}
  jqFilter: .metadata.name
  keepFullObjectsInMemory: false
  includeSnapshotsFrom: [cause]
CONFIG
  exit 0
fi

# The snapshot is taken anew for each attempt, so a retry sees that the cause is gone.
if jq -e '.[-1].snapshots.cause | length > 0' "$BINDING_CONTEXT_PATH" >/dev/null; then
  echo "the ConfigMap flaky-cause is in the way: delete it" >&2
  exit 1
fi
