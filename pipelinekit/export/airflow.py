"""A DAG for Airflow: a file of Python that imports nothing of ours."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import shlex
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from pipelinekit.export.conformance import ReadStep
from pipelinekit.export.kubernetes import requests_of
from pipelinekit.export.names import AIRFLOW, PYTHON, names_of, slug
from pipelinekit.export.plan import ExportError, Input, Plan, Step
from pipelinekit.export.python_source import comment, literal, text
from pipelinekit.export.remote import Remote

#: By scheme: the part of the file that moves objects, its import, and the connection that Airflow has by default.
_STORES = {
    "s3": ("airflow_s3", "from airflow.providers.amazon.aws.hooks.s3 import S3Hook", "aws_default"),
    "gs": ("airflow_gs", "from airflow.providers.google.cloud.hooks.gcs import GCSHook", "google_cloud_default"),
    "file": ("airflow_file", "", ""),
}
#: Names of the file that no variable may have.
_OWN = frozenset(
    {
        "BUCKET",
        "CONNECTION",
        "DAG",
        "PREFIX",
        "PROJECT",
        "REMOTE",
        "AirflowException",
        "BaseOperator",
        "GCSHook",
        "Path",
    }
    | {"S3Hook", "Stage", "SubprocessHook", "dag", "download", "fetch", "fetch_file", "hashlib", "json", "key_of"}
    | {"md5_of", "os", "pendulum", "pod", "remove", "run", "shutil", "store", "store_file", "upload"}
)
_MODULES = ("hashlib", "json", "os", "shutil")
_POD = '''

def pod(amounts):
    """What a task asks of Kubernetes, where that runs tasks; other executors have no use for it."""
    try:
        from kubernetes.client import models
    except ImportError:
        return None
    needs = models.V1ResourceRequirements(requests=amounts, limits=amounts)
    container = models.V1Container(name="base", resources=needs)
    return {"pod_override": models.V1Pod(spec=models.V1PodSpec(containers=[container]))}
'''


def with_dvc(plan: Plan) -> Plan:
    """The plan of a DAG whose tasks ask DVC: it knows the commands."""
    steps = [step._replace(commands=(_dvc_command(step),), wdir=".", inputs=(), outputs=()) for step in plan.steps]
    return plan._replace(steps=tuple(steps))


def _dvc_command(step: Step) -> str:
    return f"dvc --wait-for-lock repro --single-item -- {shlex.quote(step.address)}"


def write_airflow(
    plan: Plan, remote: Remote | None, place: str, *, connection: str = "", uses_dvc: bool = False
) -> str:
    """The source of the DAG. `place` is the way from the file's folder to the project's, or empty if nobody knows.

    Raises ExportError if the remote can't be reached with Airflow's own means.
    """
    if uses_dvc:
        return "".join(_file(plan, _template("airflow_dvc"), [], _constants(plan, place)))
    if remote is None:
        raise ExportError(
            "outputs pass from task to task through the project's remote, and there is none: 'pipelinekit init "
            "--remote ADDRESS' sets one up; --artifacts dvc does without, where all workers share the folder"
        )
    if remote.is_versioned:
        raise ExportError(
            "the remote keeps versions of files by their names, where only DVC finds them: --artifacts dvc leaves it "
            "to DVC, where all workers share the folder"
        )
    if remote.scheme not in _STORES:
        raise ExportError(
            f"the remote is {remote.scheme}://…, and only s3://, gs:// and folders are exported: --artifacts dvc "
            "leaves it to DVC, where all workers share the folder"
        )
    template, import_line, default = _STORES[remote.scheme]
    constants = _constants(plan, place)
    if remote.scheme == "file":
        constants += [f"REMOTE = Path({text(remote.path)})", 'PREFIX = ""']
    else:
        constants += [
            f"BUCKET = {text(remote.bucket)}",
            f"PREFIX = {text(remote.path)}",
            f"CONNECTION = {text(connection or default)}"
            + (f"  # its endpoint_url: {comment(remote.endpoint)}" if remote.endpoint else ""),
        ]
    parts = f"{_template('airflow_stage')}\n\n\n{_template(template)}"
    return "".join(_file(plan, parts, [import_line] if import_line else [], constants))


def _template(name: str) -> str:
    return (resources.files("pipelinekit.export") / "templates" / f"{name}.py").read_text(encoding="utf-8").strip("\n")


def _constants(plan: Plan, place: str) -> list[str]:
    variable = f"{re.sub('[^A-Z0-9]+', '_', plan.options.name.upper(), flags=re.ASCII).strip('_') or 'DVC'}_PROJECT"
    default = f"Path(__file__).resolve().parent / {text(place)}" if place else f"Path({text(plan.options.workspace)})"
    return [
        "#: The folder of the project where tasks run.",
        f'PROJECT = Path(os.environ.get("{variable}") or {default}).resolve()',
    ]


def _file(plan: Plan, parts: str, imports: list[str], constants: list[str]) -> Iterator[str]:
    name = plan.options.name
    code = "\n".join([parts, *constants])
    yield _docstring(name)
    yield "\nfrom __future__ import annotations\n\n"
    yield "".join(f"import {module}\n" for module in _MODULES if re.search(rf"\b{module}\.", code))
    yield "from pathlib import Path\n\nimport pendulum\n"
    lines = [
        *imports,
        "from airflow.providers.standard.hooks.subprocess import SubprocessHook",
        "from airflow.sdk import DAG, BaseOperator",
        "from airflow.sdk.exceptions import AirflowException",
    ]
    yield "".join(f"{line}\n" for line in sorted(lines))
    yield "\n" + "".join(f"{line}\n" for line in constants)
    yield f"\n\n{parts}\n"
    if any(step.meta.resources for step in plan.steps):
        yield _POD
    yield from _dag(plan)


def _docstring(name: str) -> str:
    shown = comment(name).replace("\\", "/").replace('"', "'")
    return f'''"""The pipeline {shown} as a DAG: one task for each stage of DVC.

Written by `pipelinekit export airflow` from dvc.yaml and dvc.lock. It is read back and compared with them each time
it is written, so change the pipeline, not this file.
"""
'''


def _dag(plan: Plan) -> Iterator[str]:
    options = plan.options
    tasks = names_of(plan, AIRFLOW)
    variables = names_of(plan, PYTHON, frozenset({*_OWN, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}))
    yield "\n\nwith DAG(\n"
    yield f"    dag_id={text(slug(options.name, AIRFLOW))},\n"
    yield f"    schedule={text(options.schedule) if options.schedule else 'None'},\n"
    yield '    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),\n    catchup=False,\n    max_active_runs=1,\n'
    yield f'    default_args={{"retries": {options.retries}}},\n    tags=["dvc"],\n) as dag:\n'
    if not plan.steps:
        yield "    pass\n"
    for step in plan.steps:
        yield from _task(step, variables[step.address], tasks, options.retries)
    edges = list(_edges(plan, variables))
    if edges:
        yield "\n"
    yield from edges


def _task(step: Step, variable: str, tasks: Mapping[str, str], retries: int) -> Iterator[str]:
    arguments: dict[str, Any] = {
        "task_id": tasks[step.address],
        "address": step.address,
        "commands": list(step.commands),
        "wdir": step.wdir,
        "inputs": [_source(one, tasks) for one in step.inputs if one.producer or _is_fetched(one)],
        "outputs": [one.path for one in step.outputs],
        "replaced": [one.path for one in step.outputs if not one.is_persistent],
        "env": dict(step.meta.environment),
        "retries": step.meta.retries,
    }
    omitted = {"wdir": ".", "inputs": [], "outputs": [], "replaced": [], "env": {}, "retries": retries}
    yield f"    {variable} = Stage(\n"
    for name, value in arguments.items():
        if name not in omitted or omitted[name] != value:
            yield f"        {name}={literal(value, 8, len(name) + 2)},\n"
    if step.meta.resources:
        yield f"        executor_config=pod({literal(requests_of(step.meta.resources), 8, 22)}),\n"
    yield "    )\n"


def notes_of(plan: Plan) -> list[str]:
    """What somebody should know about a DAG before it is used."""
    missing = [one.part for step in plan.steps for one in step.inputs if not one.producer and not _is_fetched(one)]
    found = list(dict.fromkeys(missing))
    if not found:
        return []
    more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
    return [f"{found[0]}{more}: not in the default remote, so that tasks take what lies in their checkout"]


def _is_fetched(one: Input) -> bool:
    return bool(one.md5) and one.is_cached and one.is_in_remote


def _source(one: Input, tasks: Mapping[str, str]) -> dict[str, str]:
    part = {"part": one.part} if one.part != one.path else {}
    if one.producer:
        return {"path": one.path, "task": tasks[one.producer], **part}
    return {"path": one.path, "md5": f"legacy:{one.md5}" if one.is_legacy else one.md5, **part}


def _edges(plan: Plan, variables: Mapping[str, str]) -> Iterator[str]:
    for step in plan.steps:
        needed = [variables[address] for address in step.needs]
        if not needed:
            continue
        line = f"    {needed[0] if len(needed) == 1 else '[' + ', '.join(needed) + ']'} >> {variables[step.address]}\n"
        if len(line) <= 121:
            yield line
        else:
            yield "    [\n" + "".join(f"        {name},\n" for name in needed) + f"    ] >> {variables[step.address]}\n"


# --- read back ---------------------------------------------------------------------------------------------------


def read_airflow(source: str) -> list[ReadStep]:
    """The tasks of a DAG that was written here. Raises ValueError, SyntaxError for anything else."""
    tree = ast.parse(source)
    dag = next(node for node in tree.body if isinstance(node, ast.With))
    default = ast.literal_eval(_keywords(dag.items[0].context_expr)["default_args"])["retries"]
    tasks: dict[str, ReadStep] = {}
    needs: dict[str, set[str]] = {}
    for node in dag.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            tasks[node.targets[0].id] = _read_task(_keywords(node.value), default)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.BinOp):
            needs.setdefault(_name(node.value.right), set()).update(_names(node.value.left))
    return [
        task._replace(needs=frozenset(tasks[name].address for name in needs.get(variable, ())))
        for variable, task in tasks.items()
    ]


def _read_task(keywords: Mapping[str, ast.expr], retries: int) -> ReadStep:
    values = {name: ast.literal_eval(node) for name, node in keywords.items() if name != "executor_config"}
    config = keywords.get("executor_config")
    amounts = ast.literal_eval(config.args[0]) if isinstance(config, ast.Call) else {}
    return ReadStep(
        values["address"],
        tuple(values["commands"]),
        values.get("wdir", "."),
        frozenset(),
        values.get("env", {}),
        amounts,
        values.get("retries", retries),
    )


def _keywords(node: ast.expr) -> dict[str, ast.expr]:
    if not isinstance(node, ast.Call):
        raise ValueError("not a call")
    return {one.arg: one.value for one in node.keywords if one.arg is not None}


def _names(node: ast.expr) -> list[str]:
    return [_name(one) for one in node.elts] if isinstance(node, ast.List) else [_name(node)]


def _name(node: ast.expr) -> str:
    if not isinstance(node, ast.Name):
        raise ValueError("not a name")
    return node.id
