from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import ancestors, relative
from pipelinekit.project.repository import is_in_repository
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding, Fix, in_words
from pipelinekit.rules.list_edits import add_entries
from pipelinekit.rules.near_misses import is_meant
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.programs import Script, all_scripts, script_place, word_place
from pipelinekit.yaml.tree import Place


def _stages_that_run_unlisted(graph: Graph) -> frozenset[Stage]:
    """The stages that run a script which is not itself listed."""
    found: set[Stage] = set()
    for stage, scripts in graph.derived(all_scripts).items():
        listed = [dep.path for dep in stage.deps]
        if any(script.path not in listed for script in scripts):
            found.add(stage)
    return frozenset(found)


@rule(
    "PK101",
    "script-not-in-deps",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("deps", "wdir"),
    among=_stages_that_run_unlisted,
)
def script_not_in_deps(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """The file that a stage runs is not among its dependencies.

    ## What it does
    Reads the command as a shell would, finds the file of this project that it runs, and looks for it, or a
    folder that holds it, under `deps`. It sees through `python x.py`, `python -m package.module`, `bash x.sh`
    and what that runs, `make target` and its recipe, notebooks, `Rscript` and other interpreters, programs that
    the project defines, `uv run`, `poetry run`, `torchrun` and their like, `cd folder &&`, `wdir`, variables,
    loops, lists of commands, and `${…}`.

    ## Why it matters
    DVC re-runs a stage when a dependency changes. It does not read the command: edit a script that is not
    listed, and `dvc repro` says that everything is up to date, with results of the old code.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py --data data.csv
    #               ^^^^^^^^^^^^
        deps:
        - data.csv
        outs:
        - model.pkl
    ```
    ```text files
    data.csv
    src/train.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python src/train.py --data data.csv
        deps:
        - data.csv
        - src/train.py
        outs:
        - model.pkl
    ```

    ## Fix safety
    The fix adds the file to `deps`, and nothing else. DVC will run the stage once more, because its
    dependencies are not those of the last run.
    """
    if stage.runs_always:
        return  # DVC runs it every time anyway
    missing = list(_missing(stage, graph))
    places = {script_place(stage, script): None for script in missing}
    for place in places:
        yield _explain(stage, place, [script for script in missing if script_place(stage, script) == place])


def _missing(stage: Stage, graph: Graph) -> Iterator[Script]:
    """The scripts that are files of the project and no dependency."""
    listed = {dep.path for dep in stage.deps}
    if "." in listed:
        return
    project = graph.index.project
    reported: set[str] = set()
    for script in graph.derived(all_scripts)[stage]:
        path = script.path
        if path in listed or path in reported or any(folder in listed for folder in ancestors(path)):
            continue
        if project.disk.kind(path) != "file" or _is_made_by(stage, path) or not is_in_repository(path, project.root):
            continue
        if is_meant(path, stage, graph):
            continue
        reported.add(path)
        yield script


def _is_made_by(stage: Stage, path: str) -> bool:
    return any(out.path == path or out.path in ancestors(path) for out in stage.outs)


def _explain(stage: Stage, place: Place, scripts: list[Script]) -> Finding:
    """One finding for what one word of the command runs, directly and through others."""
    direct = [script.path for script in scripts if not script.via]
    through = [script.path for script in scripts if script.via]
    texts = [relative(script.path, stage.wdir) for script in scripts]
    what = in_words(direct)
    if through and direct:
        what += f" and, through it, {in_words(through)}"
    elif through:
        what = f"{in_words(through)} through {scripts[0].via[0].path}"
    is_one = len(scripts) == 1
    quoted = in_words([f"'{text}'" for text in texts])
    return Finding(
        place,
        f"'{stage.definition.name}' runs {what}, which {'is' if is_one else 'are'} not among its deps",
        why=f"editing {'it' if is_one else 'them'} re-runs nothing: dvc repro keeps the results of the old code",
        help=f"Add {quoted} to deps.",
        related=[
            (word_place(stage, script, script.word), f"{script.via[-1].path} runs {script.path} here")
            for script in scripts
            if script.via
        ],
        fix=_fix(stage, scripts, texts),
        stage=stage,
    )


def _fix(stage: Stage, scripts: list[Script], texts: list[str]) -> Fix | None:
    """Only where the same paths are right for every stage of a group."""
    definition = stage.definition
    if any(other.wdir != stage.wdir for other in definition.stages) or any("${" in text for text in texts):
        return None
    named = scripts[0].via[0] if scripts[0].via else scripts[0]
    if len(definition.stages) > 1 and any(
        named.command != command for other in definition.stages for command in other.commands
    ):
        node = definition.field("cmd")
        if node is None or (named.word.text or "") not in node.source or any(script.via for script in scripts):
            return None
    return add_entries(definition, "deps", texts, f"Add {in_words(texts)} to deps")
