from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelinekit.rules.finding import Finding, Fix
from pipelinekit.rules.rule import Rule, rule

if TYPE_CHECKING:
    from pipelinekit.rules.outcome import Outcome, SuppressedRule, Suppression


@rule("PK901", "unused-suppression", level="warning", since="0.1.0", fix="sometimes")
def unused_suppression(outcome: Outcome) -> Iterator[Finding]:
    """A comment ignores a finding that is not there.

    ## What it does
    Finds rules in `# pipelinekit: ignore[…]` and `# pipelinekit: file-ignore[…]` that find nothing where the
    comment reaches, and comments that reach nothing. A comment behind something is about its line, one on a line
    of its own about the whole stage, list or entry below it, and `file-ignore` above everything else about the
    file. Rules that did not run are not asked, nor those that look at data, caches and git's history:
    these may be here and not in the next clone.

    ## Why it matters
    What was ignored has been mended, has moved, or was never reached. The comment stays, hides the next mistake at
    that place, and makes the reader look for a problem that is none.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py  # pipelinekit: ignore[PK101] it hardly changes
    #                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Fix safety
    The fix removes the rule from the comment, or the comment if no rule is left in it. Nothing that DVC reads
    changes.
    """
    for suppression in outcome.suppressions:
        if suppression.mistake:
            yield _idle(suppression)
            continue
        unused = [
            named
            for named in suppression.rules
            if named.rule is not None
            and not named.used
            and named.rule.code in outcome.ran
            and not _is_exempt(named.rule)
        ]
        if unused and len(unused) == len(suppression.rules):
            yield _unused(suppression, unused, whole=True)
        else:
            for named in unused:
                yield _unused(suppression, [named], whole=False)


def _is_exempt(found: Rule) -> bool:
    """Rules like this one speak only when all is said; others find something on another machine."""
    from pipelinekit.rules.outcome import DIFFER_BETWEEN_CLONES

    return found.visits == "Outcome" or found.code in DIFFER_BETWEEN_CLONES


def _idle(suppression: Suppression) -> Finding:
    return Finding(
        suppression.place,
        f"this comment keeps nothing back: {suppression.mistake}",
        why="it looks as if a finding were ignored, and none is",
        help="Write it as '# pipelinekit: ignore[PK101] reason', or remove it.",
    )


def _unused(suppression: Suppression, rules: list[SuppressedRule], *, whole: bool) -> Finding:
    names = ", ".join(named.word for named in rules)
    find = "finds" if len(rules) == 1 else "find"
    what = "the comment" if whole else f"{names} from the comment"
    return Finding(
        suppression.place if whole else rules[0].place,
        f"{names} {find} nothing here that could be ignored",
        why="the comment hides the next mistake at this place",
        help=f"Remove {what}.",
        fix=Fix(f"Remove {what}", {suppression.place.document.name: (suppression.without(rules),)}),
    )
