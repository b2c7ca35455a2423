"""What Python runs: a file, a module, a folder, or what a piece of code imports."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from pipelinekit.project.paths import ancestors, is_outside, join
from pipelinekit.project.project import Project
from pipelinekit.scripts.arguments import Arguments, valued
from pipelinekit.scripts.console_scripts import packages
from pipelinekit.scripts.inline_python import imported_modules
from pipelinekit.scripts.script import Run, Script
from pipelinekit.scripts.shell import Word

_PYTHON_OPTIONS = valued("-W -X -m -c --check-hash-based-pycs")


def run_by_python(run: Run) -> Iterator[Script]:
    """What `python` with these words runs."""
    words = run.words[1:]
    index = 0
    while index < len(words):
        text = words[index].text
        if text is None:
            return
        if text == "-" or not text.startswith("-"):
            break
        short = text[1:] if text[1:2].isalpha() else ""
        if "m" in short[:1] or (short.isalpha() and short.endswith("m")):
            attached = short[1:] if short[:1] == "m" else ""
            word = Word(attached, words[index].start, words[index].end) if attached else None
            rest = words[index + 1 :]
            if word is None:
                word, rest = (rest[0], rest[1:]) if rest else (None, ())
            yield from run_by_module(run, word, rest)
            return
        if "c" in short and (short.isalpha() or short[0] == "c"):
            attached = short.partition("c")[2]
            word = words[index]._replace(text=attached) if attached else next(iter(words[index + 1 :]), None)
            if word is not None and word.text:
                yield from _imported(run, word)
            return
        index += 2 if text in _PYTHON_OPTIONS else 1
    arguments = Arguments((), words[index:], index)
    given = run.invocation.parsed.given
    if given is not None and (not arguments.operands or arguments.operands[0].text == "-"):
        yield from _imported(run, given)
        return
    for script in run.first_or_input(arguments):
        main = posixpath.normpath(f"{script.path}/__main__.py")
        is_folder = run.project.disk.kind(script.path) == "folder"
        yield script._replace(path=main) if is_folder else script


def source_folders(run_folder: str, environment: dict[str, Any], project: Project) -> list[str]:
    """Where Python looks for modules that a command names: the folder, `PYTHONPATH`, and packages of the project."""
    folders = [run_folder]
    python_path = environment.get("PYTHONPATH")
    if isinstance(python_path, str):
        folders += [join(run_folder, entry, project.root) for entry in python_path.split(":") if entry]
    folders += [posixpath.normpath(posixpath.join(run_folder, "src")), "src", "."]
    near = {".", run_folder, *ancestors(run_folder)}
    for package in sorted(packages(project), key=lambda package: package.folder not in near):
        folders += package.source_folders
    return list(dict.fromkeys(folders))


def run_by_module(run: Run, word: Word | None, rest: tuple[Word, ...]) -> Iterator[Script]:
    """The file of a module that a word names, if it is one of the project."""
    name = word.text if word is not None else None
    if word is None or not name or not all(part.replace("-", "_").isidentifier() for part in name.split(".")):
        return
    inner = name.replace(".", "/")
    folders = source_folders(run.folder, run.environment, run.project)
    places = tuple(
        dict.fromkeys(
            posixpath.normpath(posixpath.join(folder, candidate))
            for folder in folders
            for candidate in (f"{inner}/__main__.py", f"{inner}.py")
        )
    )
    found = next((place for place in places if run.project.disk.kind(place) == "file"), None)
    if found is None and "." in name:
        # a package that isn't here is one that is installed; a module of a package that is here is missing
        holder = next((folder for folder in folders if _holds_package(folder, name, folder == run.folder, run)), None)
        found = posixpath.normpath(posixpath.join(holder, f"{inner}.py")) if holder is not None else None
    if found is not None:
        yield run.script(found, word, rest, is_module=True, program="python")


def _holds_package(folder: str, name: str, is_own: bool, run: Run) -> bool:
    """Whether the package that a module belongs to lies in a folder."""
    top = posixpath.normpath(posixpath.join(folder, name.partition(".")[0]))
    if is_own:
        return run.project.disk.kind(top) == "folder"
    return run.project.disk.kind(f"{top}/__init__.py") == "file"


def _imported(run: Run, code: Word) -> Iterator[Script]:
    """The modules of the project that `python -c '…'` imports."""
    folders: list[str] | None = None
    for names in imported_modules(code.text or ""):
        folders = folders or source_folders(run.folder, run.environment, run.project)
        found = _file_of_module(names, folders, run.project)
        if found is not None and not is_outside(found):
            yield run.script(found, code, (), is_module=True, may_be_made=True, program="python -c")


def _file_of_module(names: tuple[str, ...], folders: list[str], project: Project) -> str | None:
    for name in names:
        inner = name.replace(".", "/")
        for folder in folders:
            for candidate in (f"{inner}.py", f"{inner}/__init__.py"):
                path = posixpath.normpath(posixpath.join(folder, candidate))
                if project.disk.kind(path) == "file":
                    return path
    return None
