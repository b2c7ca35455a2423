"""Projects of any size to measure on."""

from __future__ import annotations

import hashlib
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
    params = "".join(f"p{number}: {number}\n" for number in range(min(PARAMS, stages or PARAMS)))
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    (folder / "dvc.yaml").write_text(pipeline_text(stages), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)


def add_lock(folder: Path, stages: int) -> None:
    """The lock of `make_project`, as it is after a run; git tracks all of it."""
    script = _entry("src/step{}.py", "print('step')\n")
    lines = ["schema: '2.0'", "stages:"]
    link = ""
    for number in range(stages):
        name = f"link{number}" if number % 5 == 0 else f"leaf{number}"
        param = number % PARAMS
        lines += [
            f"  {name}:",
            f"    cmd: python src/step{number % SCRIPTS}.py --value {param} --out data/{name}.txt",
            "    deps:",
            *(_entry(f"data/{link}.txt", link) if link else []),
            *(line.format(number % SCRIPTS) for line in script),
            "    params:",
            "      params.yaml:",
            f"        p{param}: {param}",
            "    outs:",
            *_entry(f"data/{name}.txt", name),
        ]
        if number % 5 == 0:
            link = name
    (folder / "dvc.lock").write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)


def _entry(path: str, content: str) -> list[str]:
    md5 = hashlib.md5(content.encode()).hexdigest()
    return [f"    - path: {path}", "      hash: md5", f"      md5: {md5}", f"      size: {len(content)}"]


def make_project_with_scripts(folder: Path, stages: int, modules: int) -> None:
    """The same chain, but each stage with a script of its own of a hundred lines, which share some modules."""
    make_project(folder, 0)
    (folder / "src" / "lib").mkdir()
    (folder / "src" / "lib" / "__init__.py").write_text("", encoding="utf-8")
    for number in range(modules):
        (folder / "src" / "lib" / f"part{number}.py").write_text(_module_text(number, modules), encoding="utf-8")
    for number in range(stages):
        (folder / "src" / f"stage{number}.py").write_text(_script_text(number, modules), encoding="utf-8")
    (folder / "dvc.yaml").write_text(pipeline_text(stages, own_scripts=True), encoding="utf-8")


def _module_text(number: int, modules: int) -> str:
    following = f"from lib.part{number + 1} import scaled as deeper" if number % 5 < 4 and number + 1 < modules else ""
    functions = "".join(_FUNCTION.format(name=f"scaled_{place}", factor=place) for place in range(7))
    head = f"import math\n\n{following}\n\n\ndef scaled(values):\n    return [math.sqrt(value) for value in values]"
    return f"{head}\n\n\n{functions}"


def _script_text(number: int, modules: int) -> str:
    functions = "".join(_FUNCTION.format(name=f"step_{place}", factor=place) for place in range(7))
    return _SCRIPT.format(module=number * 7 % modules, functions=functions)


_FUNCTION = """def {name}(values, factor={factor}):
    found = []
    for value in values:
        if value is None:
            continue
        found.append(value * factor + 1)
    if not found:
        raise ValueError("nothing to scale")
    return {{"mean": sum(found) / len(found), "most": max(found)}}


"""
_SCRIPT = """import argparse
import csv
import json
from pathlib import Path

from lib.part{module} import scaled

{functions}
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--value", type=float)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = []
    if arguments.source is not None:
        with arguments.source.open(newline="") as file:
            rows = list(csv.reader(file))
    result = scaled([float(arguments.value) for _ in rows] or [arguments.value])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
"""


def pipeline_text(stages: int, *, own_scripts: bool = False) -> str:
    lines = ["stages:"]
    link = ""
    for number in range(stages):
        is_link = number % 5 == 0
        name = f"link{number}" if is_link else f"leaf{number}"
        script = f"src/stage{number}.py" if own_scripts else f"src/step{number % SCRIPTS}.py"
        lines += _stage(name, number, link, script, reads_link=own_scripts)
        if is_link:
            link = name
    return "\n".join(lines) + "\n"


def _stage(name: str, number: int, link: str, script: str, *, reads_link: bool) -> list[str]:
    param = f"p{number % PARAMS}"
    source = f" --source data/{link}.txt" if link and reads_link else ""
    return [
        f"  {name}:",
        f"    cmd: python {script} --value ${{{param}}}{source} --out data/{name}.txt",
        "    deps:",
        *(["    - src/lib"] if reads_link else []),
        *([f"    - data/{link}.txt"] if link else []),
        f"    - {script}",
        "    params:",
        f"    - {param}",
        "    outs:",
        f"    - data/{name}.txt",
    ]


def add_history(folder: Path, stages: int, commits: int) -> None:
    """A history of the lock of `make_project`: each commit has other outputs of one stage in twenty-five."""
    sizes = [1] * stages
    digests = [hashlib.md5(b"%d" % number).hexdigest() for number in range(stages)]
    entries = [_outs_of(number, digests, sizes) for number in range(stages)]
    with subprocess.Popen(["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        for commit in range(commits):
            for number in range(commit % 25, stages, 25):
                digests[number] = hashlib.md5(b"%d/%d" % (number, commit)).hexdigest()
                sizes[number] = 1000 + commit
                entries[number] = _outs_of(number, digests, sizes)
            text = ("schema: '2.0'\nstages:\n" + "".join(entries)).encode()
            when = 1_700_000_000 + commit * 3600
            importer.stdin.write(b"commit refs/heads/main\ncommitter nobody <nobody@example.org> %d +0000\n" % when)
            importer.stdin.write(b"data 6\nchangeM 100644 inline dvc.lock\ndata %d\n%s\n" % (len(text), text))
            if commit == 0:
                pipeline = (folder / "dvc.yaml").read_bytes()
                importer.stdin.write(b"M 100644 inline dvc.yaml\ndata %d\n%s\n" % (len(pipeline), pipeline))
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"], cwd=folder, check=True)
    subprocess.run(["git", "reset", "--quiet", "--hard"], cwd=folder, check=True)


def _outs_of(number: int, digests: list[str], sizes: list[int]) -> str:
    name = f"link{number}" if number % 5 == 0 else f"leaf{number}"
    script = hashlib.md5(b"print('step')\n").hexdigest()
    return (
        f"  {name}:\n    cmd: python src/step{number % SCRIPTS}.py --value {number % PARAMS} --out data/{name}.txt\n"
        f"    deps:\n    - path: src/step{number % SCRIPTS}.py\n      hash: md5\n      md5: {script}\n      size: 14\n"
        f"    params:\n      params.yaml:\n        p{number % PARAMS}: {number % PARAMS}\n"
        f"    outs:\n    - path: data/{name}.txt\n      hash: md5\n      md5: {digests[number]}\n"
        f"      size: {sizes[number]}\n"
    )
