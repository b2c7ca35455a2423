"""Tasks that a project gives a name in its settings: `pixi run train`, `pdm run train`, `poe train`."""

from __future__ import annotations

from typing import Any

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import join
from pipelinekit.project.project import Project
from pipelinekit.project.toml import TomlError, parse_toml
from pipelinekit.scripts.arguments import read_arguments
from pipelinekit.scripts.shell import SimpleCommand, Word, parse_command
from pipelinekit.scripts.wrappers import WRAPPERS, program_of

#: By program: the files that may hold its tasks, and the tables in them.
_TASKS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "pixi": (("pixi.toml", ("tasks",)), ("pyproject.toml", ("tool", "pixi", "tasks"))),
    "pdm": (("pyproject.toml", ("tool", "pdm", "scripts")),),
    "rye": (("pyproject.toml", ("tool", "rye", "scripts")),),
    "hatch": (("pyproject.toml", ("tool", "hatch", "envs", "default", "scripts")),),
    "poe": (("pyproject.toml", ("tool", "poe", "tasks")),),
    "pipenv": (("Pipfile", ("scripts",)),),
    "npm": (("package.json", ("scripts",)),),
    "pnpm": (("package.json", ("scripts",)),),
    "yarn": (("package.json", ("scripts",)),),
}


def task_commands(words: tuple[Word, ...], folder: str, project: Project) -> list[SimpleCommand]:
    """The commands that a task stands for; their words are where its name is."""
    program = program_of(words)
    tables = _TASKS.get(program)
    if tables is None:
        return []
    wrapper = WRAPPERS.get(program)
    options = wrapper.options if wrapper is not None else {}
    operands = read_arguments(words[1:], options, to_operand=True).operands
    if program != "poe":
        if not operands or operands[0].text not in ("run", "run-script"):
            return []
        operands = read_arguments(operands[1:], options, to_operand=True).operands
    if not operands or not operands[0].text:
        return []
    name, arguments = operands[0], operands[1:]
    for file, table in tables:
        task = _task(join(folder, file, project.root), table, name.text or "", project)
        commands = [found for text in _texts(task) for found in parse_command(text)]
        if commands:
            placed = [_at(command, name) for command in commands]
            placed[-1] = placed[-1]._replace(words=(*placed[-1].words, *arguments))
            return placed
    return []


def _task(path: str, table: tuple[str, ...], name: str, project: Project) -> Any:
    try:
        text = project.disk.read(path)
        if path.endswith(".json"):
            import json

            data: Any = json.loads(text)
        else:
            data = parse_toml(text)
    except (FileNotFoundError, UnreadableError, TomlError, ValueError, RecursionError):
        return None
    for key in (*table, name):
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _texts(task: Any) -> list[str]:
    """The command lines of a task: a text, a table that holds one, or a list of some."""
    if isinstance(task, dict):
        if "cwd" in task:
            return []
        task = next((task[key] for key in ("cmd", "shell") if key in task), None)
    lines = task if isinstance(task, list) else [task]
    return [line for line in lines if isinstance(line, str)]


def _at(command: SimpleCommand, name: Word) -> SimpleCommand:
    def moved(words: tuple[Word, ...]) -> tuple[Word, ...]:
        return tuple(Word(word.text, name.start, name.end) for word in words)

    return command._replace(words=moved(command.words), reads=moved(command.reads), writes=moved(command.writes))
