"""The schemas in the package are what the models say, and say what DVC's own schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelinekit.model import schema as module
from pipelinekit.model.schema import SchemaName, generate_schema, load_schema
from pipelinekit.model.shape import DvcYaml
from pipelinekit.model.tracked import DvcFile, LockFile
from pipelinekit.project.shape import check_shape
from pipelinekit.yaml.reader import parse

MODELS: dict[SchemaName, Any] = {"dvc.yaml": DvcYaml, "dvc-file": DvcFile, "dvc.lock": LockFile}


@pytest.mark.parametrize("name", MODELS)
def test_the_generated_file_is_up_to_date(name: SchemaName) -> None:
    text = (Path(module.__file__).parent / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert text == json.dumps(generate_schema(MODELS[name]), indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", MODELS)
def test_every_field_has_a_sentence_for_the_editor(name: SchemaName) -> None:
    schema = load_schema(name)
    for title, definition in {name: schema, **schema["$defs"]}.items():
        for field, value in definition["properties"].items():
            assert value.get("description", "").endswith((".", "…", ":")), f"{title}.{field}"
            assert "title" not in value
            assert "default" not in value


@pytest.mark.parametrize("name", MODELS)
def test_every_mapping_of_known_keys_is_closed(name: SchemaName) -> None:
    schema = load_schema(name)
    for definition in (schema, *schema["$defs"].values()):
        assert definition["additionalProperties"] is False


#: `@` stands for a value of each type: what may stand there, DVC's schema is asked.
VALUES = (
    *(
        "null",
        "true",
        "123",
        "1.5",
        "xyz",
        "''",
        "[]",
        "[x]",
        "[1]",
        "[null]",
        "[[x]]",
        "[{a: 1}]",
        "[{a: }]",
        "[{a: {}}]",
    ),
    *("{}", "{a: 1}", "{a: }", "{a: {}}", "{a: [x]}", "{1: x}"),
)
TOP_LEVEL = "vars stages params metrics plots artifacts datasets other"
STAGE_KEYS = (
    "deps params outs metrics plots wdir vars frozen always_changed desc meta matrix name do foreach "
    "outs_persist metrics_no_cache live"
)
PLOT_KEYS = "x y x_label y_label title template header"
ARTIFACT_KEYS = "desc type labels meta other"
DVC_FILE_KEYS = "md5 wdir deps outs frozen locked always_changed meta desc cmd stages"
FLAGS = "cache persist push remote desc type labels meta checkpoint x y x_label title template header width"
HASHES = "md5 etag checksum size nfiles isexec hash version_id files cloud dataset other"
PLACES: dict[SchemaName, list[str]] = {
    "dvc.yaml": [
        *(f"{key}: @" for key in TOP_LEVEL.split()),
        *(f"stages: {{s: {{cmd: x, {key}: @}}}}" for key in STAGE_KEYS.split()),
        "stages: {s: {cmd: @}}",
        "stages: {s: {foreach: @, do: {cmd: x}}}",
        "stages: {s: {foreach: [a], do: @}}",
        "stages: {s: {foreach: [a], do: {cmd: x}, frozen: @}}",
        *(f"stages: {{s: {{cmd: x, outs: [p: {{{flag}: @}}]}}}}" for flag in FLAGS.split()),
        *(f"stages: {{s: {{cmd: x, metrics: [p: {{{flag}: @}}]}}}}" for flag in FLAGS.split()),
        *(f"stages: {{s: {{cmd: x, plots: [p: {{{flag}: @}}]}}}}" for flag in FLAGS.split()),
        *(f"plots: [p: {{{key}: @}}]" for key in PLOT_KEYS.split()),
        *(f"artifacts: {{a: {{path: p, {key}: @}}}}" for key in ARTIFACT_KEYS.split()),
        "artifacts: {a: {path: @}}",
        "artifacts: {a: @}",
    ],
    "dvc-file": [
        *(f"{key}: @" for key in DVC_FILE_KEYS.split()),
        *(f"outs: [{{path: p, {key}: @}}]" for key in (FLAGS + " " + HASHES).split()),
        *(f"deps: [{{path: p, {key}: @}}]" for key in (HASHES + " repo db fs_config desc persist").split()),
        "outs: [{path: @}]",
        "deps: [{path: p, repo: {url: @}}]",
        "deps: [{path: p, repo: {url: x, rev_lock: @}}]",
    ],
    "dvc.lock": [
        "schema: @",
        *(f"{{schema: '2.0', {key}: @}}" for key in ("stages", "datasets", "other")),
        "{schema: '2.0', stages: {s: {cmd: @}}}",
        *(f"{{schema: '2.0', stages: {{s: {{cmd: x, {key}: @}}}}}}" for key in ("deps", "outs", "params", "frozen")),
        *(f"{{schema: '2.0', stages: {{s: {{cmd: x, outs: [{{path: p, {key}: @}}]}}}}}}" for key in HASHES.split()),
    ],
}


#: What DVC's schema lets through and DVC then crashes on, when it loads the file or runs the stage.
CRASHES = ("datasets: ", "stages: {s: {cmd: [", "stages: {s: {cmd: x, params: [{a: ")


@pytest.mark.parametrize("name", MODELS)
def test_what_dvc_accepts_is_accepted_and_what_it_refuses_is_not(name: SchemaName) -> None:
    import voluptuous
    from dvc import schema as theirs

    schemas = {
        "dvc.yaml": theirs.COMPILED_MULTI_STAGE_SCHEMA,
        "dvc-file": theirs.COMPILED_SINGLE_STAGE_SCHEMA,
        "dvc.lock": theirs.COMPILED_LOCKFILE_SCHEMA,
    }
    differing = []
    for text in (place.replace("@", value) for place in PLACES[name] for value in VALUES):
        root = parse(text, "f").root
        assert root is not None, text
        try:
            schemas[name](root.data)
            accepted = True
        except voluptuous.MultipleInvalid:
            accepted = False
        ours = [problem for problem in check_shape(root, name) if problem.kind != "retired-key"]
        if accepted != (not ours) and not (accepted and text.startswith(CRASHES)):
            differing.append(f"{text}: DVC {'accepts' if accepted else 'refuses'} it")
    assert differing == []


@pytest.mark.parametrize("version", ["'1.0'", "2", "2.0", "x", "'2.0 '"])
def test_the_version_of_a_lock_is_one_text(version: str) -> None:
    root = parse(f"schema: {version}\nstages: {{}}\n", "dvc.lock").root
    assert root is not None
    (problem,) = check_shape(root, "dvc.lock")
    assert (problem.kind, problem.path, problem.allowed) == ("wrong-type", ("schema",), ("'2.0'", "a string"))
