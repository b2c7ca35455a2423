"""What a script tells MLflow: where runs are kept, which experiment they belong to, what it logs."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pipelinekit.scripts.python.literals import typed_text
from pipelinekit.scripts.python.observed import Call
from pipelinekit.scripts.python.source import Source

#: Calls that write into a run, and open one if there is none.
_LOGGING = frozenset(
    """
    start_run log_metric log_metrics log_param log_params log_artifact log_artifacts log_model log_figure log_image
    log_text log_dict log_table log_input autolog set_tag set_tags
    """.split()  # noqa: SIM905
)
_EXPERIMENT = frozenset({"mlflow.set_experiment", "mlflow.create_experiment"})


def typed_addresses(calls: Iterable[Call]) -> list[tuple[Source, ast.expr, str]]:
    """Calls of `mlflow.set_tracking_uri` that are given the address of a server as a text, with that argument."""
    found = []
    for call in calls:
        if call.name != "mlflow.set_tracking_uri":
            continue
        given = [*call.node.args, *(keyword.value for keyword in call.node.keywords if keyword.arg == "uri")]
        text = typed_text(given[0], call.source) if given else None
        if text is not None and text.startswith(("http://", "https://")):
            found.append((call.source, given[0], text))
    return found


def typed_variables(sources: Iterable[Source]) -> list[tuple[Source, ast.expr, str]]:
    """Assignments of an address to `os.environ["MLFLOW_TRACKING_URI"]`, with what is assigned."""
    found = []
    for source in sources:
        if source.tree is None or _VARIABLE not in source.code.text:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign) and any(map(_is_variable, node.targets)):
                text = typed_text(node.value, source)
                if text is not None and text.startswith(("http://", "https://")):
                    found.append((source, node.value, text))
    return found


_VARIABLE = "MLFLOW_TRACKING_URI"


def _is_variable(target: ast.expr) -> bool:
    return (
        isinstance(target, ast.Subscript)
        and isinstance(target.slice, ast.Constant)
        and target.slice.value == _VARIABLE
        and isinstance(target.value, (ast.Attribute, ast.Name))
        and (target.value.attr if isinstance(target.value, ast.Attribute) else target.value.id) == "environ"
    )


def logging_calls(calls: Iterable[Call]) -> list[Call]:
    """The calls that log to MLflow, if nothing among them says to which experiment."""
    found: list[Call] = []
    for call in calls:
        if not call.name.startswith("mlflow."):
            continue
        if call.name in _EXPERIMENT or any(
            keyword.arg in ("experiment_id", "experiment_name", None) for keyword in call.node.keywords
        ):
            return []
        if "()" not in call.name and call.name.rpartition(".")[2] in _LOGGING:
            found.append(call)
    return found
