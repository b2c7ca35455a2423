"""The files of the project that one simple command runs: scripts, modules, notebooks, whatever wraps them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pipelinekit.project.paths import join
from pipelinekit.project.project import Project
from pipelinekit.scripts.arguments import Arguments, read_arguments, valued
from pipelinekit.scripts.console_scripts import console_scripts
from pipelinekit.scripts.invocations import Invocation, inner_folder
from pipelinekit.scripts.python_commands import run_by_module, run_by_python
from pipelinekit.scripts.script import PYTHON, Run, Script
from pipelinekit.scripts.shell import Word
from pipelinekit.scripts.wrappers import Unwrapped, unwrapped

__all__ = ["Running", "Script", "running"]


class Running(NamedTuple):
    """A command, and what runs in the end."""

    invocation: Invocation
    #: the words and the environment of the program behind `uv run`, `env`…
    inner: Unwrapped
    #: the folder that it runs in, relative to the project; None if unknown
    folder: str | None
    #: the files of the project that it runs itself; what those run in turn is another matter
    scripts: list[Script]


def running(invocation: Invocation, project: Project) -> Running:
    """What a command runs."""
    inner = unwrapped(invocation.parsed)
    folder = inner_folder(invocation.folder, inner.folder, project.root)
    words = inner.words
    if folder is None or not words:
        return Running(invocation, inner, folder, [])
    if words[0].text is None:
        # `$PYTHON x.py`: whatever Python that is, it runs the file
        if not _PYTHON_VARIABLE.match(invocation.line[words[0].start : words[0].end]):
            return Running(invocation, inner, folder, [])
        words = (words[0]._replace(text="python"), *words[1:])
    scripts = list(_scripts(Run(words, inner.environment, folder, invocation, project)))
    return Running(invocation, inner, folder, scripts)


def _scripts(run: Run) -> Iterator[Script]:
    program, name = run.words[0].text or "", run.name
    if PYTHON.match(name):
        yield from run_by_python(run)
    elif name in _SPECIAL:
        yield from _SPECIAL[name](run)
    elif name in _INTERPRETERS:
        yield from _interpreted(run)
    elif "/" in program:
        if _PROGRAM.match(program) and not program.startswith("/") and not _is_installed(program):
            yield from run.file(run.words[0], run.words[1:], program="")
    else:
        yield from _console_script(run)


_PYTHON_VARIABLE = re.compile(r"\"?\$\{?\w*PY(?:THON)?\w*\}?\"?\Z", re.IGNORECASE)
_PROGRAM = re.compile(r"[\w.][\w.@+-]*(?:/[\w.@+ -]+)*\Z|\.{0,2}(?:/[\w.@+ -]+)+\Z")


def _is_installed(program: str) -> bool:
    """Whether a program lies in an environment rather than among the project's own files."""
    return any(part in _ENVIRONMENTS for part in program.split("/"))


_ENVIRONMENTS = frozenset({"venv", ".venv", "env", ".env", "node_modules", ".tox", ".nox", ".pixi", ".conda", "target"})

# --- interpreters ---------------------------------------------------------------------------------------------

#: Interpreters of a script, with their options that take a value.
_INTERPRETERS: dict[str, dict[str, int]] = {
    "bash": valued("-o -O +o +O --rcfile --init-file"),
    "sh": valued("-o +o"),
    "zsh": valued("-o +o"),
    "dash": valued("-o +o"),
    "ksh": valued("-o +o"),
    "fish": {},
    "source": {},
    ".": {},
    "julia": valued("-t --threads -p --procs -J --sysimage -L --load -C --cpu-target -H --home --machine-file"),
    "perl": valued("-I"),
    "ruby": valued("-I -r -C"),
    "node": valued("-r --require --import --env-file --loader"),
    "ts-node": valued("-P --project -r --require -O"),
    "tsx": {},
    "php": valued("-d -c"),
    "lua": valued("-l"),
    "octave": valued("-p --path"),
    "octave-cli": valued("-p --path"),
    "gnuplot": valued("-d"),
    "sas": {},
    "spark-submit": valued(
        "--master --deploy-mode --class --name --jars --packages --exclude-packages --repositories --py-files --files"
        " --archives --conf -c --properties-file --driver-memory --driver-java-options --driver-library-path"
        " --driver-class-path --driver-cores --executor-memory --proxy-user --num-executors --executor-cores --queue"
        " --total-executor-cores --principal --keytab"
    ),
}
_INLINE = frozenset({"-c", "-e", "-E", "-r", "--eval", "--expression", "--print", "-p", "-n"})
_WITHOUT_FILE: dict[str, frozenset[str]] = {
    "bash": frozenset({"-c", "-s"}),
    "sh": frozenset({"-c", "-s"}),
    "zsh": frozenset({"-c", "-s"}),
    "dash": frozenset({"-c", "-s"}),
    "ksh": frozenset({"-c", "-s"}),
    "fish": frozenset({"-c"}),
    "julia": frozenset({"-e", "-E", "--eval", "--print"}),
    "perl": frozenset({"-e", "-E"}),
    "ruby": frozenset({"-e"}),
    "node": frozenset({"-e", "-p", "--eval", "--print"}),
    "php": frozenset({"-r"}),
    "lua": frozenset({"-e"}),
    "octave": frozenset({"--eval"}),
    "octave-cli": frozenset({"--eval"}),
    "gnuplot": frozenset({"-e"}),
}


def _interpreted(run: Run) -> Iterator[Script]:
    arguments = read_arguments(run.words[1:], _INTERPRETERS[run.name], to_operand=True)
    if arguments.has(*_WITHOUT_FILE.get(run.name, ())):
        return
    yield from run.first_or_input(arguments)


def _subcommand(*names: str, options: str = "") -> Callable[[Run], Iterator[Script]]:
    """Programs of which one subcommand runs a file: `deno run x.ts`, `nextflow run x.nf`."""
    table = valued(options)

    def read(run: Run) -> Iterator[Script]:
        before = read_arguments(run.words[1:], table, to_operand=True).operands
        if before and before[0].text in names:
            operands = read_arguments(before[1:], table, to_operand=True).operands
            if operands and "." in (operands[0].text or ""):
                yield from run.file(operands[0], operands[1:])

    return read


def _operand_with(*suffixes: str, options: str = "") -> Callable[[Run], Iterator[Script]]:
    """Programs that run every operand of a kind: `pytest tests/test_x.py`."""
    table = valued(options)

    def read(run: Run) -> Iterator[Script]:
        for word in read_arguments(run.words[1:], table).operands:
            file, sign, _ = (word.text or "").partition("::")
            if file.endswith(suffixes):
                yield from run.file(Word(file, word.start, word.end) if sign else word)

    return read


def _option_file(*names: str, options: str = "") -> Callable[[Run], Iterator[Script]]:
    """Programs that take their script behind an option: `awk -f x.awk`."""
    table = {**valued(options), **dict.fromkeys(names, 1)}

    def read(run: Run) -> Iterator[Script]:
        for word in read_arguments(run.words[1:], table).values(*names):
            yield from run.file(word)

    return read


def _r(run: Run) -> Iterator[Script]:
    """`Rscript x.R`, `R -f x.R`, `R CMD BATCH x.R`, `Rscript -e 'source("x.R")'`."""
    words = run.words[1:]
    if run.name == "R" and len(words) > 1 and words[0].text == "CMD" and words[1].text == "BATCH":
        operands = read_arguments(words[2:], {}).operands
        yield from run.file(operands[0] if operands else None)
        return
    arguments = read_arguments(words, valued("-e -f --file -g --gui -d --debugger"), to_operand=run.name != "R")
    if arguments.has("-e"):
        yield from _r_expressions(run, arguments)
        return
    file = arguments.value("-f", "--file")
    if file is not None:
        yield from run.file(file)
    elif run.name != "R" or not arguments.operands:
        yield from run.first_or_input(arguments)


def _r_expressions(run: Run, arguments: Arguments) -> Iterator[Script]:
    from pipelinekit.scripts.r_source import run_by_expression

    for word in arguments.values("-e"):
        for path in run_by_expression(word.text or ""):
            yield from run.file(word._replace(text=path), may_be_made=True)


def _matlab(run: Run) -> Iterator[Script]:
    """`matlab -batch "run('x.m')"` or `-batch x`, if that is a file here."""
    arguments = read_arguments(run.words[1:], valued("-batch -r -sd -logfile"))
    for word in arguments.values("-batch", "-r"):
        for statement in re.split(r"[;,\n]", word.text or ""):
            match = re.fullmatch(r"\s*(?:run\(\s*['\"]([^'\"]+)['\"]\s*\)|([A-Za-z]\w*)(?:\(\))?)\s*", statement)
            if match is None:
                continue
            name = match[1] or match[2]
            path = name if name.endswith(".m") else f"{name}.m"
            if run.project.disk.kind(join(run.folder, path, run.project.root)) == "file":
                yield from run.file(word._replace(text=path))


_SNAKEMAKE = valued(
    "-s --snakefile -j --jobs --cores -c --configfile --configfiles -C --config -d --directory --profile --until -U"
    " --omit-from -O --resources --set-threads --latency-wait -w --conda-prefix --forcerun -R --allowed-rules"
)


def _snakemake(run: Run) -> Iterator[Script]:
    arguments = read_arguments(run.words[1:], _SNAKEMAKE)
    named = arguments.value("-s", "--snakefile")
    if named is not None:
        yield from run.file(named)
        return
    for path in ("Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile"):
        if run.project.disk.kind(join(run.folder, path, run.project.root)) == "file":
            yield from run.file(run.words[0]._replace(text=path))
            return


MAKE_OPTIONS = valued("-f --file --makefile -C --directory -I -j*0 --jobs*0 -l*0 -o -W -O*0 --eval")


def _make(run: Run) -> Iterator[Script]:
    arguments = read_arguments(run.words[1:], MAKE_OPTIONS)
    folder: str | None = run.folder
    for word in arguments.values("-C", "--directory"):
        folder = inner_folder(folder, word.text, run.project.root)
    if folder is None or arguments.has("-n", "--dry-run", "--version", "--help"):
        return
    inside = run._replace(folder=folder)
    named = arguments.value("-f", "--file", "--makefile")
    if named is not None:
        yield from inside.file(named, run.words[1:], program="make")
        return
    for name in ("GNUmakefile", "makefile", "Makefile"):
        path = join(folder, name, run.project.root)
        if run.project.disk.kind(path) == "file":
            yield inside.script(path, run.words[0], run.words[1:], program="make")
            return


# --- notebooks ------------------------------------------------------------------------------------------------

NBCONVERT = valued(
    "--to --output --output-dir --config --template --template-file --writer --post --nbformat --log-level"
    " --reveal-prefix"
)
PAPERMILL = valued(
    "-p*2 --parameters*2 -r*2 --parameters_raw*2 -f --parameters_file -y --parameters_yaml -b --parameters_base64"
    " -k --kernel -l --language --cwd --engine --start-timeout --start_timeout --execution-timeout"
    " --autosave-cell-every --request-save-on-cell-execute --stdout-file --stderr-file"
)
JUPYTEXT = valued(
    "--to --from -o --output --set-kernel -k --pipe --pipe-fmt --check --update-metadata --opt --set-formats"
)


def _papermill(run: Run) -> Iterator[Script]:
    arguments = read_arguments(run.words[1:], PAPERMILL)
    if arguments.operands and not arguments.has("--prepare-only"):
        cwd = arguments.value("--cwd")
        notebook = arguments.operands[0]
        for script in run.file(notebook, tuple(word for word in run.words[1:] if word is not notebook)):
            inner = run.folder if cwd is None else inner_folder(run.folder, cwd.text, run.project.root)
            if inner is not None:
                yield script._replace(folder=inner)


def _jupyter(run: Run) -> Iterator[Script]:
    """`jupyter nbconvert --execute x.ipynb`: converting without running it is no run of it."""
    arguments = read_arguments(run.words[1:], NBCONVERT)
    if not arguments.operands:
        return
    subcommand, *operands = arguments.operands
    executes = arguments.has("--execute") if subcommand.text == "nbconvert" else subcommand.text in ("execute", "run")
    if executes:
        for word in operands:
            if (word.text or "").endswith((".ipynb", ".md", ".py", ".qmd", ".Rmd")):
                yield from run.file(word)


def _jupytext(run: Run) -> Iterator[Script]:
    arguments = read_arguments(run.words[1:], JUPYTEXT)
    if arguments.has("--execute"):
        for word in arguments.operands:
            yield from run.file(word)


def _quarto(run: Run) -> Iterator[Script]:
    operands = read_arguments(run.words[1:], valued("--to -t --output -o --output-dir -P -M --profile")).operands
    if operands and operands[0].text in ("render", "run"):
        for word in operands[1:]:
            if posixpath.splitext(word.text or "")[1]:
                yield from run.file(word)


def _zntrack(run: Run) -> Iterator[Script]:
    """`zntrack run package.module.Class`."""
    operands = read_arguments(run.words[1:], valued("--name")).operands
    if len(operands) > 1 and operands[0].text == "run":
        module, dot, _ = (operands[1].text or "").rpartition(".")
        if dot:
            yield from run_by_module(run, operands[1]._replace(text=module), operands[2:])


_SPECIAL: dict[str, Callable[[Run], Iterator[Script]]] = {
    "R": _r,
    "Rscript": _r,
    "littler": _r,
    "matlab": _matlab,
    "snakemake": _snakemake,
    "make": _make,
    "gmake": _make,
    "papermill": _papermill,
    "jupyter": _jupyter,
    "jupyter-nbconvert": lambda run: _jupyter(
        run._replace(words=(run.words[0], Word("nbconvert", 0, 0), *run.words[1:]))
    ),
    "jupytext": _jupytext,
    "quarto": _quarto,
    "pytest": _operand_with(
        ".py", options="-k -m -c -o -p -n --rootdir --cov --cov-report --junitxml --maxfail --ignore"
    ),
    "awk": _option_file("-f", "--file", options="-F -v"),
    "gawk": _option_file("-f", "--file", options="-F -v"),
    "stata": _operand_with(".do"),
    "stata-mp": _operand_with(".do"),
    "stata-se": _operand_with(".do"),
    "deno": _subcommand("run"),
    "bun": _subcommand("run"),
    "go": _subcommand("run"),
    "nextflow": _subcommand("run", options="-c -C -log"),
    "zntrack": _zntrack,
    "marimo": _subcommand("run", "export", "edit"),
}


def _console_script(run: Run) -> Iterator[Script]:
    """A program that the project itself defines."""
    word = run.words[0]
    if word.text in _COMMON:
        return
    target = console_scripts(run.project, run.folder).get(word.text or "")
    if target is not None:
        yield run.script(
            target.path,
            word,
            run.words[1:],
            is_module=True,
            may_be_made=True,
            function=target.function,
        )


#: Programs that no project defines, so that its `pyproject.toml` need not be read to know.
_COMMON = frozenset(
    {"cd", "cp", "mv", "rm", "mkdir", "echo", "cat", "touch", "wget", "curl", "unzip", "tar", "git", "dvc", "sed"}
)
