from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.among import stages_mentioning
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.invocations import all_invocations, word_place


@rule(
    "PK505",
    "unpinned-download",
    level="warning",
    since="0.1.0",
    reads=("cmd", "wdir"),
    among=stages_mentioning("wget", "curl", "pip", "git", "dvc", "hf", "huggingface-cli"),
)
def unpinned_download(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A stage fetches whatever is newest.

    ## What it does
    Finds downloads whose target moves: URLs that say `latest` or name a branch, `git clone` of no tag or commit,
    `pip install` without a version, `dvc get` without `--rev`. A stage that is `frozen` or `always_changed`, or
    that checks a checksum, is left alone.

    ## Why it matters
    DVC runs the stage once, and never looks there again. Whoever runs it next year gets something else, from the
    same commit, and nothing says so.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: pip install lightgbm && python train.py
    #                    ^^^^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: pip install lightgbm==4.5.0 && python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    """
    if stage.frozen or stage.always_changed or not (stage.deps or stage.params or stage.outs):
        return
    from pipelinekit.scripts.downloads import moving_targets

    invocations = graph.derived(all_invocations)[stage]
    for target in moving_targets([invocation.parsed for invocation in invocations]):
        invocation = next(found for found in invocations if any(word is target.word for word in found.parsed.words))
        yield Finding(
            word_place(stage, invocation, target.word),
            f"'{stage.definition.name}' fetches {target.word.text}: {target.what}",
            why="the same commit gives something else next year, and nothing says so",
            help=target.remedy,
            stage=stage,
        )
