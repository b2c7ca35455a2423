"""Rules for people and programs: the list, a page, all of them as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from pipelinekit.rules.page import page_text, sections
from pipelinekit.rules.rule import Rule

_FIX = {"always": "always available", "sometimes": "sometimes available", "never": "not available"}


def list_lines(rules: Iterable[Rule]) -> Iterator[str]:
    """One line per rule: code, level, whether it has a fix, name, summary."""
    for rule in rules:
        mark = "*" if rule.fix != "never" else " "
        yield f"{rule.code}{mark} {rule.level:<7} {rule.name:<30} {rule.summary}"
    yield ""
    yield "* has a fix. Advice is shown with --level advice, or when it is selected by its code."


def rule_table(rules: Iterable[Rule]) -> str:
    """A Markdown table of the rules, as the README has it."""
    rows = [
        f"| {rule.code}{'*' if rule.fix != 'never' else ''} | {rule.name} | {rule.level} | {rule.summary} |"
        for rule in rules
    ]
    return "\n".join(["| code | name | level | what is wrong |", "|---|---|---|---|", *rows]) + "\n"


def markdown_page(rule: Rule) -> str:
    """The page, with what is known of the rule at its head."""
    summary, _, rest = page_text(rule).partition("\n")
    return (
        f"# {rule.code} {rule.name}\n\n{summary}\n\n"
        f"Level: {rule.level} · Fix: {_FIX[rule.fix]} · Since: {rule.since}\n{rest}"
    )


def show_page(rule: Rule) -> None:
    """Print a page to a terminal."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    # without a background of its own, code can be read on a light terminal, too
    theme = Theme({"markdown.code": "bold cyan", "markdown.code_block": "cyan"})
    console = Console(theme=theme)
    console.print(Markdown(_for_terminal(rule), code_theme="ansi_dark"), width=min(console.width, 100))


def _for_terminal(rule: Rule) -> str:
    """Code blocks are named `yaml dvc.yaml` in a page: the file's name goes on a line above."""
    lines = []
    for line in markdown_page(rule).splitlines():
        language, _, name = line.removeprefix("```").partition(" ") if line.startswith("```") else ("", "", "")
        if name:
            lines += [f"`{name}`", "", f"```{language}"]
        else:
            lines.append(line)
    return "\n".join(lines)


def json_rules(rules: Iterable[Rule]) -> str:
    """Everything that is known of the rules, version 1."""
    return json.dumps({"version": 1, "rules": [_rule(rule) for rule in rules]}, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "level": rule.level,
        "summary": rule.summary,
        "fix": rule.fix,
        "since": rule.since,
        "options": {option.name: option.default for option in rule.options},
        "sections": sections(rule),
    }


def main() -> None:
    """Write the table into the README of the current folder."""
    import re
    from pathlib import Path

    from pipelinekit.rules.rule import load_rules

    readme = Path("README.md")
    text = readme.read_text(encoding="utf-8")
    table = f"<!-- rules -->\n{rule_table(load_rules())}<!-- end of rules -->"
    readme.write_text(
        re.sub("<!-- rules -->.*?<!-- end of rules -->", lambda _: table, text, flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
