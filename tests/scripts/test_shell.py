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
    "echo $(date) `date` $((1+1)) $X ${X}": ["echo ? ? ? ? ?"],
    "python ${script} --out ${item.path}/x": ["python ? --out ?"],
    "if [ -f x ]; then a; else b; fi": ["a", "b"],
    "for i in 1 2; do python x.py $i; done": ["python x.py ?"],
    "while read l; do a; done < list": ["read l", "a <list"],
    "! a": ["a"],
    "{ a; b; }": ["a", "b"],
    "a &": ["a"],
    "python x.py <<EOF\nhello\nEOF": ["python x.py"],
    "cat <<< word": ["cat"],
    "ü 'ö' > ä && b": ["ü ö >ä", "b"],
    "f() { a; }; f": ["f"],
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
