"""What DVC takes for a `${}`, what for text, and where its parser stumbles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.resolve.expression import is_of_the_shell, parse_template, unescape


def keys(text: str) -> list[tuple[str, ...]]:
    """The names that the `${}` of a text lead along; none for one that can't be parsed."""
    return [expression.keys for expression in parse_template(text).expressions]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("${lr}", ("lr",)),
        ("${train.lr}", ("train", "lr")),
        ("${layers[0]}", ("layers", "0")),
        ("${layers.0}", ("layers", "0")),
        ("${layers[-1]}", ("layers", "-1")),
        ("${layers[0].units}", ("layers", "0", "units")),
        ("${grid[0][1]}", ("grid", "0", "1")),
        ("${train[lr]}", ("train", "lr")),
        ("${n-layers}", ("n-layers",)),
        ("${größe}", ("größe",)),
        ("${  train.lr }", ("train", "lr")),
        ("${a b}", ("a b",)),
        ("${d.${name}", ("d", "${name")),
    ],
)
def test_a_name_leads_along_dots_and_brackets(text: str, path: tuple[str, ...]) -> None:
    assert keys(text) == [path]


@pytest.mark.parametrize("text", ["$lr", "$(lr)", "${lr", "{lr}", "$ {lr}", "\\${lr}", "${a\nb}", ""])
def test_what_is_no_expression_stays_as_it_is(text: str) -> None:
    assert keys(text) == []


def test_a_second_dollar_does_not_escape() -> None:
    (expression,) = parse_template("$${lr}").expressions
    assert (expression.start, expression.keys) == (1, ("lr",))


def test_a_backslash_escapes_and_is_taken_away() -> None:
    text = r"echo \${HOME} ${lr} \${lr}"
    assert keys(text) == [("lr",)]
    assert unescape(text) == "echo ${HOME} ${lr} ${lr}"
    assert unescape(r"\$HOME \n") == r"\$HOME \n"


def test_the_first_brace_closes() -> None:
    template = parse_template("${d.${name}}")
    assert [expression.inner for expression in template.expressions] == ["d.${name"]
    assert template.text[template.expressions[0].end :] == "}"
    assert not template.is_exact


@pytest.mark.parametrize(
    ("inner", "stumbles_over"),
    [
        ("lr.", "."),
        ("lr..x", "."),
        (".lr", "."),
        ("lr[", "["),
        ("lr[]", "["),
        ("lr]", "]"),
        ("[0]", "["),
        ("lr[0]x", "x"),
        ("lr[a.b]", "["),
        ("lr[[0]]", "["),
        ("", ""),
    ],
)
def test_what_the_parser_stumbles_over(inner: str, stumbles_over: str) -> None:
    (expression,) = parse_template(f"${{{inner}}}").expressions
    assert expression.keys == ()
    assert expression.error is not None
    assert inner[expression.error : expression.error + 1] == stumbles_over


@pytest.mark.parametrize(("text", "exact"), [("${a}", True), (" ${a}", False), ("${a}${b}", False), ("a", False)])
def test_only_a_single_expression_alone_is_exact(text: str, exact: bool) -> None:
    assert parse_template(text).is_exact is exact


@pytest.mark.parametrize(
    "text",
    [
        "${HOME:-/root}",
        "${FILE%.csv}",
        "${FILE##*/}",
        "${#LIST}",
        "${1}",
        "${@}",
        "${?}",
        "${A^^}",
        "${A/x/y}",
        "${A:0:3}",
        "${SEED-1}",
    ],
)
def test_what_only_a_shell_would_read(text: str) -> None:
    assert is_of_the_shell(text)


@pytest.mark.parametrize("text", ["${HOME}", "${train.lr}", "${item}", "${n-layers}", "${a b}", "${layers[0]}"])
def test_a_name_is_not_of_the_shell_dashes_included(text: str) -> None:
    assert not is_of_the_shell(text)


templates = st.lists(
    st.sampled_from(["${", "}", "\\", "$", "[", "]", ".", "a", "b-c", "0", " ", "\n", "{", "ü", ":-"])
    | st.text(max_size=3)
).map("".join)


@given(templates)
def test_any_text_is_parsed_and_each_span_is_an_expression(text: str) -> None:
    end = 0
    for expression in parse_template(text).expressions:
        assert expression.start >= end
        end = expression.end
        assert text[expression.start : end] == expression.text == f"${{{expression.inner}}}"
        assert text[: expression.start][-1:] != "\\"
        # either DVC can parse it, or we know what it stumbles over
        assert bool(expression.keys) == (expression.error is None)
        assert expression.error is None or 0 <= expression.error <= len(expression.inner)
        assert all(key == key.strip() for key in expression.keys)


@given(templates)
def test_what_is_escaped_is_no_expression_and_comes_back(text: str) -> None:
    escaped = text.replace("\\", "").replace("${", "\\${")
    assert parse_template(escaped).expressions == ()
    assert unescape(escaped) == text.replace("\\", "")


names = st.text(st.characters(exclude_characters=".[]{}$\\\n", exclude_categories=["Zs", "Cc", "Cs"]), min_size=1)


@given(st.lists(names, min_size=1, max_size=4), st.data())
def test_dots_and_brackets_spell_the_same_path(path: list[str], data: st.DataObject) -> None:
    spelled = path[0] + "".join(f"[{key}]" if data.draw(st.booleans(), label=key) else f".{key}" for key in path[1:])
    assert keys(f"${{{spelled}}}") == [tuple(path)]
