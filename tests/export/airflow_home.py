"""Airflow in an environment of its own, which `PIPELINEKIT_AIRFLOW` names, with a database in a folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

VARIABLE = "PIPELINEKIT_AIRFLOW"
_LOAD = """
import json, sys, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from airflow.dag_processing.dagbag import DagBag
    caught.clear()
    bag = DagBag(sys.argv[1])
ours = [str(one.message) for one in caught if sys.argv[1] in str(one.filename)]
warned = {**getattr(bag, "captured_warnings", {})}
dags = {name: {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks} for name, dag in bag.dags.items()}
print("\\n" + json.dumps({"errors": bag.import_errors, "warnings": ours + sorted(warned), "dags": dags}))
"""


def why_no_airflow() -> str | None:
    """Why there can be no Airflow; None if there can."""
    place = os.environ.get(VARIABLE)
    return None if place and Path(place, "bin", "airflow").exists() else f"{VARIABLE} names no environment with Airflow"


class AirflowHome:
    """A folder for DAGs and the database of Airflow."""

    def __init__(self, folder: Path) -> None:
        self.dags = folder / "dags"
        self.dags.mkdir(parents=True)
        self.bin = Path(os.environ[VARIABLE]) / "bin"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
            "AIRFLOW_HOME": str(folder),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "PYTHONWARNINGS": "ignore",
        }
        self.run("db", "migrate")

    def run(self, *arguments: str, status: int | None = 0, **environment: str) -> str:
        """What `airflow` prints, to either stream."""
        result = subprocess.run(
            [self.bin / "airflow", *arguments],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert status is None or result.returncode == status, result.stdout[-5000:]
        return result.stdout

    def loaded(self) -> dict[str, dict[str, list[str]]]:
        """What each task of each DAG waits for. There must be neither errors nor warnings."""
        environment = {**self.environment}
        del environment["PYTHONWARNINGS"]
        result = subprocess.run(
            [self.bin / "python", "-c", _LOAD, str(self.dags)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        found = json.loads(result.stdout.splitlines()[-1])
        assert found["errors"] == {}
        assert found["warnings"] == []
        dags: dict[str, dict[str, list[str]]] = found["dags"]
        return dags
