"""Python source for Kubeflow: what compiles to the same pipeline, and a variant that runs without containers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipelinekit.export.conformance import ReadStep
from pipelinekit.export.kubeflow import (
    Component,
    about_pipeline,
    components_of,
    container_script,
    read_step,
)
from pipelinekit.export.names import KUBEFLOW, slug
from pipelinekit.export.plan import Plan
from pipelinekit.export.python_source import literal, text
from pipelinekit.export.step_script import FUNCTIONS

_PIPELINE = "dvc_pipeline"
_COMPILE = """

if __name__ == "__main__":
    compiler.Compiler().compile(dvc_pipeline, str(Path(__file__).with_suffix(".yaml")))
"""
_RUN = """

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=folder)
        dvc_pipeline(project=sys.argv[1] if sys.argv[1:] else @@project@@)
"""


def write_python(plan: Plan, *, caching: bool = False) -> str:
    """The source that kfp compiles to what `write_kubeflow` writes. The plan is one `for_kubeflow`.

    Raises ExportError.
    """
    components = components_of(plan)
    parts = [
        _docstring(plan, "python", caching),
        "\nfrom pathlib import Path\n\nfrom kfp import compiler, dsl\n\n",
        _functions(),
        *(_container_component(one, plan) for one in components),
        *_pipeline(plan, components, caching, is_lightweight=False),
        _COMPILE,
    ]
    return "".join(parts)


def write_lightweight(plan: Plan, place: str, *, caching: bool = False) -> str:
    """The source of a pipeline of functions, which kfp runs here. The plan is one `for_kubeflow`.

    `place` is the way from the file's folder to the project's, or empty if nobody knows. Raises ExportError.
    """
    components = components_of(plan)
    project = f"str(Path(__file__).resolve().parent / {text(place)})" if place else text(plan.options.workspace)
    path = "from pathlib import Path\n" if place else ""
    parts = [
        _docstring(plan, "lightweight", caching),
        f"\nimport sys\n{path}from tempfile import TemporaryDirectory\n\nfrom kfp import dsl, local\n\n",
        _functions(),
        *map(_python_component, components),
        *_pipeline(plan, components, caching, is_lightweight=True),
        _RUN.replace("@@project@@", project),
    ]
    return "".join(parts)


def _docstring(plan: Plan, variant: str, caching: bool) -> str:
    lines = [line.replace("\\", "/").replace('"', "'") for line in about_pipeline(plan, variant, caching=caching)]
    return '"""' + "\n".join(lines) + '\n"""\n'


def _functions() -> str:
    return f"#: What the script of each step begins with.\nFUNCTIONS = (\n{_lines(FUNCTIONS, 4)})\n"


def _lines(script: str, indent: int) -> str:
    """A text as adjacent literals, one a line."""
    return "".join(f"{' ' * indent}{text(line)}\n" for line in script.splitlines(keepends=True)) or '""\n'


def _function_name(component: str) -> str:
    return component.replace("-", "_")


def _parameters(component: Component, first: Sequence[str]) -> str:
    parameters = [
        *first,
        *(f"{name}: dsl.Input[dsl.Artifact]" for name in component.inputs.values()),
        *(f"{name}: dsl.Output[dsl.Artifact]" for name in component.outputs.values()),
    ]
    if not parameters:
        return "()"
    return "(\n" + "".join(f"    {one},\n" for one in parameters) + ")"


def _paths(component: Component) -> list[str]:
    return [f"{name}.path" for name in (*component.inputs.values(), *component.outputs.values())]


def _container_component(component: Component, plan: Plan) -> str:
    script = _lines(container_script(component, plan.options.workspace), 12)
    arguments = "".join(f"            {one},\n" for one in [text(component.name), *_paths(component)])
    return (
        f"\n\n@dsl.container_component\ndef {_function_name(component.name)}{_parameters(component, ())}:\n"
        "    return dsl.ContainerSpec(\n"
        f"        image={text(component.step.meta.image)},\n"
        '        command=["/bin/sh", "-c"],\n'
        "        args=[\n"
        f"            FUNCTIONS + {script.strip()},\n{arguments}"
        "        ],\n    )\n"
    )


def _python_component(component: Component) -> str:
    paths = ", ".join(_paths(component))
    if len(paths) > 100:
        paths = "\n" + "".join(f"        {one},\n" for one in _paths(component)) + "    "
    return (
        f"\n\n@dsl.component(base_image={text(component.step.meta.image)}, install_kfp_package=False)\n"
        f"def {_function_name(component.name)}{_parameters(component, ('project: str', 'functions: str'))}:\n"
        "    import subprocess\n\n"
        f"    script = (\n{_lines(component.script, 8)}    )\n"
        f"    paths = [{paths}]\n"
        f'    subprocess.run(["/bin/sh", "-c", functions + script, {text(component.name)}, *paths], cwd=project, '
        "check=True)\n"
    )


def _pipeline(plan: Plan, components: list[Component], caching: bool, *, is_lightweight: bool) -> Iterator[str]:
    functions = {_function_name(one.name) for one in components}
    suffix = "_task"
    while any(f"{name}{suffix}" in functions for name in functions):
        suffix += "_"
    variables = {one.name: f"{_function_name(one.name)}{suffix}" for one in components}
    parameters = f"project: str = {text(plan.options.workspace)}" if is_lightweight else ""
    yield f"\n\n@dsl.pipeline(name={text(slug(plan.options.name, KUBEFLOW))})\ndef {_PIPELINE}({parameters}):\n"
    if not components:
        yield "    pass\n"
    for one in components:
        yield from _task(one, variables, caching, is_lightweight)


def _task(component: Component, variables: Mapping[str, str], caching: bool, is_lightweight: bool) -> Iterator[str]:
    arguments = ["project=project", "functions=FUNCTIONS"] if is_lightweight else []
    arguments += [
        f"{name}={variables[producer]}.outputs[{text(key)}]" for name, (producer, key) in component.sources.items()
    ]
    variable = variables[component.name]
    call = f"    {variable} = {_function_name(component.name)}({', '.join(arguments)})\n"
    if len(call) > 121:
        call = (
            f"    {variable} = {_function_name(component.name)}(\n"
            + "".join(f"        {argument},\n" for argument in arguments)
            + "    )\n"
        )
    yield call
    carried = {producer for producer, _ in component.sources.values()}
    after = [variables[name] for name in component.needs if name not in carried]
    settings: list[tuple[str, Any]] = [("set_caching_options", (caching,))]
    if component.title != component.name:
        settings.append(("set_display_name", (component.title,)))
    if component.step.meta.retries:
        settings.append(("set_retry", (component.step.meta.retries,)))
    settings += [("set_env_variable", pair) for pair in component.environment.items()]
    for name, amount in component.resources.items():
        if name in ("cpu", "memory"):
            settings += [(f"set_{name}_request", (amount,)), (f"set_{name}_limit", (amount,))]
        else:
            settings += [("set_accelerator_type", (name,)), ("set_accelerator_limit", (amount,))]
    for method, values in settings:
        yield f"    {variable}.{method}({', '.join(map(literal, values))})\n"
    if after:
        yield f"    {variable}.after({', '.join(after)})\n"


# --- read back ---------------------------------------------------------------------------------------------------


class _Function(NamedTuple):
    """A component as it stands in the source."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    script: str
    paths: tuple[str, ...]


class _Task(NamedTuple):
    """A task as it stands in the pipeline's function."""

    function: str
    #: variables of the tasks that it takes something of, or waits for
    needs: set[str]
    inputs: tuple[str, ...]
    environment: dict[str, str]
    #: what its methods were given, by their names
    settings: dict[str, Any]


def read_python(source: str) -> list[ReadStep]:
    """The tasks of a source that was written here, of either variant. Raises ValueError, SyntaxError for others."""
    tree = ast.parse(source)
    functions: dict[str, _Function] = {}
    tasks: dict[str, _Task] = {}
    begin = ""
    for node in tree.body:
        if isinstance(node, ast.Assign) and _name(node.targets[0]) == "FUNCTIONS":
            begin = _text(node.value)
        elif isinstance(node, ast.FunctionDef):
            if node.name == _PIPELINE:
                tasks = _read_tasks(node)
            elif node.name in functions:
                raise ValueError(f"two functions {node.name}")
            else:
                functions[node.name] = _read_function(node)
    if sorted(task.function for task in tasks.values()) != sorted(functions):
        raise ValueError("functions that are not called once")
    read = {variable: _read_step(functions[task.function], task, begin) for variable, task in tasks.items()}
    return [
        step._replace(needs=frozenset(read[need].address for need in tasks[variable].needs))
        for variable, step in read.items()
    ]


def _read_step(function: _Function, task: _Task, begin: str) -> ReadStep:
    if function.paths != (*function.inputs, *function.outputs) or task.inputs != function.inputs:
        raise ValueError("the arguments of a script are not its artifacts")
    settings = task.settings
    amounts = {}
    for name in ("cpu", "memory"):
        if f"set_{name}_limit" in settings:
            if settings[f"set_{name}_limit"] != settings[f"set_{name}_request"]:
                raise ValueError(f"a request for {name} that is no limit")
            amounts[name] = settings[f"set_{name}_limit"]
    if "set_accelerator_type" in settings:
        amounts[settings["set_accelerator_type"]] = settings["set_accelerator_limit"]
    return read_step(
        begin + function.script, len(function.paths), task.environment, amounts, settings.get("set_retry", 0)
    )


def _read_function(node: ast.FunctionDef) -> _Function:
    inputs: list[str] = []
    outputs: list[str] = []
    for parameter in node.args.args:
        kind = parameter.annotation.value if isinstance(parameter.annotation, ast.Subscript) else None
        if isinstance(kind, ast.Attribute):
            (inputs if kind.attr == "Input" else outputs).append(parameter.arg)
    if isinstance(node.body[0], ast.Return):
        call = node.body[0].value
        arguments = next(one.value for one in _call(call).keywords if one.arg == "args")
        script, _, *places = _elements(arguments)
        if not isinstance(script, ast.BinOp) or _name(script.left) != "FUNCTIONS":
            raise ValueError("a script that does not begin as it should")
        return _Function(tuple(inputs), tuple(outputs), _text(script.right), tuple(map(_owner, places)))
    _, written, listed, _ = node.body
    if not isinstance(written, ast.Assign) or not isinstance(listed, ast.Assign):
        raise ValueError(f"a function {node.name} of another shape")
    paths = [_owner(one) for one in _elements(listed.value)]
    return _Function(tuple(inputs), tuple(outputs), _text(written.value), tuple(paths))


def _read_tasks(node: ast.FunctionDef) -> dict[str, _Task]:
    tasks: dict[str, _Task] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            call = _call(statement.value)
            artifacts = [one for one in call.keywords if one.arg not in ("project", "functions")]
            needs = {_owner(one.value.value) for one in artifacts if isinstance(one.value, ast.Subscript)}
            names = tuple(str(one.arg) for one in artifacts)
            tasks[_name(statement.targets[0])] = _Task(_name(call.func), needs, names, {}, {})
        elif isinstance(statement, ast.Expr):
            call = _call(statement.value)
            if not isinstance(call.func, ast.Attribute):
                raise ValueError("a call of something else")
            task = tasks[_name(call.func.value)]
            if call.func.attr == "after":
                task.needs.update(map(_name, call.args))
            elif call.func.attr == "set_env_variable":
                task.environment[_text(call.args[0])] = _text(call.args[1])
            else:
                task.settings[call.func.attr] = ast.literal_eval(call.args[0])
    return tasks


def _call(node: ast.expr | None) -> ast.Call:
    if not isinstance(node, ast.Call):
        raise ValueError("not a call")
    return node


def _elements(node: ast.expr) -> list[ast.expr]:
    if not isinstance(node, ast.List):
        raise ValueError("not a list")
    return node.elts


def _owner(node: ast.expr) -> str:
    """`a` of `a.path`."""
    if not isinstance(node, ast.Attribute):
        raise ValueError("not an attribute")
    return _name(node.value)


def _name(node: ast.expr) -> str:
    if not isinstance(node, ast.Name):
        raise ValueError("not a name")
    return node.id


def _text(node: ast.expr) -> str:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        raise ValueError("not a text")
    return node.value
