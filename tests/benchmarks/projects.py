"""Projects of any size to measure on."""

from __future__ import annotations

import subprocess
from pathlib import Path

SCRIPTS = 10
PARAMS = 10


def make_project(folder: Path, stages: int) -> None:
    """A chain of stages, four more hanging on each link; every one with a script, a parameter and a template."""
    folder.mkdir(parents=True)
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("", encoding="utf-8")
    (folder / "src").mkdir()
    for number in range(SCRIPTS):
        (folder / "src" / f"step{number}.py").write_text("print('step')\n", encoding="utf-8")
    params = "".join(f"p{number}: {number}\n" for number in range(PARAMS))
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    (folder / "dvc.yaml").write_text(pipeline_text(stages), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def pipeline_text(stages: int) -> str:
    lines = ["stages:"]
    link = ""
    for number in range(stages):
        is_link = number % 5 == 0
        name = f"link{number}" if is_link else f"leaf{number}"
        lines += _stage(name, number, link)
        if is_link:
            link = name
    return "\n".join(lines) + "\n"


def _stage(name: str, number: int, link: str) -> list[str]:
    script, param = f"src/step{number % SCRIPTS}.py", f"p{number % PARAMS}"
    return [
        f"  {name}:",
        f"    cmd: python {script} --value ${{{param}}} --out data/{name}.txt",
        "    deps:",
        *([f"    - data/{link}.txt"] if link else []),
        f"    - {script}",
        "    params:",
        f"    - {param}",
        "    outs:",
        f"    - data/{name}.txt",
    ]
