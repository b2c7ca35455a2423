"""JSON Schemas of DVC's files, generated from their pydantic models.

The generated files are part of the package, so that the linter, which reads them, needs no pydantic: importing
it and building the models takes longer than linting. `python -m pipelinekit.model.schema` writes them anew; a
test fails when they are not what the models say.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel

SchemaName = Literal["dvc.yaml", "dvc-file", "dvc.lock"]
_FOLDER = os.path.join(os.path.dirname(__file__), "schemas")


def load_schema(name: SchemaName) -> dict[str, Any]:
    """The JSON Schema of a kind of file, as it lies in the package."""
    with open(os.path.join(_FOLDER, f"{name}.json"), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema


def generate_schema(model: type[BaseModel]) -> dict[str, Any]:
    """A model's JSON Schema. Fields that may be absent may not be null, which is what DVC says too."""
    schema = model.model_json_schema(by_alias=True)
    for definition in [schema, *schema.get("$defs", {}).values()]:
        definition["properties"] = {name: _tidy(value) for name, value in definition.get("properties", {}).items()}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _tidy(value: dict[str, Any]) -> dict[str, Any]:
    value = {key: item for key, item in value.items() if key not in ("title", "default")}
    if value.pop("nullable", False) or "anyOf" not in value:
        return value
    choices = [choice for choice in value.pop("anyOf") if choice != {"type": "null"}]
    return {**choices[0], **value} if len(choices) == 1 else {"anyOf": choices, **value}


def main() -> None:
    """Write the schemas into the package."""
    from pipelinekit.model.shape import DvcYaml
    from pipelinekit.model.tracked import DvcFile, LockFile

    models: dict[SchemaName, type[BaseModel]] = {"dvc.yaml": DvcYaml, "dvc-file": DvcFile, "dvc.lock": LockFile}
    for name, model in models.items():
        with open(os.path.join(_FOLDER, f"{name}.json"), "w", encoding="utf-8", newline="\n") as file:
            json.dump(generate_schema(model), file, indent=1, ensure_ascii=False)
            file.write("\n")


if __name__ == "__main__":
    main()
