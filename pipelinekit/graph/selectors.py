"""Which stages of a graph a selector means; see `selection_grammar` for how one is written.

Names stand for stages:
    train             the stage, or all stages of the group, of this name in any dvc.yaml
    sub/dvc.yaml:fit  the one of this file, as DVC addresses it
    train@*           wildcards, in names and in addresses
    model.pkl         the stage that writes it, if no stage is called so
    stale             what dvc repro would run: state:stale,state:never-run
    changed           changed:HEAD

Methods stand for stages that have something in common:
    name:NAME         the stages of a name that is also a word or a path; may be a wildcard
    tag:TAG           a tag in meta.pipelinekit.tags or meta.tags, a list or one word
    path:PATH         defined in a dvc.yaml there, reading from there, or writing there
    reads:PATH        a dependency or params file is PATH, lies in it, or holds it
    writes:PATH       an output, metric or plot is PATH, lies in it, or holds it
    state:STATE       fresh, stale, never-run or unknown
    changed:REVISION  the definition, or what it depends on, differs from a git revision

Paths are relative to the project. What names something that is not there is an error; a state, or a revision that
nothing has changed since, may well mean no stage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from pipelinekit.graph.graph import Graph, GraphNode
from pipelinekit.graph.path_patterns import PathPattern, has_wildcards
from pipelinekit.graph.selection_grammar import (
    Method,
    Name,
    Negation,
    Selector,
    SelectorError,
    Steps,
    Union,
    parse_selector,
    quoted,
)
from pipelinekit.model.suggest import closest
from pipelinekit.project.collect import DVC_YAML
from pipelinekit.project.project import NoProjectError
from pipelinekit.resolve.stage import Stage

#: Answers a method that the graph alone can't answer: the stages that a value means. May raise NoProjectError.
Source = Callable[[Graph, str], Iterable[Stage]]

STATES = ("fresh", "stale", "never-run", "unknown")
METHODS = ("name", "tag", "path", "reads", "writes", "state", "changed")
#: Words that mean something without a method: the method, and each of its values.
_WORDS = {"stale": ("state", ("stale", "never-run")), "changed": ("changed", ("HEAD",))}


def select(graph: Graph, text: str, sources: Mapping[str, Source], elsewhere: Graph | None = None) -> list[Stage]:
    """The stages that a selector means, in the order of the files.

    `sources` answer `state` and `changed`. What is not in the graph, but in the one `elsewhere`, means no stage.
    Raises SelectorError.
    """
    other = _Selecting(elsewhere, sources, None) if elsewhere is not None else None
    try:
        chosen = _Selecting(graph, sources, other).stages(parse_selector(text))
    except SelectorError as error:
        error.text = text
        raise
    return [stage for stage in graph.index.stages if stage in chosen]


class _Selecting:
    def __init__(self, graph: Graph, sources: Mapping[str, Source], elsewhere: _Selecting | None) -> None:
        self.graph = graph
        self.elsewhere = elsewhere
        self.sources = sources
        self.root = graph.index.project.root

    def stages(self, selector: Selector) -> set[Stage]:
        if isinstance(selector, (Name, Method)):
            return self.meant(selector)
        if isinstance(selector, Steps):
            part = self.stages(selector.part)
            upstream = _around(part, selector.upstream, self.producers)
            return upstream | _around(part, selector.downstream, self.consumers)
        if isinstance(selector, Negation):
            return set(self.graph.index.stages) - self.stages(selector.part)
        if isinstance(selector, Union):
            return set().union(*map(self.stages, selector.parts))
        # all parts are asked, so that a misspelt one is found whatever the others mean
        return set.intersection(*map(self.stages, selector.parts))

    def meant(self, selector: Name | Method) -> set[Stage]:
        try:
            return self.named(selector) if isinstance(selector, Name) else self.by_method(selector)
        except SelectorError:
            if self.elsewhere is None:
                raise
        self.elsewhere.meant(selector)
        return set()

    def producers(self, node: GraphNode) -> Iterator[GraphNode]:
        return (edge.producer for edge in self.graph.edges.get(node, ()))

    def consumers(self, node: GraphNode) -> Iterator[GraphNode]:
        return (edge.consumer for edge in self.graph.consumers.get(node, ()))

    # --- names ----------------------------------------------------------------------------------------------

    def named(self, name: Name) -> set[Stage]:
        known = self.graph.derived(stages_by_name)
        found = set(known.get(name.text, ()))
        if name.text in _WORDS and not name.is_literal:
            if found:
                method, values = _WORDS[name.text]
                instead = ",".join(f"{method}:{value}" for value in values)
                message = f"a stage is called '{name.text}', too: write name:{name.text} for it, or {instead}"
                raise name.span.error(message)
            return self.by_word(name)
        if not found and not name.is_literal and has_wildcards(name.text):
            found = _matching(known, name.text)
            if not found:
                raise name.span.error(f"no stage is called like '{name.text}'")
        return found or self.writing(name)

    def by_word(self, name: Name) -> set[Stage]:
        method, values = _WORDS[name.text]
        asked = (Method(method, value, True, name.span, name.span) for value in values)
        return set().union(*map(self.from_source, asked))

    def writing(self, name: Name) -> set[Stage]:
        """The one stage that writes a path."""
        path = PathPattern(name.text, self.root, is_literal=True).path
        found = {out.stage for out in self.graph.holding(path) if isinstance(out.stage, Stage)}
        if len(found) > 1:
            writers = " and ".join(sorted(stage.address for stage in found))
            raise name.span.error(f"{name.text} is written by {writers}: name one, or write writes:{quoted(name.text)}")
        if not found:
            raise name.span.error(self.unknown_name(name.text, path))
        return found

    def unknown_name(self, text: str, path: str) -> str:
        if self.graph.inside(path):
            return f"no stage is called '{text}'; writes:{quoted(text)} are those that write something in it"
        if any(path == read for stage in self.graph.index.stages for read in _read_by(stage)):
            return f"no stage is called '{text}'; reads:{quoted(text)} are those that read it"
        names = list(self.graph.derived(stages_by_name))
        near = closest(text, names) or closest(text, [*_WORDS, *self.graph.outs])
        if near is not None:
            return f"no stage is called '{text}'; did you mean {quoted(near)}?"
        return f"no stage is called '{text}', and none writes a path of this name"

    # --- methods --------------------------------------------------------------------------------------------

    def by_method(self, method: Method) -> set[Stage]:
        if method.name == "name":
            return self.only_named(method)
        if method.name == "tag":
            return self.tagged(method)
        if method.name in ("path", "reads", "writes"):
            return self.by_path(method)
        if method.name in ("state", "changed"):
            return self.from_source(method)
        near = closest(method.name, [*METHODS, *self.graph.derived(stages_by_name)])
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(METHODS)}"
        message = f"there is no method '{method.name}'; {hint}"
        if near is None and method.is_literal is False and method.span.end > method.name_span.end + 1:
            message += " (a name with a ':' goes into quotes)"
        raise method.name_span.error(message)

    def only_named(self, method: Method) -> set[Stage]:
        known = self.graph.derived(stages_by_name)
        found = _found(known, method)
        if not found:
            near = closest(method.value, known)
            hint = f"; did you mean {quoted(near)}?" if near is not None else ""
            raise method.span.error(f"no stage is called '{method.value}'{hint}")
        return found

    def tagged(self, method: Method) -> set[Stage]:
        tags = self.graph.derived(stages_by_tag)
        found = _found(tags, method)
        if not found:
            near = closest(method.value, tags)
            known = f"there are {', '.join(sorted(tags)[:10])}" if tags else "tags stand in meta.tags of a stage"
            hint = f"did you mean '{near}'?" if near is not None else known
            raise method.span.error(f"no stage has the tag '{method.value}'; {hint}")
        return found

    def by_path(self, method: Method) -> set[Stage]:
        pattern = PathPattern(method.value, self.root, is_literal=method.is_literal)
        found: set[Stage] = set()
        for stage in self.graph.index.stages:
            is_there = method.name == "path" and pattern.covers(stage.file)
            if not is_there and method.name != "writes":
                is_there = any(pattern.touches(path) for path in _read_by(stage))
            if not is_there and method.name != "reads":
                is_there = any(pattern.touches(out.path) for out in stage.outs)
            if is_there:
                found.add(stage)
        if not found and (pattern.has_wildcards or not self.graph.index.project.disk.exists(pattern.path)):
            raise method.span.error(self.nothing_there(method))
        return found

    def nothing_there(self, method: Method) -> str:
        does = {"path": "uses", "reads": "reads", "writes": "writes"}[method.name]
        paths = {out.path for stage in self.graph.index.stages for out in stage.outs}
        if method.name != "writes":
            paths |= {path for stage in self.graph.index.stages for path in _read_by(stage)}
        near = closest(method.value, paths)
        hint = f"; did you mean {near}?" if near is not None else ""
        return f"no stage {does} '{method.value}'{hint}"

    def from_source(self, method: Method) -> set[Stage]:
        if method.name == "state" and method.value not in STATES:
            near = closest(method.value, STATES)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(STATES)}"
            raise method.span.error(f"there is no state '{method.value}'; {hint}")
        source = self.sources.get(method.name)
        if source is None:
            raise method.name_span.error(f"'{method.name}' can't be asked here")
        try:
            return set(source(self.graph, method.value))
        except NoProjectError as error:
            raise method.span.error(str(error)) from None


# --- what the graph says of its stages; for `Graph.derived` ----------------------------------------------------


def stages_by_name(graph: Graph) -> dict[str, list[Stage]]:
    """The stages by every name that they go by: alone, and with their file in front; those of a group by its name."""
    names: dict[str, list[Stage]] = defaultdict(list)
    for stage in graph.index.stages:
        is_generated = stage.definition.kind != "plain"
        for name in (stage.name, stage.definition.name) if is_generated else (stage.name,):
            names[name].append(stage)
            names[f"{stage.file}:{name}"].append(stage)
    return dict(names)


def stages_by_tag(graph: Graph) -> dict[str, list[Stage]]:
    """The stages by their tags."""
    tags: dict[str, list[Stage]] = defaultdict(list)
    for stage in graph.index.stages:
        for tag in tags_of(stage):
            tags[tag].append(stage)
    return dict(tags)


def tags_of(stage: Stage) -> list[str]:
    """The tags in `meta.pipelinekit.tags` and `meta.tags`, each a list or one word; each tag once."""
    meta = stage.meta
    if not isinstance(meta, dict):
        return []
    own = meta.get("pipelinekit")
    listed = [*_words(own.get("tags") if isinstance(own, dict) else None), *_words(meta.get("tags"))]
    return list(dict.fromkeys(listed))


def _words(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values if isinstance(item, (str, int, float)) and str(item)]


def _read_by(stage: Stage) -> Iterator[str]:
    yield from (dep.path for dep in stage.deps)
    yield from (param.file for param in stage.params)


def _found(known: Mapping[str, list[Stage]], method: Method) -> set[Stage]:
    """The stages of a name or a tag, or of all that a pattern fits."""
    found = set(known.get(method.value, ()))
    is_pattern = not found and not method.is_literal and has_wildcards(method.value)
    return _matching(known, method.value) if is_pattern else found


def _matching(known: Mapping[str, list[Stage]], pattern: str) -> set[Stage]:
    """The stages of every name that a pattern fits; one without a `:` fits names alone, not addresses."""
    with_file = f"{DVC_YAML}:" in pattern
    return {
        stage
        for name, stages in known.items()
        if (f"{DVC_YAML}:" in name) == with_file and fnmatchcase(name, pattern)
        for stage in stages
    }


def _around(start: set[Stage], steps: int, step: Callable[[GraphNode], Iterator[GraphNode]]) -> set[Stage]:
    """Some stages and those that lie up to so many steps from one; data that is only tracked is no step."""
    seen: set[GraphNode] = set(start)
    found = set(start)
    border: list[GraphNode] = list(start)
    while border and steps > 0:
        steps -= 1
        following: list[GraphNode] = []
        for node in border:  # grows by tracked data, which is passed through
            for neighbour in step(node):
                if neighbour not in seen:
                    seen.add(neighbour)
                    if isinstance(neighbour, Stage):
                        found.add(neighbour)
                        following.append(neighbour)
                    else:
                        border.append(neighbour)
        border = following
    return found
