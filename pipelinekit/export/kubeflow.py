"""A pipeline for Kubeflow: what kfp compiles, "IR YAML", written without kfp."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipelinekit.export.conformance import ReadStep
from pipelinekit.export.kubernetes import requests_of
from pipelinekit.export.names import ARTIFACT, KUBEFLOW, distinct_names, names_of, slug
from pipelinekit.export.plan import ExportError, Plan, Step
from pipelinekit.export.python_source import comment
from pipelinekit.export.step_script import FUNCTIONS, is_variable, quoted, read_script, script_of
from pipelinekit.resolve.resources import amount
from pipelinekit.yaml.write import block_lines

#: What kfp takes for an amount.
_CPU = re.compile(r"(?:[0-9]*\.)?[0-9]+m?")
_MEMORY = re.compile(r"(?P<number>[0-9]+)(?P<unit>[EPTGMK]i?|)")
#: Bytes.
_UNITS: dict[str, int] = {letter: 1000**power for power, letter in enumerate("KMGTPE", start=1)} | {
    f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", start=1)
}
#: Words of Python, of any version, and names of the Python source, which no component or artifact may have.
_WORDS = frozenset(
    {"and", "as", "assert", "async", "await", "break", "case", "class", "continue", "def", "del", "elif"}
    | {"else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match"}
    | {"nonlocal", "not", "or", "pass", "raise", "return", "try", "type", "while", "with", "yield"}
)
_OWN = frozenset(
    {"dsl", "compiler", "local", "dvc_pipeline", "FUNCTIONS", "Path", "TemporaryDirectory", "sys"}
    | {"str", "self", "functions", "project", "script", "paths", "subprocess"}
)
RESERVED_COMPONENTS = frozenset(name.lower().replace("_", "-") for name in _OWN | _WORDS)
RESERVED_ARTIFACTS = _OWN | _WORDS
_ARTIFACT = {"artifactType": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}}
_PLACEHOLDER = re.compile(r"\{\{\$\.(inputs|outputs)\.artifacts\['([a-z0-9_]+)'\]\.path\}\}")


class Component(NamedTuple):
    """A step as Kubeflow has it."""

    step: Step
    #: of the component and of its only task
    name: str
    #: what it takes: the name of the artifact, by the path of the output that it is
    inputs: Mapping[str, str]
    #: what it makes: the name of the artifact, by path
    outputs: Mapping[str, str]
    #: of each artifact that it takes, the task that makes it, and its name there
    sources: Mapping[str, tuple[str, str]]
    #: names of the tasks that end before, sorted
    needs: tuple[str, ...]
    #: what comes behind FUNCTIONS, begun in the project's folder
    script: str
    #: what the container has; the rest is set by the script
    environment: Mapping[str, str]
    resources: Mapping[str, str]
    #: what people read
    title: str


def for_kubeflow(plan: Plan) -> Plan:
    """The plan with amounts as kfp spells them. Raises ExportError for what a pipeline of Kubeflow has no word for."""
    return plan._replace(steps=tuple(_spelled(step) for step in plan.steps))


def _spelled(step: Step) -> Step:
    resources: dict[str, int | float | str] = {}
    accelerators = []
    values = {name: value for key, value in step.meta.resources.items() for name in requests_of({key: value})}
    for name, meant in values.items():
        value, written = amount(meant) or 0.0, str(meant)
        if value == 0:  # it asks for none
            continue
        if name == "cpu":
            resources[name] = written if _CPU.fullmatch(written) else f"{math.ceil(value * 1000)}m"
        elif name == "memory":
            resources[name] = written if _MEMORY.fullmatch(written) else str(math.ceil(value))
        elif name == "ephemeral-storage":
            raise ExportError(
                f"{step.address}: meta.pipelinekit.resources: a pipeline of Kubeflow can't ask for disk: leave it out, "
                "or set a LimitRange in the namespace"
            )
        elif not value.is_integer():
            raise ExportError(f"{step.address}: meta.pipelinekit.resources: {name} is '{written}', no whole number")
        else:
            accelerators.append(name)
            resources[name] = str(int(value))
    if len(accelerators) > 1:
        raise ExportError(
            f"{step.address}: meta.pipelinekit.resources: beside cpu and memory, a step of Kubeflow can have one kind "
            f"of device, and these are {len(accelerators)}: {', '.join(accelerators)}"
        )
    for name in step.meta.environment:
        if not is_variable(name):
            raise ExportError(f"{step.address}: '{name}' is no name of a variable that a shell passes on")
    if "{{" in step.meta.image or not step.meta.image.isprintable():
        raise ExportError(f"{step.address}: '{step.meta.image}' is no name of an image")
    return step._replace(meta=step.meta._replace(resources=resources))


def components_of(plan: Plan) -> list[Component]:
    """The steps of a plan that is `for_kubeflow`. Raises ExportError for commands that no container can be given."""
    names = names_of(plan, KUBEFLOW, RESERVED_COMPONENTS)
    made: dict[str, Component] = {}
    for step in plan.steps:
        taken = [one for one in step.inputs if one.producer and one.path in made[one.producer].outputs]
        paths = dict.fromkeys([*(one.path for one in taken), *(one.path for one in step.outputs)])
        artifacts = distinct_names({path: path for path in paths}, ARTIFACT, RESERVED_ARTIFACTS)
        inputs = {one.path: artifacts[one.path] for one in taken}
        outputs = {one.path: artifacts[one.path] for one in step.outputs}
        hidden = {name: value for name, value in step.meta.environment.items() if "$" in value or "{{" in value}
        made[step.address] = Component(
            step,
            names[step.address],
            inputs,
            outputs,
            {artifacts[one.path]: (names[one.producer], made[one.producer].outputs[one.path]) for one in taken},
            tuple(sorted(names[address] for address in step.needs)),
            script_of(step, list(inputs), list(outputs), hidden),
            {name: value for name, value in step.meta.environment.items() if name not in hidden},
            {name: str(value) for name, value in step.meta.resources.items()},
            comment(step.target).replace("{{", "{ {"),
        )
    return list(made.values())


def write_kubeflow(plan: Plan, *, caching: bool = False) -> str:
    """The pipeline as IR YAML, of a plan that is `for_kubeflow`. Raises ExportError."""
    name = slug(plan.options.name, KUBEFLOW)
    about = about_pipeline(plan, "container", caching=caching)
    head = ["PIPELINE DEFINITION", f"Name: {name}", "", *about]
    comments = "".join(f"# {line}".rstrip() + "\n" for line in head)
    return comments + "".join(f"{line}\n" for line in block_lines(_ir(plan, name, caching)))


def about_pipeline(plan: Plan, variant: str, *, caching: bool) -> Iterator[str]:
    """What a reader of the file needs to know, for its head."""
    options = plan.options
    flag = {"container": "", "python": " --format python", "lightweight": " --lightweight"}[variant]
    yield f"The pipeline {comment(options.name)} for Kubeflow Pipelines: one task for each stage of DVC."
    yield ""
    yield f"Written by `pipelinekit export kubeflow{flag}` from dvc.yaml and dvc.lock. It is read back and compared"
    yield "with them each time it is written, so change the pipeline, not this file."
    yield ""
    if variant == "lightweight":
        yield "Steps run in the folder of the project, one after another, without containers: run this file with a"
        yield "Python that has kfp 2.17 or newer. On a cluster the image needs kfp, too."
    else:
        yield f"The project lies in {comment(options.workspace)} in the image, as `pipelinekit init --docker` has it."
        yield "A step runs its commands there, in a container of its own, each by a shell of its own."
    yield "Outputs pass from step to step as artifacts; a persistent one begins as it lies in the project. Data that no"
    yield "step makes and that is not there is fetched with `dvc pull`, for which DVC must reach its remote."
    if caching:
        yield "Kubeflow takes results from its cache where command, image and inputs are the same: give the image"
        yield "another name whenever the code in it changes."
    else:
        yield "Kubeflow's cache is off: it sees the name of the image, not the code in it."
    if options.schedule:
        yield "A pipeline of Kubeflow has no schedule; a recurring run of it has, which this makes:"
        yield f"Client().create_recurring_run(…, cron_expression={comment(kubeflow_cron(options.schedule))!r})"


def kubeflow_cron(schedule: str) -> str:
    """A cron expression as Kubeflow has it: with seconds in front."""
    return f"0 {schedule}" if len(schedule.split()) == 5 else schedule


def _ir(plan: Plan, name: str, caching: bool) -> dict[str, Any]:
    components = {one.name: one for one in components_of(plan)}
    ordered = [components[key] for key in sorted(components)]
    ir: dict[str, Any] = {
        "components": {f"comp-{one.name}": _component(one) for one in ordered},
        "deploymentSpec": {
            "executors": {f"exec-{one.name}": {"container": _container(one, plan)} for one in ordered},
        },
        "pipelineInfo": {"name": name},
        "root": {"dag": {"tasks": {one.name: _task(one, caching) for one in ordered}}},
        "schemaVersion": "2.1.0",
        "sdkVersion": "pipelinekit",
    }
    return ir


def _component(component: Component) -> dict[str, Any]:
    definition: dict[str, Any] = {"executorLabel": f"exec-{component.name}"}
    if component.inputs:
        definition["inputDefinitions"] = {"artifacts": dict.fromkeys(component.inputs.values(), _ARTIFACT)}
    if component.outputs:
        definition["outputDefinitions"] = {"artifacts": dict.fromkeys(component.outputs.values(), _ARTIFACT)}
    return definition


def container_script(component: Component, workspace: str) -> str:
    """What comes behind FUNCTIONS in a container."""
    return f"cd -- {quoted(workspace)}\n{component.script}"


def _container(component: Component, plan: Plan) -> dict[str, Any]:
    container: dict[str, Any] = {
        "args": [
            FUNCTIONS + container_script(component, plan.options.workspace),
            component.name,
            *(f"{{{{$.inputs.artifacts['{name}'].path}}}}" for name in component.inputs.values()),
            *(f"{{{{$.outputs.artifacts['{name}'].path}}}}" for name in component.outputs.values()),
        ],
        "command": ["/bin/sh", "-c"],
    }
    if component.environment:
        container["env"] = [{"name": name, "value": value} for name, value in component.environment.items()]
    container["image"] = component.step.meta.image
    if component.resources:
        container["resources"] = _resources(component.resources)
    return container


def _resources(amounts: Mapping[str, str]) -> dict[str, Any]:
    """As kfp has them: each once as a number, for older versions of Kubeflow, and once as it is written."""
    resources: dict[str, Any] = {}
    for name, written in amounts.items():
        if name == "cpu":
            cpus = float(written[:-1]) / 1000 if written.endswith("m") else float(written)
            resources |= {"cpuLimit": cpus, "cpuRequest": cpus}
            resources |= {"resourceCpuLimit": written, "resourceCpuRequest": written}
        elif name == "memory":
            size = _gigabytes(written)
            resources |= {"memoryLimit": size, "memoryRequest": size}
            resources |= {"resourceMemoryLimit": written, "resourceMemoryRequest": written}
        else:
            device = {"count": written, "resourceCount": written, "resourceType": name, "type": name}
            resources["accelerator"] = device
    return dict(sorted(resources.items()))


def _gigabytes(written: str) -> float:
    match = _MEMORY.fullmatch(written)
    assert match is not None
    number, unit = float(match["number"]), match["unit"]
    return number * _UNITS.get(unit, 1) / _UNITS["G"]


def _task(component: Component, caching: bool) -> dict[str, Any]:
    task: dict[str, Any] = {
        "cachingOptions": {"enableCache": True} if caching else {},
        "componentRef": {"name": f"comp-{component.name}"},
    }
    if component.needs:
        task["dependentTasks"] = list(component.needs)
    if component.sources:
        task["inputs"] = {
            "artifacts": {
                name: {"taskOutputArtifact": {"outputArtifactKey": key, "producerTask": producer}}
                for name, (producer, key) in component.sources.items()
            }
        }
    if component.step.meta.retries:
        task["retryPolicy"] = {
            "backoffDuration": "0s",
            "backoffFactor": 2.0,
            "backoffMaxDuration": "3600s",
            "maxRetryCount": component.step.meta.retries,
        }
    task["taskInfo"] = {"name": component.title}
    return task


# --- read back ---------------------------------------------------------------------------------------------------


def read_kubeflow(text: str) -> list[ReadStep]:
    """The tasks of IR YAML that was written here. Raises ValueError, KeyError for anything else."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    ir = yaml.load(text, loader)  # noqa: S506 — a safe one
    executors = ir["deploymentSpec"]["executors"]
    tasks = ir["root"]["dag"].get("tasks", {})
    read: dict[str, ReadStep] = {}
    for name, task in tasks.items():
        component = ir["components"][task["componentRef"]["name"]]
        container = executors[component["executorLabel"]]["container"]
        read[name] = _read_step(task, component, container)
    return [
        step._replace(needs=frozenset(read[need].address for need in tasks[name].get("dependentTasks", ())))
        for name, step in read.items()
    ]


def _read_step(task: Mapping[str, Any], component: Mapping[str, Any], container: Mapping[str, Any]) -> ReadStep:
    script, _, *places = container["args"]
    wanted = [("inputs", name) for name in component.get("inputDefinitions", {}).get("artifacts", {})]
    wanted += [("outputs", name) for name in component.get("outputDefinitions", {}).get("artifacts", {})]
    matches = [_PLACEHOLDER.fullmatch(place) for place in places]
    if [match.groups() for match in matches if match] != wanted or None in matches:
        raise ValueError("the arguments of a container are not its artifacts")
    sources = task.get("inputs", {}).get("artifacts", {})
    if list(sources) != [name for kind, name in wanted if kind == "inputs"]:
        raise ValueError("the artifacts of a task are not those of its component")
    if {one["taskOutputArtifact"]["producerTask"] for one in sources.values()} - set(task.get("dependentTasks", ())):
        raise ValueError("a task takes an artifact of one that it does not wait for")
    environment = {one["name"]: one["value"] for one in container.get("env", ())}
    amounts = dict(_read_amounts(container.get("resources", {})))
    return read_step(script, len(places), environment, amounts, task.get("retryPolicy", {}).get("maxRetryCount", 0))


def _read_amounts(resources: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Resources by the names of Kubernetes. Raises ValueError where requests are no limits."""
    for name, key in (("cpu", "Cpu"), ("memory", "Memory")):
        if f"resource{key}Limit" in resources:
            if resources[f"resource{key}Limit"] != resources[f"resource{key}Request"]:
                raise ValueError(f"a request for {name} that is no limit")
            yield name, resources[f"resource{key}Limit"]
    if "accelerator" in resources:
        yield resources["accelerator"]["resourceType"], resources["accelerator"]["resourceCount"]


def read_step(
    script: str, arguments: int, environment: Mapping[str, str], resources: Mapping[str, str], retries: int
) -> ReadStep:
    """A step without its needs. `script` begins with FUNCTIONS. Raises ValueError."""
    if not script.startswith(FUNCTIONS):
        raise ValueError("a script that does not begin as it should")
    read = read_script(script[len(FUNCTIONS) :])
    if read.arguments != arguments:
        raise ValueError(f"a script of {read.arguments} arguments that gets {arguments}")
    everything = {**environment, **read.environment}
    return ReadStep(read.address, read.commands, read.wdir, frozenset(), everything, resources, retries)
