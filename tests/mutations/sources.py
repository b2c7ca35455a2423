"""Breaks what stages depend on: scripts, the modules that they import, data."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from functools import partial

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import is_outside, join
from pipelinekit.project.project import Project
from pipelinekit.resolve.stage import Definition, Dep, Stage
from pipelinekit.scripts.programs import Script, all_scripts
from pipelinekit.yaml.edit import insert_item, remove_item, replace_item, replace_within
from pipelinekit.yaml.tree import Scalar, Sequence
from tests.mutations.mutation import Mutation, Sound, index_of_dep, mutation, stands_alone, words_of


def drop_script(sound: Sound) -> Iterator[Mutation]:
    """The file that the command runs is taken out of `deps`."""
    for definition in sound.definitions("PK101"):
        if any(stage.always_changed or not (stage.outs or stage.params) for stage in definition.stages):
            continue  # DVC may run it every time anyway
        for path in sorted(_own_scripts(sound, definition)):
            yield from _drop(definition, path, "PK101", f"drop the script {path} from deps")


def drop_module(sound: Sound) -> Iterator[Mutation]:
    """A module that the script imports, directly or through another, is taken out of `deps`."""
    project = sound.graph.index.project
    for definition in sound.definitions("PK102"):
        if any(stage.always_changed for stage in definition.stages):
            continue
        scripts = [script for stage in definition.stages for script in sound.graph.derived(all_scripts)[stage]]
        own = {script.path for script in scripts}
        modules = {path for script in scripts for path in _imported(script, project)} - own
        for path in sorted(modules):
            if not sound.graph.made_by(path):
                yield from _drop(definition, path, "PK102", f"drop the module {path} from deps")


def drop_input(sound: Sound) -> Iterator[Mutation]:
    """What another stage makes, and this one's command names or script reads, is taken out of `deps`."""
    project = sound.graph.index.project
    for definition in sound.definitions("PK104"):
        stages = [stage for stage in definition.stages if not stage.always_changed]
        if len(stages) != len(definition.stages):
            continue
        scripts = [script for stage in stages for script in sound.graph.derived(all_scripts)[stage]]
        own = {script.path for script in scripts}
        read = {path for script in scripts for path in _read_by(script, project)}
        for path in sorted({dep.path for dep in stages[0].deps if dep.is_local} - own):
            makers = [out.stage for out in sound.graph.holding(path)]
            if not makers or any(maker in stages for maker in makers):
                continue
            named = all(_is_named(path, stage, project) for stage in stages)
            if path in read or (named and all(_takes_arguments(script, project) for script in scripts)):
                yield from _drop(definition, path, "PK104", f"drop the input {path} from deps")


def misspell_script(sound: Sound) -> Iterator[Mutation]:
    """The command runs a file that isn't there."""
    project = sound.graph.index.project
    for definition in sound.definitions("PK103"):
        for script in dict.fromkeys(
            script for stage in definition.stages for script in sound.graph.derived(all_scripts)[stage]
        ):
            word, path = script.word.text or "", script.path
            wrong = _misspelt(word)
            nodes = [node for node in _command_nodes(definition) if node.text.count(word) == 1]
            if script.is_module or script.may_be_made or len(nodes) != 1 or not word or is_outside(path):
                continue
            if project.disk.kind(path) != "file" or project.disk.exists(_misspelt(path)) or "$" in word:
                continue
            start = nodes[0].text.index(word)
            edits = partial(replace_within, nodes[0], start, start + len(word), wrong)
            yield mutation("PK103", definition, f"run {wrong}, which is not there", edits, "nothing")


def misspell_dependency(sound: Sound) -> Iterator[Mutation]:
    """A dependency that is there is written wrong."""
    project = sound.graph.index.project
    for definition in sound.definitions("PK106"):
        for index, item in enumerate(_deps(definition)):
            dep = next((dep for dep in definition.stages[0].deps if dep.node is item), None)
            if dep is None or not _is_plain_file(dep, item, project) or sound.graph.made_by(dep.path):
                continue
            section = definition.section("deps")
            assert section is not None
            edits = partial(replace_item, section, index, _misspelt(dep.text))
            yield mutation(
                "PK106", definition, f"depend on {_misspelt(dep.text)}, which is not there", edits, "nothing"
            )


def list_twice(sound: Sound) -> Iterator[Mutation]:
    """A dependency is listed a second time."""
    for definition in sound.definitions("PK108"):
        section = definition.section("deps")
        for item in _deps(definition):
            if isinstance(item, Scalar) and isinstance(item.value, str) and not sound.says_something_of(item):
                assert section is not None
                edits = partial(insert_item, section, len(section.items), item.value)
                yield mutation("PK108", definition, f"list {item.value} twice", edits)


def _drop(definition: Definition, path: str, codes: str, what: str) -> Iterator[Mutation]:
    index = index_of_dep(definition, path)
    section = definition.section("deps")
    if index is not None and section is not None:
        yield mutation(codes, definition, what, partial(remove_item, section, index))


def _deps(definition: Definition) -> list[object]:
    section = definition.section("deps")
    return list(section.items) if section is not None else []


def _misspelt(path: str) -> str:
    """`src/train.py` → `src/tran.py`: a letter of the name is lost, or doubled where there are few."""
    folder, _, name = path.rpartition("/")
    stem, dot, suffix = name.partition(".")
    stem = stem[: len(stem) // 2] + stem[len(stem) // 2 + 1 :] if len(stem) > 3 else stem + stem[-1:]
    return f"{folder}/{stem}{dot}{suffix}" if folder else stem + dot + suffix


def _is_plain_file(dep: Dep, item: object, project: Project) -> bool:
    return (
        isinstance(item, Scalar)
        and stands_alone(item)
        and "${" not in item.text
        and dep.is_local
        and not is_outside(dep.path)
        and project.disk.kind(dep.path) == "file"
        and not project.disk.exists(_misspelt(dep.path))
    )


def _command_nodes(definition: Definition) -> list[Scalar]:
    node = definition.field("cmd")
    nodes = node.items if isinstance(node, Sequence) else [node]
    return [item for item in nodes if isinstance(item, Scalar) and isinstance(item.value, str)]


def _own_scripts(sound: Sound, definition: Definition) -> set[str]:
    """Files of this project that the command runs and no stage makes."""
    project = sound.graph.index.project
    paths = {script.path for stage in definition.stages for script in sound.graph.derived(all_scripts)[stage]}
    return {
        path
        for path in paths
        if project.disk.kind(path) == "file" and not is_outside(path) and not sound.graph.made_by(path)
    }


_PARSERS = ("argv", "argparse", "click", "typer", "fire")


def _takes_arguments(script: Script, project: Project) -> bool:
    """Whether a script looks at what it is given; of one that is no Python it can't be told."""
    try:
        text = project.disk.read(script.path)
    except (UnreadableError, FileNotFoundError):
        return False
    return not script.path.endswith(".py") or any(word in text for word in _PARSERS)


def _is_named(path: str, stage: Stage, project: Project) -> bool:
    """Whether a word of the command is the path, alone or behind `--option=`."""
    words = [part for word in words_of(stage) for part in (word, word.partition("=")[2]) if part]
    return any("\0" not in word and join(stage.wdir, word, project.root) == path for word in words)


# --- a second opinion on what scripts import and read: less than pipelinekit sees, and simpler ------------------


def _tree(path: str, project: Project) -> ast.Module | None:
    try:
        return ast.parse(project.disk.read(path))
    except (SyntaxError, ValueError, RecursionError, UnreadableError, FileNotFoundError):
        return None


def _imported(script: Script, project: Project) -> set[str]:
    """Files that stand behind the plain `import`s at the top of a script, and behind theirs."""
    if not script.path.endswith(".py"):
        return set()
    home = "." if script.is_module else posixpath.dirname(script.path) or "."
    if script.is_module and script.path != posixpath.normpath((script.word.text or "").replace(".", "/") + ".py"):
        return set()
    found: set[str] = set()
    waiting = [script.path]
    while waiting:
        path = waiting.pop()
        tree = _tree(path, project)
        for statement in tree.body if tree is not None else []:
            for module in _modules(statement, path, home, project):
                if module not in found:
                    found.add(module)
                    waiting.append(module)
    return found - {script.path}


def _modules(statement: ast.stmt, path: str, home: str, project: Project) -> Iterator[str]:
    names: list[str] = []
    folder = home
    if isinstance(statement, ast.Import):
        names = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom):
        if statement.level:
            folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), *[".."] * (statement.level - 1)))
        prefix = f"{statement.module}." if statement.module else ""
        names = [prefix + alias.name for alias in statement.names] + ([statement.module] if statement.module else [])
    for name in names:
        file = posixpath.normpath(posixpath.join(folder, name.replace(".", "/") + ".py"))
        if not is_outside(file) and project.disk.kind(file) == "file":
            yield file


_READERS = frozenset({"read_csv", "read_parquet", "read_json", "read_excel", "read_pickle", "loadtxt", "load"})


def _read_by(script: Script, project: Project) -> set[str]:
    """Paths that stand as they are in a call that reads, at the top of a script that runs in its stage's folder."""
    tree = _tree(script.path, project) if script.path.endswith(".py") else None
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else []:
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            value = node.args[0].value
            is_read = name in _READERS or (name == "open" and len(node.args) == 1 and not node.keywords)
            if is_read and isinstance(value, str) and value and "\0" not in value and _is_at_the_top(node, tree):
                found.add(join(script.folder if hasattr(script, "folder") else ".", value, project.root))
    return found


def _is_at_the_top(call: ast.Call, tree: ast.Module | None) -> bool:
    """Whether a call runs when the script does: not in a function that may never be called."""
    top: list[ast.AST] = list(tree.body) if tree is not None else []
    while top:
        node = top.pop()
        if node is call:
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            top += ast.iter_child_nodes(node)
    return False
