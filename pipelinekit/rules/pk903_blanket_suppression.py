from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule

if TYPE_CHECKING:
    from pipelinekit.rules.outcome import Outcome


@rule("PK903", "blanket-suppression", level="warning", since="0.1.0")
def blanket_suppression(outcome: Outcome) -> Iterator[Finding]:
    """A comment ignores whatever there is, and names no rule.

    ## What it does
    Finds `# pipelinekit: ignore` and `# pipelinekit: file-ignore` without rules between brackets. Such a comment
    ignores nothing.

    ## Why it matters
    A comment that hides everything also hides what nobody has seen yet: the next mistake in that line goes
    unnoticed.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - logs.txt  # pipelinekit: ignore
    #               ^^^^^^^^^^^^^^^^^^^^^
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - logs  # pipelinekit: ignore[throwaway-output-cached] the auditors want them
    ```
    """
    for suppression in outcome.suppressions:
        if not suppression.rules and not suppression.mistake:
            yield Finding(
                suppression.place,
                "this comment names no rule, and so ignores nothing",
                why="one that ignored everything would hide mistakes that nobody has seen yet",
                help="Name the rules: '# pipelinekit: ignore[PK101] reason'.",
            )
