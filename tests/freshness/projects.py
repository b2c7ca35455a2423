"""Small projects with the lock that DVC would have written for them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipelinekit.graph.graph import Graph
from pipelinekit.lint.engine import lint_project
from pipelinekit.lint.selection import select_rules
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index


def md5(content: str | bytes) -> str:
    return hashlib.md5(content.encode() if isinstance(content, str) else content).hexdigest()


def entry(path: str, content: str | bytes | dict[str, Any], *, legacy: bool = False) -> dict[str, Any]:
    """An entry of a lock: for a file its content, for anything else the fields themselves."""
    if isinstance(content, dict):
        return {"path": path, **({} if legacy else {"hash": "md5"}), **content}
    size = len(content.encode() if isinstance(content, str) else content)
    return {"path": path, **({} if legacy else {"hash": "md5"}), "md5": md5(content), "size": size}


def lock(**stages: dict[str, Any]) -> str:
    """The text of a lock: per stage `cmd`, `deps` and `outs` with contents by path, `params` as they are."""
    data: dict[str, Any] = {"schema": "2.0", "stages": {}}
    for name, stage in stages.items():
        made: dict[str, Any] = {"cmd": stage.get("cmd", f"python {name}.py")}
        for section in ("deps", "params", "outs"):
            if section in stage:
                listed = stage[section]
                made[section] = (
                    listed if section == "params" else [entry(path, content) for path, content in listed.items()]
                )
        data["stages"][name.replace("__", "@")] = made
    from io import StringIO

    stream = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 10000
    yaml.dump(data, stream)
    return stream.getvalue()


def project(folder: Path, files: dict[str, str | bytes], *, git: bool = True) -> Project:
    """A project with these files, all of them tracked by git."""
    (folder / ".dvc").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    if git:
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        subprocess.run(["git", "add", "-f", "--", *files], cwd=folder, check=True)
    return Project(str(folder))


def graph(made: Project) -> Graph:
    return Graph(Index(made))


def messages(made: Project, *codes: str) -> list[str]:
    """What some rules say."""
    return [finding.message for finding in lint_project(made, select_rules(codes)).findings]
