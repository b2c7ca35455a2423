"""Which files commands read, write and remove."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.scripts.commands import all_command_accesses
from pipelinekit.scripts.file_uses.programs import uses_of
from pipelinekit.scripts.programs import unwrap
from pipelinekit.scripts.shell import parse_command
from tests.scripts.stages import graph_of, stage_of, write_files

#: What a command reads (`<`), writes (`>`) and removes (`-`); `/` at the end of a folder that it fills.
USES = {
    "cat a b": "<a <b",
    "cat -n a - b": "<a <b",
    "head -n 5 a": "<a",
    "head -5 a": "<a",
    "sort -t , -k 2 a -o b": "<a >b",
    "sort --output=b a": "<a >b",
    "uniq a b": "<a >b",
    "cut -d, -f1 a": "<a",
    "wc -l a": "<a",
    "sha256sum -c sums": "<sums",
    "grep -v x a b": "<a <b",
    "grep -e x -f patterns a": "<patterns <a",
    "sed 's/a/b/' x": "<x",
    "sed -n -e 's/a/b/' -e p x": "<x",
    "sed -i 's/a/b/' x": "<x >x",
    "sed -i.bak 's/a/b/' x": "<x >x",
    "sed -i '' 's/a/b/' x": "<x >x",
    "awk -F , '{print $1}' x FS=: y": "<x <y",
    "jq -r .a x.json": "<x.json",
    "jq --arg n v --slurpfile s t.json .a x.json": "<t.json <x.json",
    "yq -i e '.a = 1' x.yaml": "<x.yaml >x.yaml",
    "tee -a x y": ">x >y",
    "touch x": ">x",
    "rm -rf x y": "-x -y",
    "cp a.csv b.csv": "<a.csv >b.csv",
    "cp -r a b": "<a >b",
    "cp a b c/": "<a >c/ <b >c/",
    "cp -t c a b": "<a >c/ <b >c/",
    "mv a b": "<a -a >b",
    "ln -s a b": ">b",
    "rsync -av a/ b/": "<a/ >b/",
    "rsync -av host:a/x.csv b/": ">b/",
    "aws s3 cp s3://bucket/x.csv y.csv": ">y.csv",
    "aws s3 cp --recursive data s3://bucket/x": "<data",
    "aws s3 sync s3://bucket/x data": ">data",
    "gsutil -m cp gs://b/x.csv y.csv": ">y.csv",
    "tar xf a.tgz": "<a.tgz",
    "tar -xzf a.tgz -C d": "<a.tgz >d/",
    "tar xzf a.tgz -C d x.csv": "<a.tgz >d/x.csv",
    "tar czf a.tgz b c": "<b <c >a.tgz",
    "tar -cpzf a.tgz b": "<b >a.tgz",
    "unzip -o a.zip -d d": "<a.zip >d/",
    "unzip -l a.zip": "<a.zip",
    "zip -r a b": "<b >a.zip",
    "gzip a": "<a >a.gz -a",
    "gzip -k a": "<a >a.gz",
    "gzip -dc a.gz": "<a.gz",
    "gunzip a.gz": "<a.gz >a -a.gz",
    "zstd a": "<a >a.zst",
    "7z x a.7z -od": "<a.7z >d/",
    "wget https://x.org/a/b.zip": ">b.zip",
    "wget https://x.org/a/b.zip -O c.zip": ">c.zip",
    "wget -P d https://x.org/a/b.zip": ">d/b.zip",
    "wget https://x.org/a?b=c": "",
    "wget -q https://x.org": "",
    "curl -L https://x.org/b.zip -o c.zip": ">c.zip",
    "curl -sSLo c.zip https://x.org/b.zip": ">c.zip",
    "curl -LO https://x.org/b.zip": ">b.zip",
    "curl -d @a.json https://x.org": "<a.json",
    "dvc get https://x.org/r data/x.csv -o y.csv": ">y.csv",
    "dvc get https://x.org/r data/x.csv": ">x.csv",
    "dvc get-url https://x.org/x.csv y.csv": ">y.csv",
    "git clone https://x.org/a/b.git": ">b/",
    "gdown 1abc -O x.zip": ">x.zip",
    "kaggle datasets download -d a/b -p d --unzip": ">d/",
    "hf download a/b --local-dir d": ">d/",
    "papermill in.ipynb out.ipynb -p a 1": ">out.ipynb",
    "papermill -f p.yaml in.ipynb out.ipynb": "<p.yaml >out.ipynb",
    "jupyter nbconvert --to html a/x.ipynb": "<a/x.ipynb >a/x.html",
    "jupyter nbconvert --execute --to notebook x.ipynb": ">x.nbconvert.ipynb",
    "jupyter nbconvert --execute --inplace x.ipynb": ">x.ipynb",
    "jupyter nbconvert --to html x.ipynb --output r --output-dir d": "<x.ipynb >d/r.html",
    "jupytext --to notebook x.md": "<x.md >x.ipynb",
    "jupytext --to py:percent x.ipynb -o y.py": "<x.ipynb >y.py",
    "pandoc a.md --bibliography b.bib -o c.pdf": "<b.bib <a.md >c.pdf",
    "pdflatex -interaction=nonstopmode a": "<a.tex >a.pdf",
    "dot -Tpng a.dot -o b.png": "<a.dot >b.png",
    "convert a.png -resize 50% b.jpg": "<a.png >b.jpg",
    "ffmpeg -y -i a.wav -ar 16000 b.mp3": "<a.wav >b.mp3",
    "csvcut -c 1,2 a.csv": "<a.csv",
    "sqlite3 a.db 'select 1'": "<a.db",
    "sqlite3 a.db '.import b.csv t'": ">a.db <b.csv",
    "sqlite3 a.db": "",
    "duckdb -c \"copy (select * from 'a.csv') to 'b.parquet'\"": "<a.csv >b.parquet",
    "psql -f a.sql -o b.txt": "<a.sql >b.txt",
    "python -m zipfile -e a.zip d": "<a.zip >d/",
    "python -m json.tool a b": "<a >b",
    "pip install -r requirements.txt": "<requirements.txt",
    "docker build -t x .": "<./Dockerfile",
    "dd if=a of=b bs=1M": "<a >b",
    "nice -n 5 sort a -o b": "<a >b",
    "cat *.csv ~/x $F": "",
    "echo a": "",
    "python x.py a.csv": "",
    "unknown a b": "",
    "mkdir -p d": "",
    "find . -name x": "",
    "ls a": "",
}


def uses(command: str) -> str:
    signs = {"read": "<", "write": ">", "remove": "-"}
    found = []
    for parsed in parse_command(command):
        for use in uses_of(unwrap(parsed)[0]):
            text = (use.word.text or "").rstrip("/") if use.is_folder else use.word.text
            found.append(f"{signs[use.mode]}{text}{'/' if use.is_folder else ''}")
    return " ".join(found)


@pytest.mark.parametrize("command", USES)
def test_files_of_a_program(command: str) -> None:
    assert uses(command) == USES[command]


@given(st.lists(st.sampled_from([*USES, "-", "--", "-o", "-x", "=", "''", "a=b", "-C", "--output="]), max_size=4))
def test_no_arguments_are_too_odd(parts: list[str]) -> None:
    uses(" ".join(parts))


#: What lasts of a whole stage: `<` inputs, `>` outputs.
STAGES = {
    "python x.py < in.csv > out.csv 2> err.log": "<in.csv >out.csv >err.log",
    "cat a.csv | tee b.csv": "<a.csv >b.csv",
    "wget https://x.org/a.zip && unzip a.zip -d raw && rm a.zip": ">raw",
    "python x.py > a.txt && sort a.txt > b.txt": ">a.txt >b.txt",
    "cd sub && cp x.csv ../y.csv": "<sub/x.csv >y.csv",
    "cp x.csv sub": "<x.csv >sub/x.csv",
    "cp x.csv unknown": "<x.csv",
    "cp x.csv there/": "<x.csv >there/x.csv",
    "cp x.csv model": "<x.csv >model",
    "mv x.csv sub/y.csv": "<x.csv >sub/y.csv",
    "cat /etc/hosts ../outside > /tmp/x": "",
    "tar xf a.tgz -C raw && cat raw/x.csv": "<a.tgz >raw",
    "bash run.sh in.csv": "<in.csv >made/in.csv",
    "./run.sh": ">made",
    "make report": "<text.md >report.pdf",
    "Rscript fit.R": "<data.csv >fit.rds",
    "for f in a b; do sort $f.csv > $f.sorted; done": "<a.csv >a.sorted <b.csv >b.sorted",
}
FILES = {
    "sub/x.csv": "",
    "run.sh": 'mkdir -p made\ncat "$1" > made/$1\n',
    "Makefile": "OUT = report.pdf\n\n.PHONY: report\nreport: text.md\n\tpandoc $< \\\n\t  -o $(OUT)\n",
    "fit.R": 'source("lib.R")\nx <- read.csv("data.csv")\nsaveRDS(x, file.path("fit.rds"))\ny <- readRDS("fit.rds")\n',
    "lib.R": "",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    write_files(root, FILES)
    return root


@pytest.mark.parametrize("command", STAGES)
def test_what_lasts_of_a_stage(command: str, folder: Path) -> None:
    graph = graph_of(folder, command, outs=("model",))
    accesses = graph.derived(all_command_accesses)[stage_of(graph)]
    assert " ".join(f"{'<' if access.mode == 'read' else '>'}{access.path}" for access in accesses) == STAGES[command]


def test_places_are_the_words(folder: Path) -> None:
    graph = graph_of(folder, "bash run.sh in.csv && sort < 'a b.csv' -o c.csv")
    found = {
        access.path: (access.place.document.name, access.place.document.text[access.place.start : access.place.end])
        for access in graph.derived(all_command_accesses)[stage_of(graph)]
    }
    assert found == {
        "in.csv": ("run.sh", '"$1"'),
        "made/in.csv": ("run.sh", "made/$1"),
        "a b.csv": ("dvc.yaml", "a b.csv"),
        "c.csv": ("dvc.yaml", "c.csv"),
    }
