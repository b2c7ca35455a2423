from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.flags import set_flag
from pipelinekit.rules.rule import rule


@rule("PK401", "cached-metric", level="warning", since="0.1.0", fix="sometimes", reads=("metrics",))
def cached_metric(stage: Stage) -> Iterator[Finding]:
    """A metrics file is kept in DVC's cache, not in git.

    ## What it does
    Finds entries under `metrics` without `cache: false`. One that says `cache: true` has been decided, and is
    left alone.

    ## Why it matters
    A metrics file is small, and its history is what people look for: in git it shows in every diff and pull
    request, and `dvc metrics diff` works in a clone that pulled no data. In the cache it needs `dvc pull`
    first, and is gone with `dvc gc`.

    ## Example
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - metrics.json
    #     ^^^^^^^^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      evaluate:
        cmd: python evaluate.py
        deps:
        - evaluate.py
        metrics:
        - metrics.json:
            cache: false
    ```

    ## Fix safety
    The fix adds `cache: false`, and nothing else. Take the file out of `.gitignore`, where DVC wrote it, and
    add it to git; the stage does not run again.
    """
    for out in stage.outs:
        if out.kind == "metric" and "cache" not in out.flags:
            yield Finding(
                out.node,
                f"the metrics file {out.text} is kept in the cache, not in git",
                why="its history is not in git, and a clone shows it only after dvc pull",
                help="Add 'cache: false', and let git track it.",
                fix=set_flag(out, "cache", False, "Add 'cache: false'"),
                stage=stage,
            )
