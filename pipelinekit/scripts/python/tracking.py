"""What a script tells MLflow: where runs are kept, which experiment they belong to, what it logs."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from pipelinekit.scripts.python.literals import typed_text
from pipelinekit.scripts.python.observed import Call

#: Calls that write into a run, and open one if there is none.
_LOGGING = frozenset(
    """
    start_run log_metric log_metrics log_param log_params log_artifact log_artifacts log_model log_figure log_image
    log_text log_dict log_table log_input autolog set_tag set_tags
    """.split()  # noqa: SIM905
)
_EXPERIMENT = frozenset({"mlflow.set_experiment", "mlflow.create_experiment"})


def typed_addresses(calls: Iterable[Call]) -> list[tuple[Call, ast.expr, str]]:
    """Calls of `mlflow.set_tracking_uri` that are given the address of a server as a text, with that argument."""
    found = []
    for call in calls:
        if call.name != "mlflow.set_tracking_uri":
            continue
        given = [*call.node.args, *(keyword.value for keyword in call.node.keywords if keyword.arg == "uri")]
        text = typed_text(given[0], call.source) if given else None
        if text is not None and text.startswith(("http://", "https://")):
            found.append((call, given[0], text))
    return found


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
