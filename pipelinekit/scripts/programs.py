"""What a command runs of the project's own files: scripts, modules, notebooks, whatever wraps them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from pipelinekit.graph.graph import Graph
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import is_url, join
from pipelinekit.project.project import Project
from pipelinekit.project.toml import TomlError, parse_toml
from pipelinekit.resolve.interpolate import expression_place
from pipelinekit.resolve.stage import Stage
from pipelinekit.scripts.shell import SimpleCommand, Word, assignments_of, lines_of, parse_command
from pipelinekit.yaml.tree import Place, Scalar, Sequence


class Script(NamedTuple):
    """A file that a command runs; `path` is relative to the project, `word` stands in one line of a command."""

    path: str
    word: Word
    command: str
    line: str
    #: as the command names it: a path, or a module
    is_module: bool
    #: whether an earlier part of the command may have put the file there
    may_be_made: bool
    #: where a module could also be, tried in order; empty for a path
    alternatives: tuple[str, ...] = ()
    #: the words behind it
    arguments: tuple[Word, ...] = ()
    #: the folder it runs in, relative to the project
    folder: str = "."
    #: variables that are set for it alone (`PYTHONPATH=lib python x.py`); None: a value that only a shell knows
    environment: tuple[tuple[str, str | None], ...] = ()
    #: the scripts through which the command comes to it, the outermost first
    via: tuple[Script, ...] = ()
    #: the function that a program of the project calls in it (`main`)
    function: str | None = None


def arguments_of(script: Script) -> tuple[str | None, ...]:
    """The words that a script is given; None for one that only a shell knows."""
    return tuple(word.text for word in script.arguments)


class Invocation(NamedTuple):
    """A simple command, and where in the stage it stands."""

    parsed: SimpleCommand
    #: the folder it runs in, relative to the project; None if unknown
    folder: str | None
    command: str
    line: str
    #: whether a program ran before it that may have written any file
    after_maker: bool


#: Programs that take another command behind their own options; the options named here take a value.
_WRAPPERS: dict[str, frozenset[str]] = {
    "env": frozenset({"-u", "--unset", "-C", "--chdir"}),
    "time": frozenset({"-o", "-f"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "ionice": frozenset({"-c", "-n", "-p"}),
    "nohup": frozenset(),
    "exec": frozenset(),
    "command": frozenset(),
    "sudo": frozenset({"-u", "-g"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "timeout": frozenset({"-k", "-s", "--signal", "--kill-after"}),
    "xvfb-run": frozenset({"-n", "-s", "--server-args", "-e"}),
    "srun": frozenset({"-n", "-N", "-c", "-p", "-t", "-A", "-J", "-o", "-e", "--ntasks", "--partition"}),
    "mpirun": frozenset({"-n", "-np", "--np", "-H", "--host", "--hostfile", "-x"}),
    "mpiexec": frozenset({"-n", "-np", "-H", "-hosts"}),
    "catchsegv": frozenset(),
    "caffeinate": frozenset({"-t", "-w"}),
    "chronic": frozenset(),
    "ts": frozenset(),
}
#: Programs whose subcommand `run` (or `exec`) takes another command.
_RUNNERS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "uv": (
        frozenset({"run"}),
        frozenset(
            {
                "--with",
                "--python",
                "-p",
                "--extra",
                "--group",
                "--project",
                "--directory",
                "--env-file",
                "--package",
                "--index",
                "--with-requirements",
                "--with-editable",
            }
        ),
    ),
    "uvx": (frozenset(), frozenset({"--from", "--with", "--python", "-p"})),
    "poetry": (frozenset({"run"}), frozenset({"-C", "--directory", "-P", "--project"})),
    "pipenv": (frozenset({"run"}), frozenset()),
    "conda": (frozenset({"run"}), frozenset({"-n", "--name", "-p", "--prefix", "--cwd"})),
    "mamba": (frozenset({"run"}), frozenset({"-n", "--name", "-p", "--prefix", "--cwd"})),
    "micromamba": (frozenset({"run"}), frozenset({"-n", "--name", "-p", "--prefix", "--cwd"})),
    "pixi": (frozenset({"run"}), frozenset({"-e", "--environment", "--manifest-path"})),
    "pdm": (frozenset({"run"}), frozenset({"-p", "--project"})),
    "hatch": (frozenset({"run"}), frozenset({"-e", "--env"})),
    "rye": (frozenset({"run"}), frozenset()),
    "calkit": (frozenset({"xenv"}), frozenset({"-n", "--name", "--wdir"})),
    "coverage": (frozenset({"run"}), frozenset({"--source", "--omit", "--rcfile", "--data-file"})),
    "kernprof": (frozenset(), frozenset({"-o", "--outfile"})),
    "torchrun": (
        frozenset(),
        frozenset(
            {
                "--nproc_per_node",
                "--nproc-per-node",
                "--nnodes",
                "--node_rank",
                "--node-rank",
                "--master_addr",
                "--master_port",
                "--master-addr",
                "--master-port",
                "--rdzv_backend",
                "--rdzv_endpoint",
                "--rdzv_id",
                "--max_restarts",
            }
        ),
    ),
    "accelerate": (
        frozenset({"launch"}),
        frozenset(
            {
                "--config_file",
                "--num_processes",
                "--num_machines",
                "--mixed_precision",
                "--main_process_port",
                "--gpu_ids",
                "--machine_rank",
                "--dynamo_backend",
            }
        ),
    ),
    "deepspeed": (
        frozenset(),
        frozenset({"--num_gpus", "--num_nodes", "--hostfile", "--include", "--exclude", "--master_port"}),
    ),
    "streamlit": (frozenset({"run"}), frozenset()),
    "ray": (frozenset({"job"}), frozenset()),
}
#: Runners that hand the next word to Python if it is a `.py` file.
_PYTHON_RUNNERS = frozenset({"torchrun", "accelerate", "deepspeed", "coverage", "kernprof", "streamlit"})
_PYTHON = re.compile(r"(?:python|pypy|ipython)(?:\d+(?:\.\d+)*)?(?:\.exe)?w?\Z")
_PYTHON_VALUED = frozenset({"-W", "-X", "--check-hash-based-pycs"})
#: Interpreters of a script, with their options that take a value.
_INTERPRETERS: dict[str, frozenset[str]] = {
    "bash": frozenset({"-o", "-O", "--rcfile"}),
    "sh": frozenset({"-o"}),
    "zsh": frozenset({"-o"}),
    "dash": frozenset({"-o"}),
    "ksh": frozenset({"-o"}),
    "source": frozenset(),
    ".": frozenset(),
    "Rscript": frozenset(),
    "julia": frozenset({"-t", "--threads", "-p", "--procs", "-J", "--sysimage", "-L", "--load"}),
    "perl": frozenset({"-I"}),
    "ruby": frozenset({"-I", "-r"}),
    "node": frozenset({"-r", "--require"}),
    "deno": frozenset(),
    "php": frozenset(),
    "lua": frozenset(),
    "octave": frozenset(),
    "papermill": frozenset(),
    "spark-submit": frozenset(
        {
            "--master",
            "--deploy-mode",
            "--class",
            "--name",
            "--jars",
            "--packages",
            "--py-files",
            "--files",
            "--conf",
            "--driver-memory",
            "--executor-memory",
            "--num-executors",
            "--executor-cores",
        }
    ),
}
#: Programs that fetch or make files that a later part of the command may run.
_MAKERS = frozenset(
    {
        "git",
        "wget",
        "curl",
        "unzip",
        "tar",
        "cp",
        "mv",
        "ln",
        "rsync",
        "make",
        "aws",
        "gsutil",
        "dvc",
        "jupytext",
        "jupyter",
        "gdown",
        "kaggle",
        "install",
        "cargo",
        "gcc",
        "cmake",
        "tee",
        "cat",
        "echo",
        "printf",
        "sed",
    }
)
_NOTEBOOK_COMMANDS = {"nbconvert": "--execute", "execute": "", "run": ""}


def all_invocations(graph: Graph) -> dict[Stage, list[Invocation]]:
    """The simple commands of each stage in order, with the folder that each runs in; for `Graph.derived`."""
    return {stage: list(_invocations(stage)) for stage in graph.index.stages}


def _invocations(stage: Stage) -> Iterator[Invocation]:
    maker = False
    for command in stage.commands:
        # a list's items are handed to a shell whole, a text line by line
        lines = [command] if isinstance(stage.cmd, list) else lines_of(command)
        lost = False
        for line in lines:
            for parsed in parse_command(line):
                # whoever wrote a `cd` on a line of its own meant it for the next ones: where they run is a
                # matter of opinion until it is mended (PK500)
                folder: str | None = stage.wdir
                if lost or parsed.folder is None:
                    folder = None
                elif parsed.folder != ".":
                    folder = posixpath.normpath(posixpath.join(stage.wdir, parsed.folder))
                yield Invocation(parsed, folder, command, line, maker)
                maker = maker or parsed.program in _MAKERS or bool(parsed.writes)
            lost = lost or (line.lstrip().startswith("cd ") and "&" not in line and ";" not in line)


def all_scripts(graph: Graph) -> dict[Stage, list[Script]]:
    """The files of the project that each stage's command runs; for `Graph.derived`."""
    project = graph.index.project
    found = graph.derived(all_invocations)
    return {stage: list(_scripts(invocations, project)) for stage, invocations in found.items()}


def _scripts(invocations: list[Invocation], project: Project) -> Iterator[Script]:
    for invocation in invocations:
        if invocation.folder is None:
            continue
        words, environment = unwrap(invocation.parsed)
        found = _run_by(words, environment, invocation, project)
        if found is not None:
            yield found._replace(
                arguments=tuple(word for word in words if word.start > found.word.start),
                folder=invocation.folder,
                environment=tuple(environment.items()),
            )


def command_place(stage: Stage, command: str, text: str) -> Place:
    """Where a part of a stage's command stands in the file; the whole command where it comes from a variable."""
    node = stage.definition.field("cmd")
    if isinstance(node, Sequence):
        index = stage.cmd.index(command) if isinstance(stage.cmd, list) and command in stage.cmd else 0
        node = node.items[min(index, len(node.items) - 1)]
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return stage.place
    match = re.search(rf"(?<![\w./-]){re.escape(text)}(?![\w/-])", node.text)
    return expression_place(node, match.start(), match.end()) if match else node.place


def unwrap(command: SimpleCommand) -> tuple[tuple[Word, ...], dict[str, Any]]:
    """The words of the program that runs in the end, without `uv run`, `env X=1`, `nice`…, and its environment."""
    words = command.words
    environment: dict[str, Any] = dict(command.assignments)
    for _ in range(len(words)):
        name = (words[0].text or "").rpartition("/")[2] if words else ""
        if name in _WRAPPERS:
            rest = _after_options(words[1:], _WRAPPERS[name])
            if name == "timeout":
                rest = rest[1:]
            given = assignments_of(rest)
            environment.update(given)
            rest = rest[len(given) :]
        elif name in _RUNNERS:
            subcommands, valued = _RUNNERS[name]
            rest = _after_options(words[1:], valued)
            if subcommands:
                if not rest or rest[0].text not in subcommands:
                    return words, environment
                rest = _after_options(rest[1:], valued)
            if name in _PYTHON_RUNNERS or (rest and (rest[0].text or "").endswith(".py")):
                return _as_python(words, rest), environment
        else:
            return words, environment
        if not rest:
            return words, environment
        words = rest
    return words, environment


def _as_python(words: tuple[Word, ...], rest: tuple[Word, ...]) -> tuple[Word, ...]:
    """`torchrun --standalone -m pkg.train` runs what `python -m pkg.train` runs."""
    modules = [word for word in words[1 : len(words) - len(rest) + 1] if word.text in ("-m", "--module")]
    first = Word("python", words[0].start, words[0].end)
    if modules and rest:
        return (first, Word("-m", modules[0].start, modules[0].end), *rest)
    return (first, *rest)


def _after_options(words: tuple[Word, ...], valued: frozenset[str]) -> tuple[Word, ...]:
    """The words behind the options; `--` ends them."""
    index = 0
    while index < len(words):
        text = words[index].text
        if text is None or not text.startswith("-"):
            break
        if text == "--":
            return words[index + 1 :]
        index += 2 if text in valued else 1
    return words[index:]


def _run_by(
    words: tuple[Word, ...], environment: dict[str, Any], invocation: Invocation, project: Project
) -> Script | None:
    if not words or words[0].text is None:
        return None
    program = words[0].text
    name = program.rpartition("/")[2]
    if _PYTHON.match(name):
        return _python(words[1:], environment, invocation, project)
    if name in _INTERPRETERS:
        return _interpreted(name, words[1:], invocation, project)
    if name == "jupyter":
        return _notebook(words[1:], invocation, project)
    if name == "quarto" and len(words) > 2 and words[1].text == "render":
        return _file(_first(words[2:]), invocation, project)
    if name == "R":
        files = [word for word in words[1:] if (word.text or "").startswith("--file=")]
        if files:
            text = (files[0].text or "").partition("=")[2]
            return _file(Word(text, files[0].start, files[0].end), invocation, project)
        if len(words) > 2 and words[1].text == "CMD":
            return _file(_first(words[3:]), invocation, project)
        return None
    if "/" in program and not program.startswith("/") and not is_url(program):
        return _file(words[0], invocation, project)
    return _console_script(words[0], invocation, project)


def _first(words: tuple[Word, ...]) -> Word | None:
    return next((word for word in words if word.text is None or not word.text.startswith("-")), None)


def _file(word: Word | None, invocation: Invocation, project: Project) -> Script | None:
    if word is None or not word.text or invocation.folder is None or is_url(word.text) or "\0" in word.text:
        return None
    path = join(invocation.folder, word.text, project.root)
    return Script(path, word, invocation.command, invocation.line, False, invocation.after_maker)


def _interpreted(name: str, words: tuple[Word, ...], invocation: Invocation, project: Project) -> Script | None:
    for word in words:
        if word.text in ("-c", "-e", "-E", "--eval", "--expression") or (word.text or "").startswith("-c"):
            return None
        if word.text is None or not word.text.startswith("-"):
            break
    rest = _after_options(words, _INTERPRETERS[name])
    if name == "deno":
        rest = rest[1:]
    return _file(rest[0] if rest else None, invocation, project)


def _notebook(words: tuple[Word, ...], invocation: Invocation, project: Project) -> Script | None:
    """`jupyter nbconvert --execute x.ipynb`: converting without running it is no run of it."""
    if not words or words[0].text not in _NOTEBOOK_COMMANDS:
        return None
    needed = _NOTEBOOK_COMMANDS[words[0].text]
    if needed and not any(word.text == needed for word in words):
        return None
    notebooks = [
        word for word in words[1:] if (word.text or "").endswith(".ipynb") and not (word.text or "").startswith("-")
    ]
    return _file(notebooks[0] if notebooks else None, invocation, project)


def _python(
    words: tuple[Word, ...], environment: dict[str, Any], invocation: Invocation, project: Project
) -> Script | None:
    index = 0
    while index < len(words):
        text = words[index].text
        if text is None:
            return None
        if text == "-m" or (
            text.startswith("-") and not text.startswith("--") and text.endswith("m") and text[1:].isalpha()
        ):
            return _module(words[index + 1] if index + 1 < len(words) else None, environment, invocation, project)
        if text in ("-c", "-") or (
            text.startswith("-") and not text.startswith("--") and "c" in text[1:] and text[1:].isalpha()
        ):
            return None
        if not text.startswith("-"):
            return _file(words[index], invocation, project)
        index += 2 if text in _PYTHON_VALUED else 1
    return None


def _module(word: Word | None, environment: dict[str, Any], invocation: Invocation, project: Project) -> Script | None:
    if word is None or not word.text or invocation.folder is None:
        return None
    if not all(part.isidentifier() or part.replace("-", "_").isidentifier() for part in word.text.split(".")):
        return None
    folders = [invocation.folder]
    python_path = environment.get("PYTHONPATH")
    if isinstance(python_path, str):
        folders += [join(invocation.folder, entry, project.root) for entry in python_path.split(":") if entry]
    folders += [posixpath.normpath(posixpath.join(invocation.folder, "src")), "src", "."]
    inner = word.text.replace(".", "/")
    places = tuple(
        dict.fromkeys(
            posixpath.normpath(posixpath.join(folder, candidate))
            for folder in folders
            for candidate in (f"{inner}/__main__.py", f"{inner}.py")
        )
    )
    found = next((place for place in places if project.disk.kind(place) == "file"), None)
    if found is None:
        top = word.text.split(".")[0]
        # a package that isn't here is one that is installed; a module of a package that is here is missing
        if (
            "." not in word.text
            or project.disk.kind(posixpath.normpath(posixpath.join(invocation.folder, top))) != "folder"
        ):
            return None
        found = posixpath.normpath(posixpath.join(invocation.folder, f"{inner}.py"))
    return Script(found, word, invocation.command, invocation.line, True, invocation.after_maker, places)


_TABLES: tuple[tuple[str, ...], ...] = (
    ("project", "scripts"),
    ("tool", "poetry", "scripts"),
    ("project", "gui-scripts"),
)


def _console_script(word: Word, invocation: Invocation, project: Project) -> Script | None:
    """A program that the project's own `pyproject.toml` defines."""
    name = word.text or ""
    if "/" in name:
        return None
    target = console_scripts(project).get(name)
    if target is None:
        return None
    module = target.partition(":")[0].strip().replace(".", "/")
    places = tuple(f"{folder}{module}{suffix}" for folder in ("src/", "", "lib/") for suffix in (".py", "/__init__.py"))
    found = next((place for place in places if project.disk.kind(place) == "file"), None)
    if found is None:
        return None
    return Script(found, word, invocation.command, invocation.line, True, True, places)


@lru_cache(maxsize=4)
def console_scripts(project: Project) -> dict[str, str]:
    """Programs by name, with the function that each calls (`package.module:function`)."""
    try:
        text = project.disk.read("pyproject.toml")
    except (FileNotFoundError, UnreadableError):
        return {}
    if "scripts" not in text:
        return {}
    try:
        data = parse_toml(text)
    except TomlError:
        return {}
    found: dict[str, str] = {}
    for table in _TABLES:
        section: Any = data
        for key in table:
            section = section.get(key, {}) if isinstance(section, dict) else {}
        if isinstance(section, dict):
            found.update({str(name): value for name, value in section.items() if isinstance(value, str)})
    return found
