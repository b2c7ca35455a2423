from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule(
    "PK312", "no-outputs", level="warning", since="0.1.0", reads=("cmd", "deps", "params", "outs", "metrics", "plots")
)
def no_outputs(stage: Stage) -> Iterator[Finding]:
    """A stage makes nothing that DVC knows of.

    ## What it does
    Finds stages without `outs`, `metrics` and `plots`. Those that say `always_changed: true` are left alone.

    ## Why it matters
    Without dependencies, too, DVC runs the stage each time. With dependencies it runs when one changes, but no
    other stage can depend on it, a failure in between can't be told from a success, and a clone runs it again.

    ## Example
    ```yaml dvc.yaml
    stages:
      check:
    # ^^^^^
        cmd: python check.py data.csv
        deps:
        - check.py
        - data.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      check:
        cmd: python check.py data.csv --report report.json
        deps:
        - check.py
        - data.csv
        metrics:
        - report.json:
            cache: false
    ```
    """
    if stage.outs or stage.always_changed or stage.frozen or not stage.cmd:
        return
    always = not stage.deps and not stage.params
    why = "no other stage can depend on it, and a clone of the project runs it again"
    yield Finding(
        stage.name_node,
        f"'{stage.name}' has no outputs" + (" and no dependencies" if always else ""),
        why="DVC runs it each time" if always else why,
        help="List what it writes under outs; if it should run each time, say 'always_changed: true'.",
        stage=stage,
    )
