"""What a command runs: the file, and where in the project it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelinekit.graph.graph import Graph
from pipelinekit.project.project import Project
from pipelinekit.resolve.index import Index
from pipelinekit.scripts.programs import Script, all_scripts, command_place

FILES = [
    "train.py",
    "src/train.py",
    "src/pkg/__init__.py",
    "src/pkg/model.py",
    "src/pkg/__main__.py",
    "lib/tool.py",
    "app/cli.py",
    "run.sh",
    "analyze.R",
    "notebook.ipynb",
    "sub/step.py",
]
PYPROJECT = '[project.scripts]\nmytool = "app.cli:main"\n[tool.poetry.scripts]\nother = "pkg.model:run"\n'

RUNS = {
    # interpreters
    "python train.py --lr 1": "train.py",
    "python3.11 -u -W ignore src/train.py": "src/train.py",
    "python -X dev train.py": "train.py",
    "/usr/bin/python3 train.py": "train.py",
    "ipython train.py": "train.py",
    "bash run.sh a b": "run.sh",
    "bash -x run.sh": "run.sh",
    "sh ./run.sh": "run.sh",
    "source run.sh": "run.sh",
    ". ./run.sh": "run.sh",
    "./run.sh": "run.sh",
    "Rscript --vanilla analyze.R": "analyze.R",
    "R CMD BATCH analyze.R": "analyze.R",
    "R --no-save --file=analyze.R": "analyze.R",
    "papermill notebook.ipynb out.ipynb -p a 1": "notebook.ipynb",
    "jupyter nbconvert --to html --execute notebook.ipynb": "notebook.ipynb",
    "quarto render notebook.ipynb": "notebook.ipynb",
    "perl -w run.sh": "run.sh",
    # modules
    "python -m src.train": "src/train.py",
    "python -m pkg.model": "src/pkg/model.py",
    "python -m pkg": "src/pkg/__main__.py",
    "python -um src.train": "src/train.py",
    "PYTHONPATH=lib python -m tool": "lib/tool.py",
    "PYTHONPATH=a:lib python -m tool": "lib/tool.py",
    "env PYTHONPATH=lib python -m tool": "lib/tool.py",
    # wrappers
    "uv run train.py": "train.py",
    "uv run python train.py": "train.py",
    "uv run --with pandas --extra dev python -m src.train": "src/train.py",
    "poetry run python train.py": "train.py",
    "pipenv run python train.py": "train.py",
    "conda run -n ml --no-capture-output python train.py": "train.py",
    "pdm run python train.py": "train.py",
    "torchrun --nproc_per_node 2 --standalone train.py --epochs 3": "train.py",
    "torchrun -m src.train": "src/train.py",
    "accelerate launch --config_file c.yaml train.py": "train.py",
    "accelerate launch --num_processes=2 train.py": "train.py",
    "coverage run --source src train.py": "train.py",
    "coverage run -m src.train": "src/train.py",
    "nice -n 10 python train.py": "train.py",
    "time python train.py": "train.py",
    "timeout 1h python train.py": "train.py",
    "nohup python train.py": "train.py",
    "env A=1 B=2 python train.py": "train.py",
    "CUDA_VISIBLE_DEVICES=0 python train.py": "train.py",
    "calkit xenv -n main -- Rscript analyze.R": "analyze.R",
    "mpirun -np 4 python train.py": "train.py",
    "uv run nice -n 5 env X=1 python train.py": "train.py",
    "spark-submit --master local train.py": "train.py",
    "streamlit run train.py": "train.py",
    # folders
    "cd src && python train.py": "src/train.py",
    "cd src; cd ..; python train.py": "train.py",
    "mkdir -p out && python train.py > out/log": "train.py",
    # console scripts
    "mytool --x": "app/cli.py",
    "uv run mytool": "app/cli.py",
    "other": "src/pkg/model.py",
}

RUNS_NOTHING = [
    "python -c 'import train'",
    "python -c'import train'",
    "python - < train.py",
    "python",
    "python -m pytest tests",
    "python -m json.tool train.py",
    "python $SCRIPT",
    "python ${script}",
    "bash -c 'python train.py'",
    "jupyter nbconvert --to script notebook.ipynb",
    "jupyter lab",
    "Rscript -e 'source(\"analyze.R\")'",
    "echo train.py",
    "cd $DIR && python train.py",
    "wget https://example.com/train.py",
    "unknown-tool train.py",
    "poetry install",
    "uv sync",
    "/usr/bin/env",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    (root / ".dvc").mkdir()
    (root / "pyproject.toml").write_text(PYPROJECT)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    return root


def scripts_of(folder: Path, command: str, wdir: str = ".") -> list[Script]:
    text = (
        f"stages:\n  a:\n    wdir: {wdir}\n    cmd: {command!r}\n"
        if "'" not in command
        else (f"stages:\n  a:\n    wdir: {wdir}\n    cmd: |-\n      {command}\n")
    )
    project = Project(str(folder)).overlaid({"dvc.yaml": text})
    graph = Graph(Index(project))
    (found,) = graph.derived(all_scripts).values()
    return found


@pytest.mark.parametrize("command", RUNS)
def test_command_runs_a_file_of_the_project(command: str, folder: Path) -> None:
    assert [script.path for script in scripts_of(folder, command)] == [RUNS[command]]


@pytest.mark.parametrize("command", RUNS_NOTHING)
def test_command_runs_nothing_that_is_known(command: str, folder: Path) -> None:
    assert scripts_of(folder, command) == []


def test_paths_are_relative_to_the_folder_of_the_stage(folder: Path) -> None:
    assert [script.path for script in scripts_of(folder, "python step.py", "sub")] == ["sub/step.py"]
    assert [script.path for script in scripts_of(folder, "python ../train.py", "sub")] == ["train.py"]
    assert [script.path for script in scripts_of(folder, "python ../../x.py", "sub")] == ["../x.py"]
    assert [script.path for script in scripts_of(folder, f"python {folder}/train.py")] == ["train.py"]


def test_missing_files_are_known_but_installed_modules_are_not(folder: Path) -> None:
    assert [script.path for script in scripts_of(folder, "python gone.py")] == ["gone.py"]
    assert [script.path for script in scripts_of(folder, "python -m src.gone")] == ["src/gone.py"]
    assert scripts_of(folder, "python -m installed.module") == []


def test_what_an_earlier_part_may_have_made(folder: Path) -> None:
    (script,) = scripts_of(folder, "git clone https://example.com/x && python x/run.py")
    assert script.may_be_made
    (script,) = scripts_of(folder, "mkdir -p a && python x/run.py")
    assert not script.may_be_made


def test_every_line_and_item_counts(folder: Path) -> None:
    text = (
        "stages:\n"
        "  a:\n    cmd:\n    - python train.py\n    - |\n      cd src\n      python train.py\n"
        "  b:\n    cmd: |\n      bash run.sh\n      Rscript analyze.R\n"
    )
    graph = Graph(Index(Project(str(folder)).overlaid({"dvc.yaml": text})))
    found = [[script.path for script in scripts] for scripts in graph.derived(all_scripts).values()]
    assert found == [["train.py", "src/train.py"], ["run.sh", "analyze.R"]]


@pytest.mark.parametrize(
    "text",
    [
        "stages:\n  a:\n    cmd: python src/train.py --data x\n",
        "stages:\n  a:\n    cmd: 'python src/train.py'\n",
        'stages:\n  a:\n    cmd: "python src/train.py"\n',
        "stages:\n  a:\n    cmd: >-\n      uv run\n      python src/train.py\n",
        "stages:\n  a:\n    cmd:\n    - echo\n    - python src/train.py\n",
        "stages:\n  a:\n    cmd: |\n      echo\n      python src/train.py\n",
    ],
)
def test_place_of_a_script_is_its_word(text: str, folder: Path) -> None:
    graph = Graph(Index(Project(str(folder)).overlaid({"dvc.yaml": text})))
    ((stage, (script,)),) = graph.derived(all_scripts).items()
    place = command_place(stage, script.command, script.word.text or "")
    assert text[place.start : place.end] == "src/train.py"
