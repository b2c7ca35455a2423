"""Enough of Argo and Kubernetes to run what `export argo` writes: tags, variables, artifacts, and a shell.

Written after what their documentation and sources say, and not after what we write.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
ARTIFACT = re.compile(r"[a-zA-Z0-9_][-a-zA-Z0-9_]{0,62}")
FROM = re.compile(r"\{\{tasks\.([^.{}]+)\.outputs\.artifacts\.([^.{}]+)\}\}")


class TaskError(Exception):
    """A task ended with an error."""


def replace_tags(text: str, values: Mapping[str, str]) -> str:
    """What Argo makes of the JSON of a template; whatever it would not know is marked."""
    parts, rest = [], text
    while "{{" in rest:
        before, _, rest = rest.partition("{{")
        tag, _, rest = rest.partition("}}")
        parts += [before, values.get(tag.strip(), f"<REPLACED {tag}>")]
    return "".join(parts) + rest


def expand(text: str, variables: Mapping[str, str]) -> str:
    """What Kubernetes makes of an argument or a value: `$(NAME)` replaced, `$$` one `$`, all else as it is."""
    made, position = "", 0
    while position < len(text):
        one, following = text[position], text[position + 1 : position + 2]
        end = text.find(")", position)
        if one != "$" or not following:
            made += one
            position += 1
        elif following == "(" and end > 0:
            name = text[position + 2 : end]
            made += variables.get(name, f"$({name})")
            position = end + 1
        else:
            made += "$" if following == "$" else one + following
            position += 2
    return made


def problems_of(documents: list[Any]) -> Iterator[str]:
    """What Argo would refuse of a WorkflowTemplate and its CronWorkflow, and what would not run."""
    workflow = documents[0]
    templates = workflow["spec"]["templates"]
    by_name = {template["name"]: template for template in templates}
    dag = by_name[workflow["spec"]["entrypoint"]]["dag"]["tasks"]
    tasks = {task["name"]: task for task in dag}
    if len(by_name) != len(templates) or len(tasks) != len(dag):
        yield "a name stands there twice"
    for name in (workflow["metadata"]["name"], *by_name, *tasks):
        if not LABEL.fullmatch(name):
            yield f"{name} is no DNS label"
    if len(workflow["metadata"]["name"]) > 57:
        yield "the workflow's name leaves no room for what Argo appends"
    if set(by_name) != {workflow["spec"]["entrypoint"], *(task["template"] for task in dag)}:
        yield "templates and tasks are not the same"
    volumes = {one["name"] for one in workflow["spec"].get("volumes", ())}
    for template in templates:
        if "container" in template:
            yield from _problems_of_container(template, volumes)
    done: set[str] = set()
    for task in dag:  # which are written in the order in which they can run, so there is no circle
        needed = task.get("dependencies", [])
        if not done.issuperset(needed) or len(set(needed)) != len(needed):
            yield f"{task['name']} needs {needed}, of which something is missing or stands later"
        done.add(task["name"])
        yield from _problems_of_artifacts(task, tasks, by_name)
    for cron in documents[1:]:
        if cron["spec"]["workflowSpec"]["workflowTemplateRef"]["name"] != workflow["metadata"]["name"]:
            yield "the CronWorkflow is of another workflow"
        if not LABEL.fullmatch(cron["metadata"]["name"]) or len(cron["metadata"]["name"]) > 52:
            yield "the name of the CronWorkflow"


def _problems_of_container(template: Any, volumes: set[str]) -> Iterator[str]:
    name, container = template["name"], template["container"]
    for side in ("inputs", "outputs"):
        artifacts = template.get(side, {}).get("artifacts", [])
        for key in ("name", "path"):
            if len({one[key] for one in artifacts}) != len(artifacts):
                yield f"{name}: the same {key} twice in {side}"
        if not all(ARTIFACT.fullmatch(one["name"]) and one["path"].startswith("/") for one in artifacts):
            yield f"{name}: the name or path of an artifact"
    if any((one.get("mode"), one.get("recurseMode")) != (0o755, True) for one in _inputs(template)):
        yield f"{name}: an artifact that only root may read"
    variables = [one["name"] for one in container.get("env", ())]
    if len(set(variables)) != len(variables):
        yield f"{name}: a variable twice"
    if "{{" in json.dumps({**template, "archiveLocation": ""}):
        yield f"{name}: something that Argo would replace"
    if any(len(argument.encode()) >= 128 * 1024 for argument in container["args"]):
        yield f"{name}: an argument longer than Linux has them"
    if not volumes.issuperset(one["name"] for one in container.get("volumeMounts", ())):
        yield f"{name}: a volume that is none"


def _inputs(template: Any) -> list[Any]:
    found: list[Any] = template.get("inputs", {}).get("artifacts", [])
    return found


def _problems_of_artifacts(task: Any, tasks: Mapping[str, Any], templates: Mapping[str, Any]) -> Iterator[str]:
    name = task["name"]
    inputs = {one["name"]: one for one in _inputs(templates[task["template"]])}
    given = {one["name"]: one["from"] for one in task.get("arguments", {}).get("artifacts", ())}
    if set(given) != {key for key, one in inputs.items() if not {"s3", "gcs"} & set(one)}:
        yield f"{name}: artifacts that are given are not those that are missing"
    for key, source in given.items():
        match = FROM.fullmatch(source)
        if match is None or match[1] not in task.get("dependencies", ()):
            yield f"{name}: {source} is from no task that it needs"
            continue
        outputs = templates[tasks[match[1]]["template"]].get("outputs", {}).get("artifacts", ())
        made = next((one for one in outputs if one["name"] == match[2]), None)
        if made is None:
            yield f"{name}: {source} is no output"
        elif made.get("archive") != inputs[key].get("archive"):
            yield f"{name}: {source} is packed and not unpacked, or the reverse"


class Cluster:
    """Runs workflows: each container in a fresh copy of the image's project, one after the other."""

    def __init__(
        self,
        folder: Path,
        image: Path,
        environment: Mapping[str, str],
        *,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        fetch: Callable[[Mapping[str, Any], Path], None] | None = None,
    ) -> None:
        """`fetch` brings an object of S3 to a place."""
        self.image = image
        self.environment = environment
        self.secrets = secrets or {}
        self.fetch = fetch
        #: the `--workspace` of the export
        self.workspace = folder / "project"
        self.inputs = folder / "inputs"
        self.kept = folder / "artifacts"
        folder.mkdir(parents=True)

    def run(self, text: str) -> None:
        """Run all tasks. Raises TaskError."""
        documents = list(yaml.safe_load_all(text))
        assert list(problems_of(documents)) == []
        spec = documents[0]["spec"]
        templates = {template["name"]: template for template in spec["templates"]}
        waiting = list(templates[spec["entrypoint"]]["dag"]["tasks"])[::-1]
        done: set[str] = set()
        while waiting:
            task = next(task for task in waiting if done.issuperset(task.get("dependencies", ())))
            waiting.remove(task)
            given = {one["name"]: one["from"] for one in task.get("arguments", {}).get("artifacts", ())}
            values = {"workflow.name": "pipeline-abcde", "pod.name": f"pipeline-abcde-{task['name']}"}
            template = json.loads(replace_tags(json.dumps(templates[task["template"]]), values))
            self._run_pod(task["name"], template, given)
            done.add(task["name"])

    def _run_pod(self, name: str, template: Any, given: Mapping[str, str]) -> None:
        for folder in (self.workspace, self.inputs):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.image, self.workspace, symlinks=True)
        for one in _inputs(template):
            self._mount(one, given.get(one["name"]))
        container = template["container"]
        variables: dict[str, str] = {}
        for one in container.get("env", ()):
            reference = one.get("valueFrom", {}).get("secretKeyRef")
            value = expand(one["value"], variables) if reference is None else self._secret(reference)
            variables[one["name"]] = value
        command = [expand(word, variables) for word in (*container["command"], *container["args"])]
        # artifacts lie where a test may write
        command[-1] = command[-1].replace(" -- /inputs/", f" -- {self.inputs}/")
        environment = {**self.environment, **variables}
        result = subprocess.run(
            command, cwd=container["workingDir"], env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise TaskError(f"{name} ended with {result.returncode}: {result.stdout}{result.stderr}")
        for one in template.get("outputs", {}).get("artifacts", ()):
            self._keep(self.kept / name / one["name"], one)

    def _secret(self, reference: Mapping[str, str]) -> str:
        return self.secrets[reference["name"]][reference["key"]]

    def _mount(self, artifact: Any, source: str | None) -> None:
        target = self.inputs / os.path.relpath(artifact["path"], "/inputs")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source is None:
            assert self.fetch is not None
            self.fetch(artifact["s3"], target)
            return
        match = FROM.fullmatch(source)
        assert match is not None
        kept = self.kept / match[1] / match[2]
        if artifact.get("archive") == {"none": {}}:
            _copy(kept, target)
        elif kept.is_file() and tarfile.is_tarfile(kept):
            with tarfile.open(kept) as archive:
                beside = target.with_name(f"{target.name}.tmp")
                archive.extractall(beside, filter="data")
            found = list(beside.iterdir())
            (found[0] if len(found) == 1 else beside).rename(target)

    def _keep(self, target: Path, artifact: Any) -> None:
        path = Path(artifact["path"])
        target.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            raise TaskError(f"{path} was not made")
        if artifact.get("archive") == {"none": {}}:
            _copy(path, target)
        else:
            with tarfile.open(target, "w:gz") as archive:
                archive.add(path, path.name)

    def collect(self, folder: Path, text: str) -> None:
        """What all tasks made, at its place in a folder."""
        spec = yaml.safe_load(text.partition("\n---\n")[0])["spec"]
        for template in spec["templates"]:
            for one in template.get("outputs", {}).get("artifacts", ()):
                self._place(template["name"], one, folder / os.path.relpath(one["path"], self.workspace))

    def _place(self, task: str, artifact: Any, target: Path) -> None:
        self.inputs.mkdir(exist_ok=True)
        shutil.rmtree(self.inputs)
        source = f"{{{{tasks.{task}.outputs.artifacts.{artifact['name']}}}}}"
        self._mount({**artifact, "path": "/inputs/one"}, source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.inputs / "one", target)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
