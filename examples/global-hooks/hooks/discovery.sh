#!/usr/bin/env bash
# Keeps global.discovery.zones, the zones that the nodes are in, for the charts of all modules.
set -euo pipefail

if [[ "${1:-}" == "--config" ]]; then
  cat <<'CONFIG'
configVersion: v1
onStartup: 1
beforeAll: 10
afterAll: 10
kubernetes:
- name: nodes
  apiVersion: v1
  kind: Node
  jqFilter: '.metadata.labels["topology.kubernetes.io/zone"]'
  keepFullObjectsInMemory: false
  includeSnapshotsFrom: [nodes]
CONFIG
  exit 0
fi

case "$(jq -r '.[-1].binding' "$BINDING_CONTEXT_PATH")" in
onStartup)
  echo '{"name": "discovery_starts_total", "action": "add", "value": 1}' >"$METRICS_PATH"
  ;;
afterAll)
  jq '{name: "discovery_zones", action: "set", value: (.global.discovery.zones | length)}' "$VALUES_PATH" >"$METRICS_PATH"
  ;;
*) # an event of a node, or beforeAll
  jq '[.[-1].snapshots.nodes[].filterResult | strings] | unique
    | {op: "add", path: "/global/discovery/zones", value: .}' "$BINDING_CONTEXT_PATH" >"$VALUES_JSON_PATCH_PATH"
  ;;
esac
