#!/usr/bin/env python3
"""Collects which team owns which namespaces, and gives the installation an id."""

import json
import os
import sys
import uuid

CONFIG = {
    "configVersion": "v1",
    "kubernetes": [{
        "name": "namespaces",
        "apiVersion": "v1",
        "kind": "Namespace",
        "labelSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]},
        "jqFilter": "{name: .metadata.name, team: .metadata.labels.team}",
        "keepFullObjectsInMemory": False,
        "includeSnapshotsFrom": ["namespaces"],
    }],
}


def main():
    contexts = read("BINDING_CONTEXT_PATH")
    teams = {}
    for item in contexts[-1]["snapshots"]["namespaces"]:
        found = item["filterResult"]
        teams.setdefault(found["team"], []).append(found["name"])

    # In memory: collected again after every start.
    add("VALUES_JSON_PATCH_PATH", "/pythonReport/internal/teams", teams)

    # In the ConfigMap: made once, and the user may change it.
    if "id" not in read("CONFIG_VALUES_PATH")["pythonReport"]:
        add("CONFIG_VALUES_JSON_PATCH_PATH", "/pythonReport/id", uuid.uuid4().hex)


def read(variable):
    with open(os.environ[variable], encoding="utf-8") as file:
        return json.load(file)


def add(variable, path, value):
    with open(os.environ[variable], "w", encoding="utf-8") as file:
        json.dump([{"op": "add", "path": path, "value": value}], file)


if __name__ == "__main__":
    if sys.argv[1:] == ["--config"]:
        json.dump(CONFIG, sys.stdout)
    else:
        main()
