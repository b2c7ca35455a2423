from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.params import ParamsFile
from pipelinekit.project.paths import join, relative
from pipelinekit.resolve.context import PARAMS_YAML
from pipelinekit.resolve.interpolate import expression_place, to_text
from pipelinekit.resolve.pipeline import Pipeline
from pipelinekit.resolve.stage import Definition
from pipelinekit.rules.finding import Change, Finding, Fix
from pipelinekit.rules.known_params import KnownParam, known_params, meant_by
from pipelinekit.rules.list_edits import entry_edits
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import unwrap
from pipelinekit.scripts.shell import Word, lines_of, parse_command
from pipelinekit.yaml.edit import CannotEditError, Edit, insert_entry, replace_value, replace_within
from pipelinekit.yaml.scalars import resolve
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence
from pipelinekit.yaml.write import block_lines

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\Z")
_OPTION = re.compile(r"--?([A-Za-z][\w.-]*)\Z")
_OPTION_WITH_VALUE = re.compile(r"(?:--?|\+{0,2})([A-Za-z][\w./-]*)=(.+)\Z", re.DOTALL)
_HINT = re.compile(r"[ =]['\"]?[-+]?\.?\d")
# What an option of this name says is how fast or how loudly the command works, not what it computes.
_MACHINERY = re.compile(
    r"(?:j|v|jobs?|n_?jobs|(?:num_?|n_?|max_?)?(?:workers?|threads?|proc(?:s|esses)?|cpus?|cores?|gpus?)|nproc(?:_per_node)?"
    r"|gpu_?ids?|cuda|device|devices|port|verbos(?:e|ity)|log_?(?:level|every|interval|freq|steps)|timeout|memory|mem"
    r"|debug|dpi|indent|local_rank|node_?rank|nnodes|retries|version|quiet|prefetch(?:_factor)?)\Z"
)
# Programs whose numbers are no hyperparameters.
_TOOLS = frozenset(
    """
    aria2c aws awk axel az azcopy cargo cat cd chmod cmake conda convert cp curl cut date dd diff docker dot dvc
    echo egrep exit export ffmpeg find g++ gawk gcc git go grep gsutil gunzip gzip head kill kubectl latexmk ln make
    mkdir mv mysql nice npm npx parallel pdflatex pip pip3 pnpm printf psql quarto rclone return rm rsync s5cmd scp
    sed seq set shuf sleep sort split sqlite3 ssh tail tar tee test timeout touch tr truncate ulimit uniq unzip wc
    wget xargs yarn yt-dlp zip
    """.split()  # noqa: SIM905
)

# Of these, the ones that build a program of the project and hand on what stands behind `--`.
_BUILDERS = frozenset({"cargo", "npm", "pnpm", "yarn"})


class _Literal(NamedTuple):
    """A number typed into a command: the option's name, and its offsets in the value of the node."""

    name: str
    text: str
    start: int
    end: int
    node: Scalar


@rule("PK201", "hardcoded-param-in-cmd", level="warning", since="0.1.0", fix="sometimes")
def hardcoded_param_in_cmd(pipeline: Pipeline, graph: Graph) -> Iterator[Finding]:
    """A hyperparameter is typed into a command.

    ## What it does
    Finds numbers given to options (`--lr 0.01`, `--epochs=10`, `n_estimators=100`) of the programs that a stage
    runs. Options that say how fast or how loudly a command works (`--jobs 4`, `--port 8080`, `--verbose 1`)
    are left alone, and so are the usual tools of a shell.

    ## Why it matters
    DVC tracks parameters that stand in a params file: it shows what changed between experiments, and
    `dvc exp run -S train.lr=0.1` sets them. A number inside of a command is none of them.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --lr 0.01
    #                             ^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --lr ${train.lr}
        deps:
        - train.py
        params:
        - train.lr
        outs:
        - model.pkl
    ```
    ```yaml params.yaml
    train:
      lr: 0.01
    ```

    ## Fix safety
    The fix moves the value into `params.yaml`, lists the key under `params`, and puts `${}` into the command,
    which stays the same to the letter. A parameter of that name and value that is there already is used. Where
    the number's spelling would change (`1e-3`, `0.10`), the fix is unsafe: DVC then sees another command.
    """
    for definition in pipeline.definitions:
        if definition.body is None or not definition.knows("cmd", "params", "wdir"):
            continue
        for literal in typed_numbers(definition):
            yield Finding(
                expression_place(literal.node, literal.start, literal.end),
                f"the parameter {literal.name} = {literal.text} is typed into the command of '{definition.name}'",
                why="DVC can't show or change it: experiments that differ in it look alike",
                help="Put it into params.yaml, list it under params, and write ${…} here.",
                fix=_fix(pipeline, definition, literal, graph),
                stage=definition,
            )


def typed_numbers(definition: Definition) -> Iterator[_Literal]:
    """The numbers that options of a stage's programs are given."""
    node = definition.field("cmd")
    nodes = node.items if isinstance(node, Sequence) else [node]
    for item in nodes:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            continue
        lines = [item.text] if isinstance(node, Sequence) else lines_of(item.text)
        offset = 0
        for line in lines:
            offset = item.text.index(line, offset)
            for name, word, start in _numbers(line):
                yield _Literal(name, word, offset + start, offset + start + len(word), item)
            offset += len(line)


def _numbers(line: str) -> Iterator[tuple[str, str, int]]:
    """Names, texts and offsets of the numbers that options of a command line are given."""
    if not _HINT.search(line):
        return
    for command in parse_command(line):
        words, _ = unwrap(command)
        for before, word in pairwise(_options(words)):
            found = _number(before, word)
            if found is not None and not _MACHINERY.match(found[0].lower().replace("-", "_").rpartition(".")[2]):
                name, text = found
                start = word.start + (line[word.start : word.end].rindex(text) if "=" in (word.text or "") else 0)
                if line[start : start + len(text)] == text:
                    yield name, text, start


def _options(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words that a program is given, if it is none of the usual tools: `cargo run -- prog --k 10` runs another."""
    name = (words[0].text or "").rpartition("/")[2] if words else ""
    if name not in _TOOLS:
        return words
    texts = [word.text for word in words]
    return words[texts.index("--") :] if name in _BUILDERS and "run" in texts[1:3] and "--" in texts else ()


def _number(before: Word, word: Word) -> tuple[str, str] | None:
    found = option_value(before, word)
    if found is None or not _NUMBER.match(found[1]):
        return None
    return found if "=" in (word.text or "") or word.end - word.start == len(found[1]) else None


def option_value(before: Word, word: Word) -> tuple[str, str] | None:
    """The option that a word gives a value to, and the value: `--lr 0.1`, `--lr=0.1`, `model.lr=0.1`."""
    if word.text is None:
        return None
    assigned = _OPTION_WITH_VALUE.match(word.text)
    if assigned is not None:
        return assigned[1], assigned[2]
    option = _OPTION.match(before.text or "")
    if option is None or (word.text.startswith("-") and not _NUMBER.match(word.text)):
        return None
    return option[1], word.text


def _fix(pipeline: Pipeline, definition: Definition, literal: _Literal, graph: Graph) -> Fix | None:
    """Value into `params.yaml`, key under `params`, `${}` into the command."""
    if not definition.stages or (definition.body is not None and definition.body.flow):
        return None
    known = meant_by(literal.name, known_params(pipeline), definition)
    if known is not None and known.text == literal.text:
        return use_known(definition, known, literal.node, literal.start, literal.end)
    path = join(pipeline.folder, PARAMS_YAML, graph.index.project.root)
    if graph.made_by(path):
        return None
    section = re.sub(r"\W", "_", definition.name)
    if (section,) in pipeline.used:
        return None  # `${section}` stands in a command: another key in it would be another option there
    key = re.sub(r"\W", "_", literal.name)
    value: Any = resolve(literal.text) if not literal.text.startswith("+") else literal.text
    params = graph.index.project.params(path)
    try:
        if params is None:
            if section in pipeline.context.data:
                return None
            text = "\n".join(block_lines({section: {key: value}})) + "\n"
            param_edits: tuple[Edit, ...] = (Edit(0, 0, text),)
        else:
            edits = _param_edits(params, pipeline, section, key, value)
            if edits is None:
                return None
            param_edits = tuple(edits)
        cmd_edits = replace_within(literal.node, literal.start, literal.end, f"${{{section}.{key}}}")
    except CannotEditError:
        return None
    wdirs = {stage.wdir for stage in definition.stages}
    if len(wdirs) > 1:
        return None
    entry_edit = declare_param(definition, relative(path, wdirs.pop()), f"{section}.{key}")
    if entry_edit is None:
        return None
    same = to_text(value) == literal.text
    changes = (
        Change(definition.file, (*definition.path, "cmd")),
        Change(definition.file, (*definition.path, "params")),
        Change(path, (section, key)),
    )
    fields = frozenset({"params"} if same else {"params", "cmd"})
    edits_by_file = {definition.file: (*cmd_edits, *entry_edit)}
    if param_edits:
        edits_by_file[path] = param_edits
    return Fix(f"Move {literal.text} to {PARAMS_YAML} as {section}.{key}", edits_by_file, changes, fields, safe=same)


def _param_edits(params: object, pipeline: Pipeline, section: str, key: str, value: Any) -> list[Edit] | None:
    """What `params.yaml` needs; nothing if the key is there with that value, None if it can't be put there."""
    if not isinstance(params, ParamsFile) or params.problem is not None or not isinstance(params.data, dict):
        return None
    root = params.document.root
    if root is None:
        end = len(params.text)
        newline = "" if not params.text or params.text.endswith("\n") else "\n"
        return [Edit(end, end, newline + "\n".join(block_lines({section: {key: value}})) + "\n")]
    if not isinstance(root, Mapping):
        return None
    existing = root.get(section)
    if existing is None:
        return None if section in pipeline.context.data else insert_entry(root, len(root.pairs), section, {key: value})
    if isinstance(existing, Scalar) and existing.value is None:
        return replace_value(root, section, {key: value})
    if not isinstance(existing, Mapping):
        return None
    known = existing.get(key)
    if known is None:
        return insert_entry(existing, len(existing.pairs), key, value)
    same = isinstance(known, Scalar) and type(known.value) is type(value) and known.value == value
    return [] if same else None


def use_known(definition: Definition, known: KnownParam, node: Scalar, start: int, end: int) -> Fix | None:
    """Writes `${…}` in the place of a value that stands in a params file already."""
    wdirs = {stage.wdir for stage in definition.stages}
    if len(wdirs) != 1:
        return None
    try:
        edits = replace_within(node, start, end, f"${{{known.key}}}")
    except CannotEditError:
        return None
    entry = declare_param(definition, relative(known.file.path, wdirs.pop()), known.key)
    if entry is None:
        return None
    changes = (
        Change(definition.file, (*definition.path, "cmd")),
        Change(definition.file, (*definition.path, "params")),
    )
    title = f"Write ${{{known.key}}} in its place"
    return Fix(title, {definition.file: (*edits, *entry)}, changes, frozenset({"params"}))


def declare_param(definition: Definition, file: str, key: str) -> tuple[Edit, ...] | None:
    """The entry under `params`, unless the key or the whole file is listed already."""
    for param in definition.stages[0].params:
        if param.file_text == file and (param.key is None or param.key == key or key.startswith(f"{param.key}.")):
            return ()
    entry: Any = key if file == PARAMS_YAML else {file: [key]}
    edits = entry_edits(definition, "params", entry)
    return tuple(edits) if edits is not None else None
