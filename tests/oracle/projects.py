"""Makes up small projects that use all that DVC knows; most of them load, and the rest is refused for some reason.

A project is a mapping of paths to texts. `{ROOT}` in a text stands for the absolute path of the project.
"""

from __future__ import annotations

import datetime
import json
import posixpath
import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
import yaml
from hypothesis import strategies as st

from tests.oracle.dvc_view import git_init

ROOT = "{ROOT}"

KEYS = ("lr", "epochs", "name", "model", "n-layers", "Ünit", "a_b", "x1")
STRINGS = (
    *("data", "raw.csv", "sub/x", "cnn", "a b", "it's", "$HOME", "1", "", "x-y", "${lr}", "ü", "true", "a.b"),
    *("a\nb", 'say "hi"', "-x", "a;b", "*", "\\${lr}", "null", "2024-01-31", "1e3", "~", "a: b", "x # y", " "),
)
FLOATS = (0.1, 1e-05, 1e20, 1.0, -0.5, 3.14159, float("inf"), float("nan"), 123456789.123, 1e16, 0.0001)
NAMES = ("train", "eval", "prep-1", "a", "b", "x y", "größe", "a/b", "v1.0", "1", "load_data")
ITEMS = ("small", "large", "x", "y", "x-y", "y-z", "a b", "1", "ü", "v.1", "a/b", "True")
FOLDERS = (".", "sub", "sub/deep", "other", ".hidden")
BAD_EXPRESSIONS = (
    *(
        "${nothing}",
        "${lr.}",
        "${}",
        "${a b}",
        "${lr[0]}",
        "${item}",
        "${key}",
        "${lr:-1}",
        "${ }",
        "${x[}",
        "${lr[-1]}",
    ),
    *(
        "${lr[}",
        "${lr]}",
        "${[0]}",
        "${.lr}",
        "${lr..x}",
        "${lr.[x]}",
        "${lr[x].y}",
        "${lr [0]}",
        "${a.${lr}}",
        "${x}}",
    ),
)
JUNK = (
    *(
        None,
        1,
        1.5,
        True,
        "x",
        "",
        [],
        {},
        ["x"],
        {"a": 1},
        [None],
        [[]],
        {"a": None},
        "${lr}",
        "${nothing}",
        ["${lr}"],
    ),
    *(datetime.date(2024, 1, 31), "no", ["a", "a"], {1: 2}, ["params.yaml"], "a@b", "../x", "dvc.yaml", ".", {"x": {}}),
)
FOREIGN_KEYS = (
    "outs_persist",
    "metrics_no_cache",
    "foo",
    1,
    None,
    True,
    "cmd",
    "do",
    "foreach",
    "matrix",
    "deps",
    "live",
    "a@b",
    "",
)
GIT_IGNORED = (
    "/sub",
    "dvc.yaml",
    "*.dvc",
    "other/",
    "deep",
    "/o1",
    "!sub",
    "# other",
    "/data",
    "!other/",
    "*.csv",
    "params.yaml",
    "/*.dvc",
    "/sub/deep",
)
RAW = ("data", "data/raw", "data/raw/x.csv", "src/train.py", "in.csv", "x y.txt", "ü.csv", "*.csv", ".env", "list.txt")


@dataclass
class Files:
    """A project on paper."""

    texts: dict[str, str | bytes] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    git: bool = False

    def write(self, folder: Path) -> Path:
        """Put it on disk, somewhere in a folder that is emptied first; returns where. Some files lie beside it."""
        shutil.rmtree(folder, ignore_errors=True)
        root = folder / "some" / "where" / "project"
        for folder in [".dvc", *self.folders]:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, text in self.texts.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(text, str):
                text = text.replace(ROOT, str(root)).encode()
            path.write_bytes(text)
        if self.git:
            git_init(str(root), add=False)
        return root

    def __str__(self) -> str:
        """As a reader of a failing test wants to see it."""
        shown = [f"--- {name}\n{text!s}" for name, text in self.texts.items()]
        return "\n".join([*shown, *(f"--- {name}/" for name in self.folders), "(in a git repository)" * self.git])


class Scope:
    """What `${}` can name, as far as the generator knows: paths of keys and indexes, and their values."""

    def __init__(self, entries: Iterable[tuple[tuple[Any, ...], Any]] = ()) -> None:
        self.entries = list(entries)

    def add(self, value: Any, path: tuple[Any, ...] = ()) -> None:
        if path:
            self.entries.append((path, value))
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(key, str):
                    self.add(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.add(item, (*path, index))

    def plus(self, **variables: Any) -> Scope:
        scope = Scope(self.entries)
        scope.add(variables)
        return scope

    def with_item(self, values: Iterable[Any], **variables: Any) -> Scope:
        """With `item` as far as the values are alike: what one of them lacks can't be named."""
        values = list(values)
        scope = self.plus(**variables)
        for path, value in Scope.of(values[0] if values else None).entries:
            if all(path in [known for known, _ in Scope.of(other).entries] for other in values[1:]):
                scope.entries.append((("item", *path), value))
        if all(_is_scalar(value) for value in values):
            scope.add({"item": values[0] if values else "x"})
        return scope

    @classmethod
    def of(cls, value: Any) -> Scope:
        scope = cls()
        scope.add(value)
        return scope

    def only(self, wanted: Callable[[Any], bool]) -> list[tuple[tuple[Any, ...], Any]]:
        return [entry for entry in self.entries if wanted(entry[1])]


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value not in ("", " ", "1", "true", "~") and "$" not in value


def _is_flat(value: Any) -> bool:
    """Whether a mapping can be unpacked into options."""
    if not isinstance(value, dict):
        return False
    return all(
        all(_is_scalar(one) for one in item) if isinstance(item, list) else _is_scalar(item) or _is_flat(item)
        for item in value.values()
    )


class Maker:
    """Draws one project."""

    def __init__(self, integer: Callable[[int, int], int], *, wild: int = 2, defects: int = 0) -> None:
        #: draws a number between two, both included; the smaller, the simpler
        self.count = integer
        #: how often, in a hundred, something is drawn without care for what DVC wants there
        self.wild = wild
        #: how many things are broken on purpose
        self.defects = defects
        self.files = Files()
        self.number = 0
        self.outs: list[str] = []
        self.lists: list[list[str]] = []

    # --- small things -----------------------------------------------------------------------------------

    def chance(self, percent: int) -> bool:
        return self.count(0, 99) >= 100 - percent

    def one(self, choices: Iterable[Any]) -> Any:
        pool = list(choices)
        return pool[self.count(0, len(pool) - 1)]

    def some(self, choices: Iterable[Any], low: int = 0, high: int = 3) -> list[Any]:
        """Some of them, each at most once."""
        pool = list(choices)
        return [pool.pop(self.count(0, len(pool) - 1)) for _ in range(self.count(low, high)) if pool]

    def shuffled(self, mapping: dict[Any, Any]) -> dict[Any, Any]:
        return {key: mapping[key] for key in self.some(mapping, len(mapping), len(mapping))}

    def leaf(self) -> Any:
        kind = self.count(0, 9)
        if kind < 5:
            return self.one(STRINGS[:6] if not self.chance(30) else STRINGS)
        if kind < 7:
            return self.count(-3, 12)
        if kind == 7:
            return self.one(FLOATS)
        return self.one((True, False, None))

    def tree(self, depth: int = 2, suffix: str = "") -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key in self.some(KEYS, 1, 4):
            made[f"{key}{suffix}"] = self.value(depth)
        if self.chance(6):
            made[self.one((1, True, 2.5, None))] = self.leaf()  # DVC leaves these out
        return made

    def value(self, depth: int) -> Any:
        if depth and self.chance(40):
            if self.chance(50):
                return self.tree(depth - 1)
            return [self.value(depth - 1) for _ in range(self.count(0, 3))]
        return self.leaf()

    # --- files of parameters ----------------------------------------------------------------------------

    def text_of(self, data: Any, suffix: str) -> str:
        if suffix == ".json":
            return json.dumps(data, ensure_ascii=self.chance(50), indent=self.one((None, 2)))
        if suffix == ".toml":
            return tomlkit.dumps(_without_none(data))
        if suffix == ".py":
            return python_text(data)
        return dump(data, flow=self.chance(10))

    def params_file(self, folder: str, name: str, suffix: str) -> Any:
        data = self.tree(2, suffix)
        if not suffix and not self.chance(self.wild * 5):
            data.setdefault("lr", 0.1)
            data.setdefault("name", "cnn")
        end = Path(name).suffix
        if end in (".py", ".toml", ".json"):
            data = {key: value for key, value in data.items() if "nan" not in repr(value)}
        if end == ".py":
            data = {key: value for key, value in data.items() if isinstance(key, str) and key.isidentifier()}
            data = {key: value for key, value in data.items() if "inf" not in repr(value)}
        if end in (".json", ".toml"):
            data = {key: value for key, value in data.items() if isinstance(key, str)}
        if end == ".toml":
            data = _without_none(data)
        if self.chance(25):
            data[f"common{'' if self.chance(50) else suffix}"] = {f"from_{suffix or 'p'}": self.leaf() or "x"}
        self.files.texts[_join(folder, name)] = self.text_of(data, end)
        return data

    def vars_list(self, folder: str, scope: Scope, tag: str) -> list[Any]:
        """A `vars` list, its files written; what they define goes into the scope."""
        entries: list[Any] = []
        for number in range(self.count(0, 2)):
            suffix = f"_{tag}{number}"
            kind = self.count(0, 4)
            if kind == 0:
                inline = {
                    key: value
                    for key, value in json.loads(json.dumps(self.tree(1, suffix), default=str)).items()
                    if "${" not in repr(value)
                }
                entries.append(inline)
                scope.add(inline)
                continue
            name = f"v{suffix}" + self.one((".yaml", ".json", ".toml", ".py", ".yml", ".txt"))
            where = self.one((".", "conf", ".."))
            where = where if where != ".." or folder != "." else "."
            data = self.params_file(_normal(_join(folder, where)), name, suffix)
            text = _join(where, name) if not self.chance(15) else f"./{_join(where, name)}"
            keys = self.some([key for key in data if isinstance(key, str) and "," not in key], 1, 2)
            if kind == 1 and keys:
                entries.append(f"{text}:{','.join(keys)}")
                scope.add({key: data[key] for key in keys})
            else:
                entries.append(text)
                scope.add(data)
                if self.chance(10):
                    entries.append(text)
        if entries and self.chance(self.wild):
            entries.append(self.one((entries[0], "nofile.yaml", "params.yaml", {"item": 1}, {"lr": 3}, {"k": "${lr}"})))
        return entries

    # --- ${} ---------------------------------------------------------------------------------------------

    def expression(self, scope: Scope, wanted: Callable[[Any], bool] = _is_scalar) -> str:
        if self.chance(self.wild):
            return str(
                self.one((*BAD_EXPRESSIONS,) + tuple(self.spelled(path) for path, _ in self.some(scope.entries, 0, 1)))
            )
        fitting = scope.only(wanted)
        if not fitting:
            return "none"
        path, value = self.one(fitting)
        if any(isinstance(step, int) for step in path) and self.chance(20):
            path = tuple(step - _length(scope, path[:place]) if isinstance(step, int) else step
                         for place, step in enumerate(path))  # fmt: skip
        return self.spelled(path)

    def spelled(self, path: tuple[Any, ...]) -> str:
        text = str(path[0])
        for step in path[1:]:
            if self.chance(30 if not isinstance(step, int) else 70):
                text += f"[{step}]"
            else:
                text += f".{step}"
        if self.chance(10):
            text = self.one((" {}", "{} ", " {} ")).format(text)
        return f"${{{text}}}"

    def word(self, scope: Scope) -> str:
        kind = self.count(0, 9)
        if kind < 5 or not scope.entries:
            return str(
                self.one(("python train.py", "--fast", "echo", "a|b", "'q'", "\\${HOME}", "$X", "}", "\\n", "$"))
            )
        if kind < 9:
            return self.expression(scope)
        return self.expression(scope, _is_flat)

    def text(self, scope: Scope, high: int = 3) -> str:
        words = [self.word(scope) for _ in range(self.count(1, high))]
        return str(self.one((" ", " ", "", "-"))).join(words) + (" ${unclosed" if self.chance(3) else "")

    def command(self, scope: Scope) -> Any:
        if self.chance(self.wild):
            return self.one(("", [], "${lr}", ["${lr}"], 5))
        if self.chance(20):
            return [f"run {self.text(scope)}" for _ in range(self.count(1, 3))]
        return f"run {self.text(scope)}" + ("\nnext line" if self.chance(8) else "")

    # --- paths -------------------------------------------------------------------------------------------

    def spelling(self, path: str) -> str:
        """One of the ways to write a path."""
        kind = self.count(0, 19)
        head, _, tail = path.rpartition("/")
        ways = {
            13: f"./{path}",
            14: f"{path}/",
            15: f"x/../{path}",
            16: f"{head}//{tail}" if head else path,
            17: f"{head}/./{tail}" if head else path,
            18: f"{path}/.",
        }
        return ways.get(kind, path)

    def new_path(self, scope: Scope, unique: str | None = "") -> str:
        """A path for an output that no other has, most of the time; `unique` differs from instance to instance."""
        if self.chance(self.wild):
            return str(self.one((*RAW, ".", "dvc.yaml", "x.dvc", "", "${lr}", "o1", "o2/part", "sub", "other")))
        self.number += 1
        name = f"o{self.number}" + (f"-{unique}" if unique else "")
        kind = self.count(0, 9)
        if kind == 5:
            return f"out/{name}"
        if kind == 6:
            return f"{name}.csv"
        if kind == 7:
            return f"{name}/{self.expression(scope)}"
        if kind == 8:
            return f"{ROOT}/abs/{name}"
        if kind == 9:
            return f"../up/{name}"
        return name

    def dep(self, scope: Scope, wdir: str) -> str:
        kind = self.count(0, 19)
        if kind < 8 and self.outs:
            path = self.one(self.outs)
            if self.chance(15):
                path = f"{path}/part"
            elif self.chance(10):
                path = path.rpartition("/")[0] or path
            return self.spelling(_relative(path, wdir))
        if kind == 17:
            return self.expression(scope, _is_path)
        if kind == 18:
            return str(self.one((f"{ROOT}/data", f"{ROOT}/in.csv", "https://example.com/x.csv", "s3://bucket/key", "/etc/hosts",
                                 "../../far", "ds://base", "http://a/b/../c", "gs://bucket/dir/")))  # fmt: skip
        if kind == 19:
            return f"src/{self.expression(scope)}"
        return self.spelling(self.one(RAW))

    def flags(self, scope: Scope, *, plot: bool) -> dict[str, Any]:
        flags: dict[str, Any] = {}
        for flag in self.some(("cache", "persist", "push", "checkpoint"), 0, 2):
            flags[flag] = self.chance(50)
        if self.chance(10):
            flags["remote"] = "store"
        if self.chance(15):
            flags["desc"] = self.text(scope, 2) if self.chance(50) else "about it"
        if self.chance(8):
            flags["type"] = "model"
        if self.chance(8):
            flags["labels"] = self.some(("big", "old"), 0, 2)
        if self.chance(8):
            flags["meta"] = self.one(
                ({}, {"owner": "me", "n": 1}, {"k": ["${nothing_here}"]} if self.chance(9) else {"a": []})
            )
        if plot:
            for name in self.some(("x", "y", "title", "template", "x_label", "y_label"), 0, 3):
                flags[name] = self.one(("step", "loss", "linear"))
            if self.chance(15):
                flags["header"] = self.chance(50)
        if self.chance(self.wild):
            flags[self.one(("cache", "hash", "x", "persist", "y", "labels", "desc"))] = self.one(
                (None, "yes", "${lr}", 1, ["a"], "text")
            )
        return flags

    def outputs(self, scope: Scope, unique: str | None, wdir: str, *, plot: bool) -> list[Any]:
        entries: list[Any] = []
        for _ in range(self.count(0, 2) if unique is not None or self.chance(5) else 0):
            path = self.new_path(scope, unique)
            if "${" not in path and not unique and not path.startswith("{"):
                self.outs.append(_normal(_join(wdir, path)))
            path = self.spelling(path) if path and path not in (".", "..") else path
            kind = self.count(0, 9)
            if kind < 5:
                entries.append(path)
            elif kind < 9 or not entries or not isinstance(entries[-1], dict):
                entries.append({path: self.flags(scope, plot=plot)})
            else:
                entries[-1][path] = self.flags(scope, plot=plot)
            if self.chance(8):
                entries.append({path: self.flags(scope, plot=plot)})
        return entries

    def params(self, scope: Scope) -> list[Any]:
        keys = [".".join(map(str, path)) for path, _ in scope.entries] or ["lr"]
        entries: list[Any] = []
        for _ in range(self.count(0, 3)):
            kind = self.count(0, 9)
            if kind < 5:
                entries.append(self.one((*keys, "missing", "a.*", "l.0")))
            elif kind == 5:
                entries.append(f"{self.expression(scope, _is_path)}")
            else:
                file = self.one(
                    ("params.yaml", "other.json", "conf/x.toml", "../params.yaml", "./params.yaml", "p.py", "")
                )
                file = file or f"conf/{self.expression(scope, _is_path)}.yaml"
                some = self.some(keys, 0, 2)
                entries.append({file: self.one((some, some, None, []))})
                if self.chance(10):
                    entries[-1][_join(posixpath.dirname(file) or ".", f"more-{posixpath.basename(file)}")] = self.some(
                        keys, 1, 1
                    )
        if self.chance(self.wild):
            entries.append(
                self.one(({"f.yaml": "x"}, {"f.yaml": [1]}, "${lr}", {"${nothing}": ["a"]}, {"f.yaml": {}}, "x.yaml"))
            )
        return entries

    # --- stages ------------------------------------------------------------------------------------------

    def body(self, folder: str, scope: Scope, unique: str | None = "") -> dict[str, Any]:
        made: dict[str, Any] = {"cmd": self.command(scope)}
        wdir = "."
        if self.chance(25):
            wdir = self.one(("sub", "sub/../sub", "./work", "work/", "..", f"{ROOT}/work", "", "../side"))
            written = f"run/{self.expression(scope, _is_path)}" if self.chance(20) else wdir
            made["wdir"] = written
        where = _normal(_join(folder, wdir)) if not wdir.startswith("{") else "work"
        inner = scope
        if self.chance(10):
            inner = Scope(scope.entries)
            made["vars"] = self.vars_list(where, inner, "s")
        deps = [self.dep(inner, where) for _ in range(self.count(0, 3))]
        if self.chance(8) and self.lists:
            deps = self.one(self.lists)  # in the file it is an alias
        elif "item" not in repr(deps) and "key" not in repr(deps):
            self.lists.append(deps)
        if deps or self.chance(10):
            made["deps"] = deps
        if self.chance(40):
            made["params"] = self.params(inner)
        for section, percent in (("outs", 70), ("metrics", 20), ("plots", 20)):
            if self.chance(percent):
                made[section] = self.outputs(inner, unique, where, plot=section == "plots")
        for section in ("frozen", "always_changed"):
            if self.chance(8):
                made[section] = self.chance(60)
        if self.chance(8):
            made["desc"] = self.text(inner)
        if self.chance(8):
            made["meta"] = self.one((None, 1, {"a": {"b": [1, "${lr}" if scope.entries else "lr"]}}, ["x"]))
        if self.chance(20):
            made = self.shuffled(made)
        return made

    def item(self) -> Any:
        if self.chance(80):
            return self.one(ITEMS)
        return self.one((True, None, 1, 2.5, 1e-05, False, 0))

    def inline(self, depth: int) -> Any:
        """A value that stands in a `dvc.yaml`, where `${}` is replaced."""
        value = self.value(depth)
        return value if self.chance(self.wild) else _without_templates(value)

    def foreach(self, folder: str, scope: Scope) -> dict[str, Any]:
        kind = self.count(0, 5)
        if kind == 0:
            data: Any = {key: self.inline(1) for key in self.some((*ITEMS[:8], 1, 2.5, True), 0, 3)}
            inner, unique = scope.with_item(data.values(), key="k"), "${key}"
        elif kind == 1:
            data = [{"name": name, "n": self.inline(0)} for name in self.some(ITEMS, 1, 3)]
            inner, unique = scope.with_item(data), "${item.name}"
        elif kind == 2 and scope.only(lambda value: isinstance(value, (dict, list)) and value):
            path, value = self.one(scope.only(lambda value: isinstance(value, (dict, list)) and value))
            data = self.spelled(path)
            values = list(value.values()) if isinstance(value, dict) else value
            inner = scope.with_item(values, **({"key": "k"} if isinstance(value, dict) else {}))
            unique = "${key}" if isinstance(value, dict) else "${item}" if all(map(_is_scalar, values)) else None
        elif kind == 3:
            data = [self.item() if not self.chance(20) else self.inline(1) for _ in range(self.count(1, 3))]
            inner, unique = scope.with_item(data), "${item}" if all(map(_is_scalar, data)) else None
        else:
            data = self.some(ITEMS, 1, 3)
            if self.chance(20) and scope.only(_is_path):
                data.append(self.expression(scope, _is_path))
            inner, unique = scope.plus(item="x"), "${item}"
        made: dict[str, Any] = {"foreach": data, "do": self.body(folder, inner, unique)}
        if self.chance(self.wild):
            made[self.one(("frozen", "matrix", "cmd"))] = True
        return made

    def matrix(self, folder: str, scope: Scope) -> dict[str, Any]:
        axes: dict[str, Any] = {}
        item: dict[str, Any] = {}
        for axis in self.some(("model", "size", "a-b", "seed"), 1, 3):
            kind = self.count(0, 7)
            lists = scope.only(lambda value: isinstance(value, list) and value)
            if kind == 0 and lists:
                path, value = self.one(lists)
                axes[axis] = self.spelled(path)
                if all(map(_is_scalar, value)):
                    item[axis] = value[0]
            elif kind == 1:
                axes[axis] = [_without_templates(self.tree(1))]
                item[axis] = axes[axis][0]
                if self.chance(30):
                    axes[axis].append({**item[axis], "more": 1})
            elif kind == 2:
                axes[axis], item[axis] = self.one(("ab", "x", "${name}" if self.chance(self.wild) else "xy")), "a"
            else:
                axes[axis] = [self.item() for _ in range(self.count(1, 2))]
                item[axis] = axes[axis][0]
        made = self.body(folder, scope.plus(item=item, key="k"), "${key}")
        made["matrix"] = axes
        if self.chance(self.wild):
            made["matrix"] = self.one(({}, {"a": []}, "${lr}", {"a": {"b": 1}}, {"a": "${lr}"}))
        return made

    def pipeline(self, folder: str) -> Any:
        self.lists = []
        scope = Scope()
        made: dict[str, Any] = {}
        if self.chance(65):
            scope.add(self.params_file(folder, "params.yaml", ""))
        if self.chance(40):
            made["vars"] = self.vars_list(folder, scope, "g")
        stages: dict[Any, Any] = {}
        for name in self.some(NAMES, 0 if self.chance(5) else 1, 5):
            kind = self.count(0, 9)
            if kind < 6:
                stages[name] = self.body(folder, scope)
            elif kind < 8:
                stages[name] = self.foreach(folder, scope)
            else:
                stages[name] = self.matrix(folder, scope)
        if self.chance(self.wild):
            stages[self.one(("", "x@y", "train@small", 1, True, "a:b", "-x", "${lr}"))] = {"cmd": "x"}
        if stages or self.chance(50):
            made["stages"] = stages
        if self.chance(10):
            made["metrics"] = [self.text(scope, 1)]
        if self.chance(10):
            made["params"] = ["params.yaml"]
        if self.chance(10):
            made["plots"] = [
                self.one(("p.csv", {"p": None}, {"q": {"x": "a", "y": {"f.csv": ["b"]}}}, {"r": {"y": ["a", "b"]}}))
            ]
        if self.chance(8):
            made["artifacts"] = {"model": {"path": self.text(scope, 1), "type": "model"}}
        if self.chance(5):
            made["datasets"] = [{"name": "base", "type": "url", "url": "https://example.com"}]
        if self.chance(15):
            made = self.shuffled(made)
        return made

    # --- other files -------------------------------------------------------------------------------------

    def dvc_file(self, folder: str) -> None:
        name = self.one(("data", "raw.csv", "x y.txt", "model"))
        out: dict[str, Any] = {"md5": "d41d8cd98f00b204e9800998ecf8427e", "size": 0, "hash": "md5", "path": name}
        made: dict[str, Any] = {"outs": [out]}
        if self.chance(20):
            made["wdir"] = self.one(("..", "store", "."))
        if self.chance(20):
            made["deps"] = [{"path": self.one(("https://example.com/data", "src.txt", "s3://bucket/key"))}]
            made["frozen"] = self.chance(50)
        if self.chance(15):
            out.update(self.one(({"desc": "d"}, {"cache": False}, {"persist": True}, {"remote": "r"}, {"push": False})))
        if self.chance(self.wild):
            made.update(
                self.one(({"cmd": "x"}, {"outs": "x"}, {"outs": None}, {"meta": 1}, {"stages": {}}, {"locked": True}))
            )
        path = _join(folder, f"{name}.dvc")
        self.files.texts[path] = dump(self.damage(made) if self.defects and self.chance(30) else made)
        self.outs.append(_normal(_join(folder, _join(made.get("wdir", "."), name))))

    def lock_file(self, folder: str, pipeline: Any) -> None:
        stages = pipeline.get("stages")
        names = [name for name in stages if isinstance(name, str)] if isinstance(stages, dict) else []
        locked = {
            name: {"cmd": "x", "deps": [{"path": "in.csv", "hash": "md5", "md5": "ab" * 16, "size": 1}]}
            for name in self.some(names, 0, 2)
        }
        lock: dict[str, Any] = {"schema": "2.0", "stages": locked}
        if self.chance(self.wild * 2):
            lock.update(self.one(({"schema": 2.0}, {"stages": []}, {"extra": 1}, {"stages": {"a": {"deps": []}}})))
        self.files.texts[_join(folder, "dvc.lock")] = dump(lock)

    # --- defects -----------------------------------------------------------------------------------------

    def damage(self, data: Any) -> Any:
        """The data of a `dvc.yaml` or `.dvc` file with one thing in it changed."""
        places = [place for place in _places(data) if place and place[-1] not in ("md5", "size")]
        if not places:
            return self.one(JUNK)
        *holder_path, last = self.one(places)
        holder = data
        for step in holder_path:
            holder = holder[step]
        kind = self.count(0, 9)
        if kind < 5:
            holder[last] = self.one(JUNK)
        elif kind < 7:
            del holder[last]
        elif isinstance(holder, dict) and kind == 7:
            holder[self.one(FOREIGN_KEYS)] = self.one((["x"], holder[last], *JUNK))
        elif isinstance(holder, dict):
            renamed = self.one(FOREIGN_KEYS)
            entries = [(renamed if key == last else key, value) for key, value in holder.items()]
            holder.clear()
            holder.update(entries)
        else:
            holder.insert(last, self.one(JUNK))
        return data

    def damage_file(self) -> None:
        """A file that is broken, of another kind, or not there."""
        names = [name for name in self.files.texts if not name.startswith(".dvc/") and not name.endswith("ignore")]
        name = self.one(names)
        kind = self.count(0, 6)
        if kind == 0:
            del self.files.texts[name]
        elif kind == 1:
            self.files.texts[name] = b"\xff\xfe\x00x"
        elif kind == 2 and "dvc" not in name:
            del self.files.texts[name]
            self.files.folders.append(name)
        elif kind == 3:
            self.files.texts[name] = self.one(
                ("", "- 1\n- 2\n", "text\n", "null\n", "3\n", "# nothing\n", "{}\n", "[]\n")
            )
        elif kind == 4:
            text = self.files.texts[name]
            assert isinstance(text, str)
            self.files.texts[name] = text + self.one(
                (
                    "lr: 1\nlr: 2\n",
                    "when: 2024-01-31\n",
                    "a: [\n",
                    "x = 1\n",
                    "\t: y\n",
                    "? [a]\n: b\n",
                    "---\nb: 1\n",
                    "}",
                )
            )
        else:
            self.files.texts[name] = self.one(
                ("a: {b: 2024-01-31 10:00:00}\n", "a: !!set {x, y}\n", "a = {1, 2}\nb = (1, 2)\n", "d = 2024-01-31\n", "a: b: c\n",
                 "class A:\n  x = {1}\n", '{"a": NaN}', "a: !!binary aGk=\n", "a: &x [*x]\n", "<<<<<<< HEAD\na: 1\n")
            )  # fmt: skip

    def config(self) -> None:
        lines = ["[parsing]"]
        if self.chance(60):
            lines.append(f"    bool = {self.one(('store_true', 'boolean_optional'))}")
        if self.chance(60):
            lines.append(f"    list = {self.one(('nargs', 'append'))}")
        self.files.texts[".dvc/config" + (".local" if self.chance(20) else "")] = "\n".join(lines) + "\n"

    def project(self) -> Files:
        if self.chance(20):
            self.config()
        folders = [".", *self.some(FOLDERS[1:], 0, 2)] if self.chance(40) else ["."]
        if self.chance(15):
            self.dvc_file(self.one((".", "data", "sub")))
        for folder in folders:
            data = self.pipeline(folder)
            if self.defects and self.chance(60):
                data = self.damage(data)
            text = dump(data, flow=self.chance(5))
            if self.chance(4):
                text = text.replace("\n", "\r\n")
            self.files.texts[_join(folder, "dvc.yaml")] = "\ufeff" + text if self.chance(3) else text
            if self.chance(10):
                self.lock_file(folder, data if isinstance(data, dict) else {})
        if self.chance(8):
            self.files.texts[self.one((".dvcignore", "sub/.dvcignore"))] = self.one(
                ("*.tmp\n", "/other\n", "o1\n", "out/\n", "*.csv\n!o1.csv\n", "# nothing\n\n", "sub/deep/\n")
            )
        if self.chance(4):
            self.files.folders.append(self.one(("other/.dvc", "sub/.dvc")))
        if self.chance(12):
            self.files.git = True
            self.files.texts[self.one((".gitignore", ".gitignore", "sub/.gitignore"))] = "".join(
                f"{line}\n" for line in self.some(GIT_IGNORED, 0, 3)
            )
        if self.defects and self.chance(30):
            self.damage_file()
        return self.files


def dump(data: Any, *, flow: bool = False) -> str:
    """YAML as PyYAML writes it."""
    return str(
        yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=flow)
    )


class _Dumper(yaml.SafeDumper):
    """Repeats what is there twice, lists of some length excepted."""

    def ignore_aliases(self, data: Any) -> bool:
        return not isinstance(data, list) or not data


def python_text(data: dict[str, Any]) -> str:
    """A module whose variables, classes and constructors hold the data."""
    lines = ["import os"]
    for name, value in data.items():
        if isinstance(value, dict) and value and all(isinstance(key, str) and key.isidentifier() for key in value):
            lines.append(f"class {name}:")
            lines += [f"    {key} = {item!r}" for key, item in value.items()]
        else:
            lines.append(f"{name} = {value!r}")
    return "\n".join([*lines, "computed = os.getcwd()", ""])


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None and isinstance(key, str)}
    if isinstance(value, list):
        return [_without_none(item) for item in value if item is not None]
    return value


def _without_templates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_templates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_templates(item) for item in value]
    return value.replace("${", "$") if isinstance(value, str) else value


def _places(data: Any) -> list[tuple[Any, ...]]:
    """The paths of everything in some data, its root included."""
    found: list[tuple[Any, ...]] = [()]
    if isinstance(data, dict):
        found += [(key, *place) for key, value in data.items() for place in _places(value)]
    elif isinstance(data, list):
        found += [(index, *place) for index, value in enumerate(data) for place in _places(value)]
    return found


def _length(scope: Scope, path: tuple[Any, ...]) -> int:
    return next((len(value) for known, value in scope.entries if known == path and isinstance(value, list)), 0)


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _normal(path: str) -> str:
    return posixpath.normpath(path)


def _relative(path: str, folder: str) -> str:
    return posixpath.relpath(path, folder)


@st.composite
def projects(draw: Any, *, wild: int = 2, defects: int = 0) -> Files:
    """A project; the higher `wild`, the more of it is refused."""
    return Maker(lambda low, high: draw(st.integers(low, high)), wild=wild, defects=defects).project()


def random_project(seed: int, *, wild: int = 2, defects: int = 0) -> Files:
    """The same without Hypothesis: faster, for runs over very many."""
    return Maker(random.Random(seed).randint, wild=wild, defects=defects).project()
