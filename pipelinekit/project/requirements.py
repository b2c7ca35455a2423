"""Which version of DVC a project asks for: requirements files, `pyproject.toml`, conda and Pipenv, and their locks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.project.toml import TomlError, parse_toml
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Document, Mapping, Node, Place, Scalar, Sequence

Version = tuple[int, ...]
_NAME = "dvc"
_REQUIREMENTS = re.compile(r"(?i)(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)")
_CONDA = re.compile(r"(?i)(?:conda|environment)[-_.\w]*\.ya?ml")
#: Locks of package managers, and how each has DVC's version.
_LOCKS = {
    "poetry.lock": r'name = "dvc"\nversion = "([^"]+)"',
    "uv.lock": r'name = "dvc"\nversion = "([^"]+)"',
    "pdm.lock": r'name = "dvc"\nversion = "([^"]+)"',
    "pylock.toml": r'name = "dvc"\nversion = "([^"]+)"',
    "Pipfile.lock": r'"dvc": \{[^{}]*?"version": "==([^"]+)"',
    "conda-lock.yml": r"name: dvc\n\s+version: '?([^'\n]+)'?",
    "pixi.lock": r"/dvc-([0-9][^-/\n]*)-",
}
# `dvc`, `dvc[s3]`, then what is asked for: a version, an address, or nothing
_REQUIREMENT = re.compile(
    r"(?i)[ \t]*(?:[\w-]+::)?dvc[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?P<asked>[=<>!~@^][^;#\n]*|(?=[;#]|\s*$))"
)
_CLAUSE = re.compile(r"(===?|~=|<=|<|>=|>|!=|=|\^|~)?\s*v?([0-9][0-9.]*)(\.\*)?")


class Requirement(NamedTuple):
    """That a file asks for DVC. `asked` is a version specifier, or empty for any version at all."""

    file: str
    asked: str
    place: Place

    @property
    def is_pinned(self) -> bool:
        return self.asked not in ("", "*")

    def allows(self, wanted: Version) -> bool:
        """Whether a version as new as this, or newer, may be installed; True where that can't be told."""
        if "|" in self.asked:
            return True
        clauses = [_CLAUSE.match(part.strip()) for part in self.asked.split(",")]
        return all(_allows(clause, wanted) for clause in clauses if clause is not None)


def _allows(clause: re.Match[str], wanted: Version) -> bool:
    """Whether one part of a specifier leaves room for a version, or one after it."""
    sign, text, star = clause.groups()
    version = tuple(int(part) for part in text.split(".") if part)
    exact = version + (0,) * (len(wanted) - len(version))
    if sign == "=" or star:
        # `==3.1.*` of pip, and `=3.1` of conda, stand for all that begin so
        return sign not in ("==", "=") or version[: len(wanted)] >= wanted[: len(version)]
    if sign in ("==", "===", "<=", None):
        return exact >= wanted
    if sign == "<":
        return wanted < exact
    if sign in ("~=", "~") and len(version) > 1:
        kept = version[:-1] if sign == "~=" else version[:2]
        return wanted[: len(kept)] <= kept
    if sign in ("^", "~"):
        return wanted[:1] <= version[:1]
    return True


def dvc_requirements(project: Project) -> list[Requirement]:
    """Every place at the top of the project, and of the repository that holds it, that asks for DVC.

    Locks of package managers are included: these ask for just one version.
    """
    above = project.git.levels_up if project.git is not None else ""
    return [found for level in dict.fromkeys(("", above)) for found in _in_folder(project, level)]


def _in_folder(project: Project, level: str) -> Iterator[Requirement]:
    for name in project.disk.names(level or "."):
        path = level + name
        if _REQUIREMENTS.fullmatch(name) or name == "setup.cfg":
            yield from _in_lines(_text(project, path), path)
        elif name == "pyproject.toml":
            yield from _in_pyproject(_text(project, path), path)
        elif name == "Pipfile":
            yield from _in_pipfile(_text(project, path), path)
        elif name in _LOCKS:
            yield from _in_lock(_text(project, path), path)
        elif _CONDA.fullmatch(name):
            yield from _in_conda(_text(project, path), path)
        elif name == "requirements" and project.disk.kind(path) == "folder":
            for inner in project.disk.names(path):
                if inner.endswith((".txt", ".in")):
                    yield from _in_lines(_text(project, f"{path}/{inner}"), f"{path}/{inner}")


def _text(project: Project, path: str) -> str:
    try:
        return project.disk.read(path)
    except (UnreadableError, FileNotFoundError):
        return ""


def _in_lines(text: str, file: str) -> Iterator[Requirement]:
    if _NAME not in text.lower():
        return
    document = Document(text, file)
    for number in range(1, len(document.line_starts) + 1):
        start, end = document.line_span(number)
        match = _REQUIREMENT.match(text, start, end)
        if match is not None:
            begin = start + len(match[0]) - len(match[0].lstrip())
            yield Requirement(
                file, match["asked"].strip(), Place(document, begin, match.start() + len(match[0].rstrip()))
            )


def _in_pyproject(text: str, file: str) -> Iterator[Requirement]:
    if _NAME not in text:
        return
    try:
        data = parse_toml(text)
    except TomlError:
        return
    document = Document(text, file)
    for requirement in _strings(_at(data, "project", "dependencies"), _at(data, "project", "optional-dependencies")):
        yield from _quoted(document, requirement)
    for requirement in _strings(_at(data, "dependency-groups"), _at(data, "tool", "pdm", "dev-dependencies")):
        yield from _quoted(document, requirement)
    for requirement in _strings(_at(data, "tool", "uv", "dev-dependencies")):
        yield from _quoted(document, requirement)
    poetry = _at(data, "tool", "poetry")
    tables = [_at(poetry, "dependencies"), _at(poetry, "dev-dependencies")]
    groups = _at(poetry, "group")
    tables += [_at(group, "dependencies") for group in (groups.values() if isinstance(groups, dict) else ())]
    for table in tables:
        yield from _in_table(document, table)


def _in_pipfile(text: str, file: str) -> Iterator[Requirement]:
    try:
        data = parse_toml(text) if _NAME in text else {}
    except TomlError:
        return
    for section in ("packages", "dev-packages"):
        yield from _in_table(Document(text, file), _at(data, section))


def _in_table(document: Document, table: Any) -> Iterator[Requirement]:
    """`dvc = "^3.1"`, `dvc = {version = "^3.1", extras = ["s3"]}`."""
    if not isinstance(table, dict) or _NAME not in table:
        return
    value = table[_NAME]
    asked = value.get("version", "@ elsewhere") if isinstance(value, dict) else value
    match = re.search(r"^[ \t]*(\"?dvc\"?[ \t]*=[^\n]*)", document.text, re.MULTILINE)
    place = Place(document, *match.span(1)) if match is not None else Place(document, 0, 0)
    if isinstance(asked, str):
        yield Requirement(document.name, asked.strip(), place)


def _quoted(document: Document, requirement: str) -> Iterator[Requirement]:
    match = _REQUIREMENT.match(requirement)
    if match is not None:
        start = max(document.text.find(f'"{requirement}"'), document.text.find(f"'{requirement}'"), -1)
        place = Place(document, start + 1, start + 1 + len(requirement)) if start >= 0 else Place(document, 0, 0)
        yield Requirement(document.name, match["asked"].strip(), place)


def _in_conda(text: str, file: str) -> Iterator[Requirement]:
    if _NAME not in text:
        return
    document = parse(text, file)
    root = document.root
    listed = root.get("dependencies") if isinstance(root, Mapping) and not document.is_broken else None
    for node in _items(listed):
        match = _REQUIREMENT.match(node.text)
        if match is not None:
            yield Requirement(file, match["asked"].strip(), node.place)


def _items(node: Node | None) -> Iterator[Scalar]:
    for item in node.items if isinstance(node, Sequence) else ():
        if isinstance(item, Scalar):
            yield item
        elif isinstance(item, Mapping):
            yield from _items(item.get("pip"))


def _in_lock(text: str, file: str) -> Iterator[Requirement]:
    match = re.search(_LOCKS[file.rpartition("/")[2]], text)
    if match is not None:
        yield Requirement(file, f"=={match[1]}", Place(Document(text, file), *match.span(1)))


def _at(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _strings(*values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _strings(*value.values())
        elif isinstance(value, list):
            yield from _strings(*value)
