"""Arguments: what a command passes is bound to the names that the script uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scripts.python.scripts import uses

ARGPARSE = """
    import argparse
    from pathlib import Path
    def parse():
        parser = argparse.ArgumentParser()
        group = parser.add_argument_group("files")
        parser.add_argument("input")
        group.add_argument("-o", "--out-file", type=Path, default="out.csv")
        parser.add_argument("--names", nargs="+", default=["n.csv"])
        parser.add_argument("--extra", dest="more")
        parser.add_argument("--flag", action="store_true")
        parser.add_argument("--each", action="append")
        return parser.parse_args()
    def main(args):
        open(args.input)
        open(args.out_file, "w")
        for name in args.names:
            open(name)
        if args.more:
            open(args.more)
        if args.flag:
            open("flag")
        for name in args.each or []:
            open(name)
    if __name__ == "__main__":
        main(parse())
"""

PASSED = {
    "in.csv": ["in.csv", ">out.csv", "n.csv"],
    "in.csv -o x.csv": ["in.csv", ">x.csv", "n.csv"],
    "-ox.csv in.csv": ["in.csv", ">x.csv", "n.csv"],
    "in.csv --out-file=x.csv": ["in.csv", ">x.csv", "n.csv"],
    "in.csv --out-f x.csv": ["in.csv", ">x.csv", "n.csv"],
    "in.csv --names a b": ["in.csv", ">out.csv", "a", "b"],
    "--names a b -- in.csv": ["in.csv", ">out.csv", "a", "b"],
    "in.csv --flag --extra more.csv": ["in.csv", ">out.csv", "n.csv", "more.csv", "flag"],
    "in.csv --each a --each b": ["in.csv", ">out.csv", "n.csv", "a", "b"],
    "$INPUT --out-file $OUT": ["?", ">?", "flag"],
    "in.csv --out-file $OUT": ["in.csv", ">?", "n.csv"],
}


@pytest.mark.parametrize("words", PASSED)
def test_argparse(words: str, tmp_path: Path) -> None:
    found = [use.removesuffix(" maybe").replace("write ", ">").replace("read ", "") for use in read(tmp_path, words)]
    assert list(dict.fromkeys(found)) == PASSED[words]


def read(folder: Path, words: str, code: str = ARGPARSE) -> list[str]:
    return uses(folder, code, f"python script.py {words}")


def test_argparse_with_subcommands(tmp_path: Path) -> None:
    code = """
        import argparse
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers(dest="command")
        train = commands.add_parser("train")
        train.add_argument("--data", default="data.csv")
        train.set_defaults(run=lambda args: open(args.data))
        test = commands.add_parser("test")
        test.set_defaults(run=lambda args: open("test.csv"))
        args = parser.parse_args()
        args.run(args)
        if args.command == "train":
            open("model", "w")
    """
    assert read(tmp_path, "train --data x.csv", code) == ["read x.csv", "write model"]
    assert read(tmp_path, "test", code) == ["read test.csv"]


def test_known_arguments_and_given_lists(tmp_path: Path) -> None:
    code = """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--a", default="a.csv")
        args, rest = parser.parse_known_args()
        open(args.a)
        open(parser.parse_args(["--a", "b.csv"]).a)
        open(vars(args)["a"])
    """
    assert read(tmp_path, "", code) == ["read a.csv", "read b.csv"]


def test_files_that_argparse_opens(tmp_path: Path) -> None:
    code = """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--data", type=argparse.FileType("r"), default="d.csv")
        parser.add_argument("--out", type=argparse.FileType("w"))
        args = parser.parse_args()
        args.out.write(args.data.read())
    """
    assert read(tmp_path, "--out x", code) == ["write x", "read d.csv"]
    assert read(tmp_path, "--data - --out x", code) == ["write x"]


def test_words_of_the_command(tmp_path: Path) -> None:
    code = """
        import sys
        if len(sys.argv) != 3:
            sys.exit(1)
        source, target = sys.argv[1:]
        open(source)
        open(sys.argv[2], "w")
    """
    assert read(tmp_path, "in.csv out.csv", code) == ["read in.csv", "write out.csv"]


CLICK = """
    import click
    from pathlib import Path
    @click.command()
    @click.argument("source", type=click.Path(path_type=Path))
    @click.option("--out", "-o", "target", default="out.csv")
    @click.option("--flag/--no-flag", default=False)
    @click.option("--each", multiple=True)
    def main(source, target, flag, each):
        open(source)
        open(target, "w")
        for name in each:
            open(name)
        if flag:
            open("flag")
    if __name__ == "__main__":
        main()
"""


def test_click(tmp_path: Path) -> None:
    assert read(tmp_path, "in.csv", CLICK) == ["read in.csv", "write out.csv"]
    assert read(tmp_path, "in.csv -o x --flag", CLICK) == ["read in.csv", "write x", "read flag"]
    assert read(tmp_path, "--each a --each b in.csv", CLICK) == ["read in.csv", "write out.csv", "read a", "read b"]


def test_click_groups(tmp_path: Path) -> None:
    code = """
        import click
        @click.group()
        def cli():
            open("group")
        @cli.command("train")
        @click.option("--data", default="d.csv")
        def train_model(data):
            open(data)
        @cli.command()
        def show_it():
            open("shown")
        cli()
    """
    assert read(tmp_path, "train --data x", code) == ["read group", "read x"]
    assert read(tmp_path, "show-it", code) == ["read group", "read shown"]


def test_typer(tmp_path: Path) -> None:
    code = """
        import typer
        from pathlib import Path
        from typing_extensions import Annotated
        app = typer.Typer()
        @app.command()
        def main(
            source: Path,
            target: Annotated[Path, typer.Option("--out", "-o")] = Path("out.csv"),
            log: str = typer.Option("log.txt", "--log"),
            flag: bool = False,
        ):
            open(source)
            open(target, "w")
            open(log, "a")
            if flag:
                open("flag")
        if __name__ == "__main__":
            app()
    """
    assert read(tmp_path, "in.csv", code) == ["read in.csv", "write out.csv", "write log.txt"]
    expected = ["read in.csv", "write x", "write y", "read flag"]
    assert read(tmp_path, "in.csv -o x --log y --flag", code) == expected


def test_typer_commands_and_run(tmp_path: Path) -> None:
    code = """
        import typer
        app = typer.Typer()
        @app.command()
        def one(x: str = "1"):
            open(x)
        @app.command("second")
        def two(x: str):
            open(x)
        app()
    """
    assert read(tmp_path, "one", code) == ["read 1"]
    assert read(tmp_path, "second 2", code) == ["read 2"]
    assert read(tmp_path, "--x a", "import typer\ndef main(x: str = 'b'): open(x)\ntyper.run(main)") == ["read a"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a.csv", ["read a.csv", "write out"]),
        ("--path=a.csv --out b", ["read a.csv", "write b"]),
        ("a.csv b", ["read a.csv", "write b"]),
    ],
)
def test_fire(words: str, expected: list[str], tmp_path: Path) -> None:
    code = "import fire\ndef main(path, out='out'):\n    open(path)\n    open(out, 'w')\nfire.Fire(main)\n"
    assert read(tmp_path, words, code) == expected


def test_fire_components(tmp_path: Path) -> None:
    code = """
        import fire
        class Job:
            def __init__(self, folder="d"):
                self.folder = folder
            def run(self, name):
                open(f"{self.folder}/{name}")
        def other(x):
            open(x)
        fire.Fire({"job": Job, "other": other})
    """
    assert read(tmp_path, "job run a", code) == ["read d/a"]
    assert read(tmp_path, "job --folder e run a", code) == ["read e/a"]
    assert read(tmp_path, "other b", code) == ["read b"]


@pytest.mark.parametrize(
    "make",
    [
        "import simple_parsing\nconfig = simple_parsing.parse(Config)",
        "import tyro\nconfig = tyro.cli(Config)",
        """
from simple_parsing import ArgumentParser
parser = ArgumentParser()
parser.add_arguments(Config, dest="group")
config = parser.parse_args().group
""",
        "from transformers import HfArgumentParser\nconfig, = HfArgumentParser(Config).parse_args_into_dataclasses()",
    ],
)
def test_data_classes(make: str, tmp_path: Path) -> None:
    code = f"""
from dataclasses import dataclass
@dataclass
class Config:
    data: str = "d.csv"
    out: str = "o.csv"
{make}
open(config.data)
open(config.out, "w")
"""
    assert read(tmp_path, "--out x.csv", code) == ["read d.csv", "write x.csv"]


def test_hydra(tmp_path: Path) -> None:
    code = """
        import hydra
        @hydra.main(version_base=None, config_path="conf", config_name="config")
        def main(cfg):
            open(cfg.data.path)
            open(cfg["out"], "w")
        if __name__ == "__main__":
            main()
    """
    files = {
        "conf/config.yaml": "defaults:\n- data: small\n- _self_\nout: out.csv\n",
        "conf/data/small.yaml": "path: small.csv\n",
        "conf/data/large.yaml": "path: large.csv\n",
    }
    assert uses(tmp_path, code, files=files) == ["read small.csv", "write out.csv"]
    assert uses(tmp_path, code, "python script.py data=large", files=files) == ["read large.csv", "write out.csv"]
    assert uses(tmp_path, code, "python script.py out=x", files=files) == ["read small.csv", "write ?"]


def test_console_scripts(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nname = "p"\n[project.scripts]\ntool = "pkg.cli:main"\n',
        "src/pkg/__init__.py": "",
        "src/pkg/cli.py": "import argparse\ndef main():\n    p = argparse.ArgumentParser()\n"
        "    p.add_argument('x')\n    open(p.parse_args().x)\nif __name__ == '__main__':\n    open('never')\n",
    }
    assert uses(tmp_path, "", "tool a.csv", files=files) == ["read a.csv"]


def test_parameters_of_papermill(tmp_path: Path) -> None:
    import json

    cells = [
        {"cell_type": "code", "metadata": {}, "source": ["first = 'f.csv'"]},
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["data = 'd.csv'\n", "year = 1"]},
        {"cell_type": "code", "metadata": {}, "source": ["open(first)\n", "open(data)\n", "open(f'{year}.csv')"]},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4, "metadata": {}})
    (tmp_path / "n.ipynb").write_text(text, encoding="utf-8")
    assert uses(tmp_path, "", "papermill n.ipynb o.ipynb") == ["read f.csv", "read d.csv", "read 1.csv"]
    passed = uses(tmp_path, "", "papermill -p data x.csv -p year 2 n.ipynb o.ipynb")
    assert passed == ["read f.csv", "read x.csv", "read 2.csv"]
    assert uses(tmp_path, "", "papermill n.ipynb o.ipynb -f p.yaml") == ["read f.csv", "read ?"]
