from __future__ import annotations

import json

from tests.command_line import run


def test_the_schema_describes_dvc_yaml() -> None:
    result = run("schema")
    assert result.status == 0
    schema = json.loads(result.stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"stages", "vars", "params", "metrics", "plots", "artifacts", "datasets"} <= set(schema["properties"])
