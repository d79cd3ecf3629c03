#!/usr/bin/env bash
# Turns the profile and the parameters of the values into one sorted list, "name=value", for the chart.
set -euo pipefail

if [[ "${1:-}" == "--config" ]]; then
  echo '{configVersion: v1, onStartup: 1, beforeHelm: 10}'
  exit 0
fi

case "$(jq -r '.[0].binding' "$BINDING_CONTEXT_PATH")" in
onStartup)
  jq '{op: "add", path: "/sysctlTuner/internal/profiles", value: .}' "${0%/*}/profiles.json" >"$VALUES_JSON_PATCH_PATH"
  ;;
beforeHelm)
  jq '.sysctlTuner
    | .internal.profiles[.profile] + .params
    | [to_entries[] | "\(.key)=\(.value)"] | sort
    | {op: "add", path: "/sysctlTuner/internal/settings", value: .}' "$VALUES_PATH" >"$VALUES_JSON_PATCH_PATH"
  ;;
esac
