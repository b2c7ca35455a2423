from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scripts.shell import SimpleCommand, is_complete, parse_command


def shown(command: SimpleCommand) -> str:
    """`FOO=1 cat <in >out @folder`: a simple command in one line, `?` for what only a shell knows."""
    parts = [f"{name}={'?' if value is None else value}" for name, value in command.assignments]
    parts += ["?" if word.text is None else word.text for word in command.words]
    parts += [f"<{word.text}" for word in command.reads] + [f">{word.text}" for word in command.writes]
    if command.folder != ".":
        parts.append(f"@{command.folder}")
    return " ".join(parts) + (" |" if command.is_piped else "")


COMMANDS = {
    "python src/train.py --lr 0.1": ["python src/train.py --lr 0.1"],
    "  spaces   everywhere ": ["spaces everywhere"],
    "": [],
    "# nothing but a comment": [],
    "A=1 B=2 cmd": ["A=1 B=2 cmd"],
    "A=1": [],
    "A=$B cmd": ["A=? cmd"],
    "a && b; c || d": ["a", "b", "c", "d"],
    "a | b | c": ["a |", "b |", "c"],
    "a > out 2> err < in": ["a <in >out >err"],
    "a >> out 2>&1": ["a >out"],
    "a > /dev/null 2>&1": ["a"],
    "sort < in -o out": ["sort -o out <in"],
    "a 2> err b && c": ["a b >err", "c"],
    "< in a b": ["a b <in"],
    "a &> both": ["a >both"],
    "a && b > out": ["a", "b >out"],
    "cd src && python x.py": ["cd src", "python x.py @src"],
    "cd a; cd b; c": ["cd a", "cd b @a", "c @a/b"],
    "(cd a; b); c": ["cd a", "b @a", "c"],
    "cd $X && b": ["cd ?", "b @None"],
    "cd && b": ["cd", "b @None"],
    "cd ~/x && b": ["cd ?", "b @None"],
    'echo \'it is\' "so $far" "and so"': ["echo it is ? and so"],
    "echo 'a'\"b\"c": ["echo abc"],
    "echo a\\ b": ["echo a b"],
    "echo *.csv ~/x {a,b} [ab]": ["echo ? ? ? ?"],
    "echo $(date) `date` $((1+1)) $X ${X}": ["date |", "date |", "echo ? ? ? ? ?"],
    "python ${script} --out ${item.path}/x": ["python ? --out ?"],
    "if [ -f x ]; then a; else b; fi": ["a", "b"],
    "for i in 1 2; do python x.py $i; done": ["python x.py 1", "python x.py 2"],
    "for i in *; do python x.py $i; done": ["python x.py ?"],
    "while read l; do a; done < list": ["read l", "a <list"],
    "! a": ["a"],
    "{ a; b; }": ["a", "b"],
    "a &": ["a"],
    "python x.py <<EOF\nhello\nEOF": ["python x.py"],
    "cat <<< word": ["cat"],
    "ü 'ö' > ä && b": ["ü ö >ä", "b"],
    "f() { a; }; f": ["a"],
    "f() { a $1 \"$@\"; }; f x 'y z'": ["a x x y z"],
    "f() { f; }; f": [],
    "X='a b'; p $X; p \"$X\"": ["p a b", "p a b"],
    "A=(a 'b c'); p \"${A[@]}\" ${A[1]}": ["p a b c b c"],
    "F=data/x.csv; p ${F%.csv}.txt ${F##*/} ${F/x/y}": ["p data/x.txt x.csv data/y.csv"],
    "F=d/x.csv; p $(dirname $F) $(basename $F .csv)": ["dirname d/x.csv |", "basename d/x.csv .csv |", "p d x"],
    "if a; then X=1; fi; p $X": ["a", "p ?"],
    "X=1; (X=2); p $X": ["p 1"],
    "X=1; while a; do X=2; done; p $X": ["a", "p ?"],
    "if [ a = a ]; then b; else c; fi": ["b"],
    "case b in a) x;; b) y;; esac": ["y"],
    "export A=1; cmd": ["A=1 cmd"],
    "a <(b c) > >(d)": ["d |", "b c |", "a ?"],
    "cat <<EOF | b > x && c\n$A\nEOF": ["cat |", "b >x", "c"],
    "X=1; source y; p $X": ["source y", "p ?"],
    "set -- a b; p $2; shift; p $1": ["set -- a b", "p b", "shift", "p b"],
    "echo {} {x} a{1,2} {1..3}": ["echo {} {x} ? ?"],
    "pushd a; b; popd; c": ["pushd a", "b @a", "popd @a", "c"],
    "echo ünicode; python x.py": ["echo ünicode", "python x.py"],
}


@pytest.mark.parametrize("line", COMMANDS)
def test_simple_commands(line: str) -> None:
    assert [shown(command) for command in parse_command(line)] == COMMANDS[line]


@pytest.mark.parametrize("line", ["python x.py --a b", "echo 'ü' && python 'x y.py'", 'a "b c" > "d e"'])
def test_offsets_lead_back_to_the_words(line: str) -> None:
    for command in parse_command(line):
        for word in (*command.words, *command.writes):
            assert word.text is not None
            assert shlex.split(line[word.start : word.end]) == [word.text]


@given(
    st.lists(
        st.text(st.sampled_from(list("abc/._-=:,@%+ '\"\\$*~|&;<>(){}[]#é\n")), min_size=1, max_size=8), max_size=5
    )
)
def test_quoted_words_are_read_as_shlex_reads_them(words: list[str]) -> None:
    line = " ".join(["echo", *map(shlex.quote, words)])
    (command,) = parse_command(line)
    assert [word.text for word in command.words] == ["echo", *words]


@given(st.text(max_size=60))
def test_any_text_is_parsed(text: str) -> None:
    for command in parse_command(text):
        for word in command.words:
            assert 0 <= word.start <= word.end <= len(text)


@pytest.mark.parametrize(
    ("line", "complete"),
    [
        ("python x.py", True),
        ("if [ -f x ]; then a; fi", True),
        ("echo 'a b'", True),
        ("if [ -f x ]; then", False),
        ("then", False),
        ("done", False),
        ("for i in 1 2", False),
        ("echo 'open", False),
        ("(cd a", False),
        ("a |", False),
        ("}", False),
    ],
)
def test_complete_lines(line: str, complete: bool) -> None:
    assert is_complete(line) == complete
