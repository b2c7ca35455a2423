"""Which stages something may concern: the commands and paths of thousands are looked through in one go.

What these functions return goes to `Graph.derived`, and to `among=` of a rule.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import accumulate

from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.yaml.tree import Scalar

Among = Callable[[Graph], frozenset[Stage]]
#: Stands before and behind each text: `END + "../"` is a text that begins so. No path and no command holds it.
END = "\0"


class _Texts:
    """The texts of many stages in one."""

    def __init__(self, texts: Iterable[tuple[Stage, str]]) -> None:
        self._texts = list(texts)
        self._whole = f"{END}{END.join([text for _, text in self._texts])}{END}"

    def holding(self, words: Iterable[str]) -> frozenset[Stage]:
        """The stages whose texts hold one of the words."""
        return frozenset(
            self._stage_at(place + len(word) - 1) for word in words for place in _places(self._whole, word)
        )

    def matching(self, pattern: re.Pattern[str]) -> frozenset[Stage]:
        """The stages in whose texts a pattern that does not match `END` matches."""
        return frozenset(self._stage_at(match.start()) for match in pattern.finditer(self._whole))

    def _stage_at(self, offset: int) -> Stage:
        return self._texts[bisect_right(self._starts, offset) - 1][0]

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(text) + len(END) for _, text in self._texts), initial=len(END)))


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def stages_mentioning(*words: str) -> Among:
    """The stages of which a command holds one of the words, anywhere in it."""

    def found(graph: Graph) -> frozenset[Stage]:
        return graph.derived(_commands).holding(words)

    return found


def stages_matching(pattern: re.Pattern[str]) -> Among:
    """The stages of which a command holds something that a pattern matches; the pattern must not match `END`."""

    def found(graph: Graph) -> frozenset[Stage]:
        return graph.derived(_commands).matching(pattern)

    return found


def stages_with_output(*words: str) -> Among:
    """The stages of which the path of an output holds one of the words, which are in lower case."""

    def found(graph: Graph) -> frozenset[Stage]:
        return graph.derived(_outputs).holding(words)

    return found


def stages_naming(*words: str) -> Among:
    """The stages that write one of the words in a path: of a dependency, an output or a params file, or in `wdir`."""

    def found(graph: Graph) -> frozenset[Stage]:
        return graph.derived(_paths).holding(words)

    return found


def any_of(*parts: Among) -> Among:
    """The stages that one of several functions finds."""

    def found(graph: Graph) -> frozenset[Stage]:
        return frozenset().union(*(graph.derived(part) for part in parts))

    return found


def _commands(graph: Graph) -> _Texts:
    return _Texts((stage, command) for stage in graph.index.stages for command in stage.commands)


def _outputs(graph: Graph) -> _Texts:
    return _Texts((stage, out.path.lower()) for stage in graph.index.stages for out in stage.outs)


def _paths(graph: Graph) -> _Texts:
    stages = graph.index.stages
    paths = [(stage, dep.text) for stage in stages for dep in stage.deps]
    paths += [(stage, out.text) for stage in stages for out in stage.outs]
    paths += [(stage, param.file_text) for stage in stages for param in stage.params if param.file_node is not None]
    wdirs = [(definition, definition.field("wdir")) for definition in graph.index.definitions]
    paths += [
        (stage, wdir.text) for definition, wdir in wdirs if isinstance(wdir, Scalar) for stage in definition.stages
    ]
    return _Texts(paths)
