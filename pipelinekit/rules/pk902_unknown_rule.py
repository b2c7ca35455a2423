from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelinekit.rules.finding import Finding, Fix
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.edit import Edit

if TYPE_CHECKING:
    from pipelinekit.rules.outcome import Outcome, SuppressedRule, Suppression


@rule("PK902", "unknown-rule", level="warning", since="0.1.0", fix="sometimes")
def unknown_rule(outcome: Outcome) -> Iterator[Finding]:
    """A comment or a setting names a rule that does not exist.

    ## What it does
    Finds codes and names that no rule has, in `# pipelinekit: ignore[…]` and in the settings of the project
    (`select`, `ignore`, `per-file-ignores`, `rules.…`). Comments name rules in full; the beginning of a code is
    enough in settings.

    ## Why it matters
    A name that is misspelt ignores nothing and selects nothing, and nobody hears of it.

    ## Example
    ```yaml dvc.yaml
    stages:
      import:
        cmd: python import.py  # pipelinekit: ignore[PK101, script-not-in-dep] it runs once
    #                                                       ^^^^^^^^^^^^^^^^^
        deps:
        - raw.csv
        outs:
        - clean.csv
    ```
    ```text files
    import.py
    raw.csv
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      import:
        cmd: python import.py  # pipelinekit: ignore[PK101] it runs once
        deps:
        - raw.csv
        outs:
        - clean.csv
    ```
    ```text files
    import.py
    raw.csv
    ```

    ## Fix safety
    In a comment, the fix writes the name that is nearly the same, if that rule finds something there, and else
    removes the word: it ignored nothing. Nothing that DVC reads changes. A name that may be a plugin's is left.
    """
    from pipelinekit.model.suggest import closest

    words = [word for found in outcome.rules for word in (found.code, found.name)]
    for suppression in outcome.suppressions:
        for named in suppression.rules:
            if named.rule is None:
                yield _in_comment(suppression, named, closest(named.word, words), outcome)
    for unknown in outcome.unknown:
        yield Finding(
            unknown.place,
            f"no rule is called {unknown.word}",
            why=f"in '{unknown.setting}' it changes nothing",
            help=f"Did you mean {unknown.near}?" if unknown.near else "Correct it, or install the plugin that has it.",
        )


def _in_comment(suppression: Suppression, named: SuppressedRule, near: str | None, outcome: Outcome) -> Finding:
    return Finding(
        named.place,
        f"no rule is called {named.word}",
        why="nothing is ignored by it",
        help=f"Did you mean {near}?" if near else "Name a rule in full, by its code or its name.",
        fix=_fix(suppression, named, near, outcome),
    )


def _fix(suppression: Suppression, named: SuppressedRule, near: str | None, outcome: Outcome) -> Fix | None:
    file, start, end = named.place.document.name, named.place.start, named.place.end
    meant = next((found.code for found in outcome.rules if near in (found.code, found.name)), None)
    if near is not None and any(
        finding.code == meant and suppression.covers(finding.place) for finding in outcome.findings
    ):
        return Fix(f"Write {near}", {file: (Edit(start, end, near),)})
    if near is None and not named.word.upper().startswith("PK"):
        return None
    return Fix(f"Remove {named.word} from the comment", {file: (suppression.without([named]),)})
