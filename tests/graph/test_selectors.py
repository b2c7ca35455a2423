"""What a selector means: by name, by what stages have in common, by what lies around them; and where it is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelinekit.cli.selecting import marked
from pipelinekit.graph.graph import Graph
from pipelinekit.graph.selection_grammar import MAX_DEPTH, SelectorError, quoted
from pipelinekit.graph.selectors import METHODS, select
from pipelinekit.project.project import NoProjectError
from pipelinekit.resolve.stage import Stage
from tests.graph.digraphs import digraphs, graph_of, in_memory
from tests.small_projects import graph

ROOT = """\
stages:
  fetch:
    cmd: python src/fetch.py
    deps: [src/fetch.py]
    outs: [data/raw]
  clean:
    foreach: [small, large]
    do:
      cmd: python src/clean.py ${item}
      deps: [data/raw/a.csv, src/clean.py]
      outs: ['clean/${item}.csv']
      meta: {tags: ['size-${item}', nightly]}
  train:
    cmd: python train.py
    deps: [clean/small.csv]
    params: [lr, conf/extra.yaml: [depth]]
    outs: [model.pkl]
    meta: {pipelinekit: {tags: [gpu]}, tags: heavy}
  evaluate:
    cmd: python evaluate.py
    deps: [model.pkl, clean]
    metrics: [metrics.json: {cache: false}]
"""
SUB = "stages:\n  train:\n    cmd: x\n    deps: [../model.pkl]\n    outs: [fine.pkl]\n  stale: {cmd: x, outs: [log]}\n"
ALL = ["fetch", "clean@small", "clean@large", "train", "evaluate", "sub/train", "sub/stale"]


@pytest.fixture
def pipeline(tmp_path: Path) -> Graph:
    files = {"dvc.yaml": ROOT, "sub/dvc.yaml": SUB, "params.yaml": "lr: 1\n", "src/unused.py": ""}
    return graph(tmp_path, files)


def names(graph: Graph, text: str) -> list[str]:
    """The stages, those of `sub/dvc.yaml` as `sub/name`."""
    return [_short(stage) for stage in select(graph, text, {"state": in_state, "changed": changed_since})]


def _short(stage: Stage) -> str:
    return stage.address.removeprefix("dvc.yaml:").replace("sub/dvc.yaml:", "sub/")


def in_state(graph: Graph, state: str) -> Iterable[Stage]:
    states = {"fetch": "fresh", "train": "stale", "evaluate": "never-run"}
    return [stage for stage in graph.index.stages if states.get(stage.name) == state and stage.file == "dvc.yaml"]


def changed_since(graph: Graph, revision: str) -> Iterable[Stage]:
    if revision == "nowhere":
        raise NoProjectError("git knows no revision nowhere")
    wanted = {"HEAD": "fetch", "origin/main": "train", "v1..v2": "evaluate"}[revision]
    return [stage for stage in graph.index.stages if stage.name == wanted]


# --- what is meant ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        # names
        ("fetch", "fetch"),
        ("train", "train sub/train"),
        ("dvc.yaml:train", "train"),
        ("sub/dvc.yaml:train", "sub/train"),
        ("clean", "clean@small clean@large"),
        ("dvc.yaml:clean", "clean@small clean@large"),
        ("clean@small", "clean@small"),
        ("clean@*", "clean@small clean@large"),
        ("*@large", "clean@large"),
        ("sub/dvc.yaml:*", "sub/train sub/stale"),
        ("*dvc.yaml:train", "train sub/train"),
        ("[fe]*", "fetch evaluate"),
        ("'clean@small'", "clean@small"),
        ('"clean"', "clean@small clean@large"),
        ("name:train", "train sub/train"),
        ("name:*ain", "train sub/train"),
        ("name:stale", "sub/stale"),
        ("'stale'", "sub/stale"),
        # outputs
        ("model.pkl", "train"),
        ("./model.pkl", "train"),
        ("data/raw/any.csv", "fetch"),
        ("metrics.json", "evaluate"),
        # steps
        ("+evaluate", "fetch clean@small clean@large train evaluate"),
        ("1+evaluate", "clean@small clean@large train evaluate"),
        ("0+evaluate", "evaluate"),
        ("fetch+", " ".join(ALL[:6])),
        ("fetch+1", "fetch clean@small clean@large"),
        ("fetch+2", "fetch clean@small clean@large train evaluate"),
        ("1+dvc.yaml:train+1", "clean@small train evaluate sub/train"),
        ("(fetch,clean@large)+1", "fetch clean@small clean@large evaluate"),
        ("1+(evaluate)", "clean@small clean@large train evaluate"),
        ("99999999999999999999+evaluate", "fetch clean@small clean@large train evaluate"),
        ("+model.pkl", "fetch clean@small train"),
        ("tag:gpu+", "train evaluate sub/train"),
        # tags
        ("tag:gpu", "train"),
        ("tag:heavy", "train"),
        ("tag:nightly", "clean@small clean@large"),
        ("tag:size-large", "clean@large"),
        ("tag:size-*", "clean@small clean@large"),
        # paths
        ("reads:data/raw", "clean@small clean@large"),
        ("reads:data", "clean@small clean@large"),
        ("reads:data/raw/a.csv", "clean@small clean@large"),
        ("reads:clean/large.csv", "evaluate"),
        ("reads:**/*.csv", "clean@small clean@large train"),
        ("reads:params.yaml", "train"),
        ("reads:conf", "train"),
        ("writes:data/raw/a.csv", "fetch"),
        ("writes:clean", "clean@small clean@large"),
        ("writes:*.pkl", "train"),
        ("writes:**/*.pkl", "train sub/train"),
        ("writes:clean/*", "clean@small clean@large"),
        ("writes:metrics.json", "evaluate"),
        ("path:src", "fetch clean@small clean@large"),
        ("path:src/", "fetch clean@small clean@large"),
        ("path:src/**", "fetch clean@small clean@large"),
        ("path:src/f*.py", "fetch"),
        ("path:sub", "sub/train sub/stale"),
        ("path:model.pkl", "train evaluate sub/train"),
        ("path:.", " ".join(ALL)),
        ("path:src/unused.py", ""),
        ("path:'src'", "fetch clean@small clean@large"),
        # what others know
        ("state:fresh", "fetch"),
        ("state:stale", "train"),
        ("changed:origin/main", "train sub/train"),
        ("changed(origin/main)", "train sub/train"),
        ("changed(origin/main)+", "train evaluate sub/train"),
        ("changed( origin/main )+1", "train evaluate sub/train"),
        ("changed:v1..v2", "evaluate"),
        ("changed", "fetch"),
        ("changed+1", "fetch clean@small clean@large"),
        # together
        ("fetch,evaluate", "fetch evaluate"),
        ("fetch or evaluate", "fetch evaluate"),
        (" fetch ,  evaluate ", "fetch evaluate"),
        ("evaluate,fetch,fetch", "fetch evaluate"),
        ("clean and *small", "clean@small"),
        ("not clean", "fetch train evaluate sub/train sub/stale"),
        ("not not fetch", "fetch"),
        ("+evaluate and not clean", "fetch train evaluate"),
        ("fetch or clean and *small", "fetch clean@small"),
        ("(fetch or clean) and *small", "clean@small"),
        ("fetch, clean and *small", "fetch clean@small"),
        ("not(clean or train)", "fetch evaluate sub/stale"),
        ("fetch and evaluate", ""),
    ],
)
def test_what_is_meant(text: str, meant: str, pipeline: Graph) -> None:
    assert names(pipeline, text) == meant.split()


def test_stale_is_what_would_run(tmp_path: Path) -> None:
    made = graph(tmp_path, ROOT)
    assert names(made, "stale") == ["train", "evaluate"]
    assert names(made, "+stale and state:fresh") == ["fetch"]


def test_odd_names_go_into_quotes() -> None:
    odd = ["a b", "c++", "and", "x:y", "p(1)", "it's", "2+2", "[z]", "tag:gpu", "a,b", "&"]
    made = in_memory({name: ([], [f"o{number}"]) for number, name in enumerate(odd)})
    for name in odd:
        assert [stage.name for stage in select(made, quoted(name), {})] == [name]
    assert quoted("train@small-0.1") == "train@small-0.1"
    assert [stage.name for stage in select(made, "'c++'+", {})] == ["c++"]


def test_data_that_is_only_tracked_is_no_step(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": "stages:\n  a: {cmd: x, outs: [a]}\n  b: {cmd: x, deps: [b.csv], outs: [b]}\n"
        "  c: {cmd: x, deps: [b]}\n",
        "b.csv.dvc": "deps:\n- path: a\nouts:\n- path: b.csv\n",
    }
    made = graph(tmp_path, files)
    assert names(made, "1+b") == ["a", "b"]
    assert names(made, "a+1") == ["a", "b"]


# --- what is wrong, and where -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark", "message"),
    [
        ("trian", "^^^^^", "no stage is called 'trian'; did you mean train?"),
        ("+fetsh and train", " ^^^^^", "no stage is called 'fetsh'; did you mean fetch?"),
        ("modl.pkl", "^^^^^^^^", "no stage is called 'modl.pkl'; did you mean model.pkl?"),
        ("stael2", "^^^^^^", "no stage is called 'stael2'; did you mean stale?"),
        ("qqqqqq", "^^^^^^", "no stage is called 'qqqqqq', and none writes a path of this name"),
        ("fetch,train@*", "      ^^^^^^^", "no stage is called like 'train@*'"),
        ("name:trian", "^^^^^^^^^^", "no stage is called 'trian'; did you mean train?"),
        ("stale", "^^^^^", "a stage is called 'stale', too: write name:stale for it, or state:stale,state:never-run"),
        ("data", "^^^^", "no stage is called 'data'; writes:data are those that write something in it"),
        ("src/clean.py+", "^^^^^^^^^^^^", "'src/clean.py'; reads:src/clean.py are those that read it"),
        ("tags:gpu", "^^^^", "there is no method 'tags'; did you mean 'tag'?"),
        ("not taag(gpu)", "    ^^^^", "there is no method 'taag'; did you mean 'tag'?"),
        ("source:x", "^^^^^^", f"there is no method 'source'; there are {', '.join(METHODS)}"),
        ("tag:gpuu", "^^^^^^^^", "no stage has the tag 'gpuu'; did you mean 'gpu'?"),
        ("state:stael", "^^^^^^^^^^^", "there is no state 'stael'; did you mean 'stale'?"),
        ("reads:data/rwa", "^^^^^^^^^^^^^^", "no stage reads 'data/rwa'; did you mean data/raw?"),
        ("writes:*.txt", "^^^^^^^^^^^^", "no stage writes '*.txt'"),
        ("changed:nowhere", "^^^^^^^^^^^^^^^", "git knows no revision nowhere"),
        ("", "^", "is expected at the end"),
        ("fetch,", "      ^", "is expected at the end"),
        ("fetch and", "         ^", "is expected at the end"),
        ("fetch evaluate", "      ^^^^^^^^", "',', 'or', 'and' or the end is expected here"),
        ("fetch & evaluate", "      ^", "'&' is written 'and' here"),
        ("fetch|evaluate", "     ^", "'|' is written 'or' here"),
        ("!fetch", "^", "'!' is written 'not' here"),
        ("(fetch", "^", "this '(' is not closed"),
        ("fetch)", "     ^", "this ')' closes nothing"),
        ("()", " ^", "is expected instead of ')'"),
        ("changed(x", "       ^", "this '(' is not closed"),
        ("tag()", "   ^^", "a value is expected between these parentheses"),
        ("tag:", "    ^", "a value is expected behind 'tag:'"),
        ("'fetch", "^^^^^^", "these quotes are not closed"),
        ("''", "^^", "there is nothing between these quotes"),
        ("+", "^", "a stage is expected at this '+'"),
        ("++fetch", " ^", "a stage is expected at this '+'"),
        ("+not fetch", " ^^^", "put 'not …' in parentheses"),
        ("or", "^^", "is expected instead of 'or'; a stage of this name is '\"or\"'"),
        ("fetch, \x1b[31m", "       ^^^^^^^^", "no stage is called"),
    ],
)
def test_what_is_wrong_is_marked(text: str, mark: str, message: str, pipeline: Graph) -> None:
    with pytest.raises(SelectorError) as caught:
        names(pipeline, text)
    assert message in caught.value.message
    first, shown, marks = marked(caught.value).split("\n")
    assert first == f"--stages: {caught.value.message}"
    assert marks == f"  {mark}"
    assert shown == "  " + text.replace("\x1b", "\\x1b")


def test_an_output_of_two_stages_is_no_name_for_either(tmp_path: Path) -> None:
    made = in_memory({"a": ([], ["x"]), "b": ([], ["x/y"])})
    with pytest.raises(SelectorError, match=r"x/y is written by dvc.yaml:a and dvc.yaml:b: name one, or write writes:"):
        select(made, "x/y", {})


def test_what_nobody_can_answer_is_said() -> None:
    with pytest.raises(SelectorError, match="'state' can't be asked here"):
        select(in_memory({"a": ([], [])}), "stale", {})


@pytest.mark.parametrize(
    "text", ["(" * 5000, "not " * 5000 + "a", "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, "a," * 9000]
)
def test_any_depth(text: str) -> None:
    made = in_memory({"a": ([], [])})
    if text.startswith("(" * MAX_DEPTH + "a"):
        assert len(select(made, text, {})) == 1
    else:
        with pytest.raises(SelectorError):
            select(made, text, {})


FEW = in_memory({"a": ([], ["data/x"]), "b": (["data"], ["m"]), "and": (["m"], [])})


@given(st.one_of(st.text(max_size=30), st.text("ab+ ,()'\"*:&|!2and ornotchged./[]", max_size=40)))
@example("a+\u0661")
@example("[")
@example("path:\x00")
@example("a\x00b")
@example("reads:[!")
@example("name:**[")
def test_any_text_is_a_selector_or_says_where_it_is_none(text: str) -> None:
    try:
        found = select(FEW, text, {"state": lambda graph, _: graph.index.stages, "changed": lambda *_: []})
    except SelectorError as caught:
        error = caught
    else:
        assert found == [stage for stage in FEW.index.stages if stage in found]
        return
    assert 1 <= error.column <= len(text) + 1
    assert error.length >= 1
    assert error.text == text
    assert marked(error).count("\n") == 2


# --- laws ---------------------------------------------------------------------------------------------------

SIX = graph_of([(0, 1), (1, 2), (2, 5), (0, 3), (3, 4), (4, 5)])
NAMES = st.sampled_from([f"s{number}" for number in range(6)])


def selectors() -> st.SearchStrategy[str]:
    parts = st.one_of(NAMES, st.sampled_from(["*", "s[0-2]", "reads:o5", "path:o3"]))
    return st.recursive(
        parts,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" and ", " or ", ","]), inner).map(lambda three: f"({''.join(three)})"),
            inner.map(lambda one: f"(not {one})"),
            st.tuples(st.sampled_from(["", "+", "1+"]), inner, st.sampled_from(["", "+", "+2"])).map(
                lambda three: f"({''.join(three)})"
            ),
        ),
        max_leaves=6,
    )


def of(text: str) -> set[str]:
    return {stage.name for stage in select(SIX, text, {})}


@given(selectors(), selectors(), selectors())
def test_they_are_sets(a: str, b: str, c: str) -> None:
    everything = of("*")
    assert of(f"{a},{b}") == of(f"{a} or {b}") == of(a) | of(b) == of(f"{b},{a}")
    assert of(f"{a} and {b}") == of(a) & of(b)
    assert of(f"not {a}") == everything - of(a)
    assert of(f"not ({a} or {b})") == of(f"not {a} and not {b}")
    assert of(f"{a} and ({b} or {c})") == of(f"{a} and {b} or {a} and {c}")
    assert of(f"+({a} or {b})") == of(f"+{a} or +{b}")


@given(digraphs().filter(bool))
def test_all_steps_are_what_the_graph_says(pairs: list[tuple[int, int]]) -> None:
    made = graph_of(pairs)
    for stage in made.index.stages:
        assert set(select(made, f"+{stage.name}", {})) == made.upstream(stage) | {stage}
        assert set(select(made, f"{stage.name}+", {})) == made.downstream(stage) | {stage}


@given(digraphs().filter(bool), st.integers(0, 4))
def test_some_steps_are_one_and_then_the_others(pairs: list[tuple[int, int]], steps: int) -> None:
    made = graph_of(pairs)
    first = made.index.stages[0].name
    assert select(made, f"{steps + 1}+{first}", {}) == select(made, f"1+({steps}+{first})", {})


def test_thousands_of_stages() -> None:
    made = in_memory({f"s{n}": ([f"data/{n - 1}.csv", "src/a.py"], [f"data/{n}.csv"]) for n in range(3000)})
    started = time.process_time()
    assert len(select(made, "+s2999", {})) == 3000
    assert len(select(made, "s1* and not path:data/10*.csv", {})) > 900
    assert len(select(made, "reads:data/**", {})) == 3000
    assert len(select(made, ",".join(f"s{n}" for n in range(3000)), {})) == 3000
    assert time.process_time() - started < 2
