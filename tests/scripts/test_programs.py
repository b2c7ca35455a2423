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
    "job.m",
    "app/job.m",
    "pkgdir/__main__.py",
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
    # code and commands in words
    "python -c 'import train'": "train.py",
    "python -c'import train'": "train.py",
    "python -c 'from pkg.model import run; run()'": "src/pkg/model.py",
    "python -c 'from pkg import model'": "src/pkg/model.py",
    "python - < train.py": "train.py",
    "python < train.py": "train.py",
    "bash -c 'python train.py'": "train.py",
    "bash -c 'cd src && python train.py'": "src/train.py",
    "bash -lc 'python train.py'": "train.py",
    "sh -c 'bash -c \"python train.py\"'": "train.py",
    "eval 'python train.py'": "train.py",
    "ls | xargs python train.py": "train.py",
    "ls | xargs -n 1 -P 4 python train.py --file": "train.py",
    "parallel 'python train.py {}' ::: a b": "train.py",
    "find . -name x -exec python train.py {} \\;": "train.py",
    "Rscript -e 'source(\"analyze.R\")'": "analyze.R",
    "Rscript -e 'rmarkdown::render(input = \"analyze.R\", quiet = TRUE)'": "analyze.R",
    "R --no-save < analyze.R": "analyze.R",
    "R -q -f analyze.R": "analyze.R",
    # variables, loops, functions
    "S=src/train.py; python $S --x": "src/train.py",
    "S=src && python $S/train.py": "src/train.py",
    "for s in train; do python src/$s.py; done": "src/train.py",
    'run() { python "$1.py" $2; }; run train 3': "train.py",
    "X=$(python train.py)": "train.py",
    "if [ -f a ]; then python train.py; fi": "train.py",
    "export PYTHONPATH=lib; python -m tool": "lib/tool.py",
    # wrappers, once more
    "python -m torch.distributed.run --nproc_per_node 2 train.py": "train.py",
    "python -m torch.distributed.launch -m src.train": "src/train.py",
    "python -m cProfile -o prof.out train.py": "train.py",
    "python -m papermill notebook.ipynb out.ipynb": "notebook.ipynb",
    "python -m coverage run train.py": "train.py",
    "uv run --directory src train.py": "src/train.py",
    "uv run -m src.train": "src/train.py",
    "poetry -C src run python train.py": "src/train.py",
    "conda run --cwd src -n ml python train.py": "src/train.py",
    "apptainer exec --nv image.sif python train.py": "train.py",
    "deepspeed --num_gpus 2 train.py --deepspeed c.json": "train.py",
    "papermill -p lr 0.1 -k python3 notebook.ipynb out.ipynb": "notebook.ipynb",
    "jupyter execute --inplace notebook.ipynb": "notebook.ipynb",
    "jupytext --to notebook --execute src/train.py": "src/train.py",
    "julia --project=. run.sh": "run.sh",
    "julia -t 4 run.sh": "run.sh",
    "pytest -k x train.py::test_a": "train.py",
    "awk -F , -f run.sh data.csv": "run.sh",
    "matlab -batch \"run('app/job.m')\"": "app/job.m",
    "matlab -batch job": "job.m",
    "python pkgdir": "pkgdir/__main__.py",
    # where it is
    "python $PWD/train.py": "train.py",
    'python "$(pwd)/src/train.py"': "src/train.py",
    "cd src && python ${PWD}/train.py": "src/train.py",
    "PYTHONPATH=$PYTHONPATH:lib python -m tool": "lib/tool.py",
    'export PYTHONPATH="lib:$PYTHONPATH" && python -m tool': "lib/tool.py",
    "docker run --rm -v $(pwd):/app -w /app image python train.py": "train.py",
    "docker run -v $PWD:/app:ro -w /app/src --gpus all image:1 python train.py": "src/train.py",
    # console scripts
    "mytool --x": "app/cli.py",
    "uv run mytool": "app/cli.py",
    "other": "src/pkg/model.py",
}

RUNS_NOTHING = [
    "python",
    "python -m pytest tests",
    "python -m json.tool train.py",
    "python $SCRIPT",
    "python ${script}",
    "jupyter nbconvert --to script notebook.ipynb",
    "jupyter lab",
    "echo train.py",
    "cd $DIR && python train.py",
    "wget https://example.com/train.py",
    "unknown-tool train.py",
    "python -c 'import installed'",
    "python -c 'this is not Python'",
    "bash -c 'echo train.py'",
    "bash -s < train.py | cat",
    "Rscript -e 'print(1)'",
    "matlab -batch quit",
    "ssh host python train.py",
    "docker run image python train.py",
    "docker run -v /data:/work -w /work image python train.py",
    "docker run -v $PWD:/work -w /other image python train.py",
    "X=$PWD; cd src; python $X/train.py",
    "S=$(pick); python $S",
    ".venv/bin/tool train.py",
    "jupytext --to notebook src/train.py",
    "quarto render",
    "make",
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
