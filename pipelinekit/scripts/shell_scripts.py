"""What the shell scripts of a project run, read and write: the commands in them, with what they are given."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import is_outside
from pipelinekit.project.project import Project
from pipelinekit.scripts.invocations import Invocation, inner_folder, is_maker, nested
from pipelinekit.scripts.runs import Running, running
from pipelinekit.scripts.script import Script
from pipelinekit.scripts.shell import SimpleCommand, Word, parse_script
from pipelinekit.scripts.wrappers import program_of
from pipelinekit.yaml.tree import Document

_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh", "source", "."})
#: Programs that run tasks which the project names in its settings.
TASK_RUNNERS = frozenset({"pixi", "pdm", "rye", "hatch", "poe", "pipenv", "npm", "pnpm", "yarn"})
_SHEBANG = re.compile(r"#!\s*\S*?(?:/env\s+(?:-S\s+)?)?(?:\w*/)*(ba|z|da|k)?sh\b")
#: A script longer than this does more than anybody could say of it.
_LONGEST = 500_000
_DEEPEST = 8
#: The most commands of one stage that are looked at.
_MOST = 3000


def followed(invocations: Iterable[Invocation], project: Project) -> Iterator[Running]:
    """Each command with the scripts that it runs, and behind it the commands that those scripts hold."""
    left = _MOST
    for invocation in invocations:
        for found in _follow(invocation, project):
            yield found
            left -= 1
            if left <= 0:
                return


def _follow(invocation: Invocation, project: Project, *, is_task: bool = False) -> Iterator[Running]:
    command = running(invocation, project)
    yield command
    if len(invocation.via) >= _DEEPEST:
        return
    if not is_task:  # a task that calls another one, or itself, is followed no further
        yield from _tasks(command, project)
    for script in command.scripts:
        if any(outer.path == script.path for outer in invocation.via):
            continue
        for inner in commands_in(script, project):
            yield from _follow(inner, project)


def _tasks(running: Running, project: Project) -> Iterator[Running]:
    """`pixi run train`: the commands that the project gives that name."""
    invocation, found, folder, _ = running
    # `poetry run poe train`: only where a runner is all that is left, or all that there is
    words = found.words if program_of(found.words) == "poe" else invocation.parsed.words
    if folder is None or program_of(words) not in TASK_RUNNERS:
        return
    from pipelinekit.scripts.task_runners import task_commands

    for command in task_commands(words, folder, project):
        environment = {**found.environment, **dict(command.assignments)}
        parsed = command._replace(assignments=tuple(environment.items()))
        inner = invocation._replace(parsed=parsed, folder=inner_folder(folder, command.folder, project.root))
        yield from _follow(inner, project, is_task=True)


def commands_in(script: Script, project: Project) -> list[Invocation]:
    """The commands that a shell script or a Makefile holds, with `$1` and the like filled in."""
    if is_outside(script.path) or not _may_hold_commands(script):
        return []
    try:
        text = project.disk.read(script.path)
    except (FileNotFoundError, UnreadableError):
        return []
    if len(text) > _LONGEST:
        return []
    document = Document(text, script.path)
    if script.program == "make":
        from pipelinekit.scripts.makefiles import recipe_commands

        commands: Iterable[SimpleCommand] = recipe_commands(text, script.arguments)
    elif script.program in _SHELLS or _is_shell_script(script.path, text):
        commands = _parsed(
            text,
            _known(script.arguments, script.line),
            script.word.text,
            posixpath.normpath(posixpath.join(project.root.replace("\\", "/"), script.folder)),
            script.environment,
        )
    else:
        return []
    return list(_invocations(commands, script, document, project.root))


def _may_hold_commands(script: Script) -> bool:
    return not script.is_module and (script.program in _SHELLS or script.program in ("", "make"))


def _is_shell_script(path: str, text: str) -> bool:
    """Of a file that is run by its name: whether a shell reads it."""
    if text.startswith("#!"):
        return _SHEBANG.match(text) is not None
    return path.endswith(".sh")


_parsed = lru_cache(maxsize=2048)(parse_script)


def _known(arguments: tuple[Word, ...], line: str) -> tuple[str | None, ...]:
    """What a script is given as `$1`, `$2`…: behind a word that may be several, nothing is known."""
    found: list[str | None] = []
    lost = False
    for word in arguments:
        found.append(None if lost else word.text)
        lost = lost or (word.text is None and line[word.start : word.start + 1] != '"')
    return tuple(found)


def _invocations(
    commands: Iterable[SimpleCommand], script: Script, document: Document, root: str
) -> Iterator[Invocation]:
    maker = script.may_be_made
    for found in commands:
        command = found._replace(is_conditional=found.is_conditional or script.may_be_made)
        folder = inner_folder(script.folder, command.folder, root)
        via = (*script.via, script._replace(via=()))
        invocation = Invocation(command, folder, script.command, document.text, maker, 0, document, via)
        yield invocation
        yield from nested(invocation, root)
        maker = maker or is_maker(command)
