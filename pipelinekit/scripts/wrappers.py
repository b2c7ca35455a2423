"""Programs that run another command: `uv run`, `nice`, `torchrun`, `xargs`, `bash -c`…, and what runs in the end."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, NamedTuple

from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.shell import SimpleCommand, assignments_of, parse_command
from pipelinekit.scripts.shell_words import Word


class Wrapper(NamedTuple):
    """How a program takes the command that it runs."""

    #: its options that take values
    options: dict[str, int]
    #: subcommands of which one must come first (`run`); empty if the command follows at once
    subcommands: frozenset[str] = frozenset()
    #: words between the options and the command (`timeout 1h`)
    operands: int = 0
    #: whether it hands a `.py` file, or a module (`-m`), to Python itself
    is_python: bool = False
    #: the option that says in which folder the command runs
    folder: tuple[str, ...] = ()


def _wrapper(options: str = "", *, run: str = "", skip: int = 0, python: bool = False, folder: str = "") -> Wrapper:
    return Wrapper(valued(options), frozenset(run.split()), skip, python, tuple(folder.split()))


_CONDA = _wrapper("-n --name -p --prefix --cwd", run="run", folder="--cwd")
_MPI = _wrapper(
    "-n -np --np -N -c -H --host -host -hosts --hostfile -hostfile -machinefile -f -x*1 -env*2 -genv*2 --map-by"
    " --bind-to --mca*2 -mca*2 -ppn -wdir --wdir --oversubscribe*0",
    folder="-wdir --wdir",
)
_TORCH = (
    "--nproc_per_node --nproc-per-node --nnodes --node_rank --node-rank --master_addr --master-addr --master_port"
    " --master-port --rdzv_backend --rdzv-backend --rdzv_endpoint --rdzv-endpoint --rdzv_id --rdzv-id --rdzv_conf"
    " --rdzv-conf --max_restarts --max-restarts --monitor_interval --monitor-interval --start_method --start-method"
    " --role --log_dir --log-dir -r --redirects -t --tee --local_addr --local-addr --logs_specs --logs-specs"
    " --local_ranks_filter --local-ranks-filter"
)
_UV = (
    "--with --with-editable --with-requirements -w --python -p --extra --no-extra --group --no-group --only-group"
    " --env-file --project --directory --package --no-package --index --default-index --index-url -i"
    " --extra-index-url --find-links -f --index-strategy --keyring-provider --resolution --prerelease"
    " --exclude-newer --link-mode --refresh-package --no-build-package --no-binary-package --upgrade-package -P"
    " --reinstall-package --config-setting -C --config-file --color --cache-dir --python-platform --fork-strategy"
    " --no-sources-package --allow-insecure-host --no-build-isolation-package --constraints -c --overrides"
)
WRAPPERS: dict[str, Wrapper] = {
    "env": _wrapper("-u --unset -C --chdir -S*0", folder="-C --chdir"),
    "time": _wrapper("-o --output -f --format"),
    "nice": _wrapper("-n --adjustment"),
    "ionice": _wrapper("-c -n -p --class --classdata"),
    "chrt": _wrapper("", skip=1),
    "taskset": _wrapper("", skip=1),
    "numactl": _wrapper("-N -m -C -i -p --cpunodebind --membind --physcpubind --interleave --preferred"),
    "nohup": _wrapper(),
    "setsid": _wrapper(),
    "exec": _wrapper("-a"),
    "command": _wrapper(),
    "builtin": _wrapper(),
    "eatmydata": _wrapper(),
    "unbuffer": _wrapper(),
    "sudo": _wrapper("-u -g -C -h -p -U --user --group"),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "timeout": _wrapper("-k -s --signal --kill-after", skip=1),
    "gtimeout": _wrapper("-k -s --signal --kill-after", skip=1),
    "flock": _wrapper("-w -E --timeout --conflict-exit-code", skip=1),
    "strace": _wrapper("-e -o -p -s -u -E -a -P"),
    "valgrind": _wrapper(),
    "perf": _wrapper("-e -o -F", run="record stat"),
    "nsys": _wrapper("-o --output -t --trace -s --sample --capture-range", run="profile"),
    "nvprof": _wrapper("-o --log-file --export-profile"),
    "xvfb-run": _wrapper("-n -s -e -f -l -p -w --server-args --server-num --error-file --auth-file"),
    "srun": _wrapper(
        "-n -N -c -p -t -A -J -o -e -G -w -x -q -D --ntasks --nodes --partition --time --account --job-name --output"
        " --error --gres --gpus --mem --cpus-per-task --qos --chdir --nodelist",
        folder="-D --chdir",
    ),
    "mpirun": _MPI,
    "mpiexec": _MPI,
    "orterun": _MPI,
    "horovodrun": _wrapper("-np --num-proc -H --hosts --hostfile --network-interface"),
    "catchsegv": _wrapper(),
    "caffeinate": _wrapper("-t -w"),
    "chronic": _wrapper(),
    "ts": _wrapper(),
    "dotenv": _wrapper("-f --file -q --quote", run="run"),
    "direnv": _wrapper("", run="exec", skip=1),
    "doppler": _wrapper("-p --project -c --config -t --token", run="run"),
    "op": _wrapper("--env-file --account", run="run"),
    "singularity": _wrapper("-B --bind -H --home --env --env-file -W --workdir --app --overlay", run="exec", skip=1),
    "apptainer": _wrapper("-B --bind -H --home --env --env-file -W --workdir --app --overlay", run="exec", skip=1),
    # environments
    "uv": _wrapper(_UV, run="run", folder="--directory"),
    "uvx": _wrapper(_UV + " --from"),
    "pipx": _wrapper("--spec --python --pip-args", run="run"),
    "poetry": _wrapper("-C --directory -P --project", run="run", folder="-C --directory"),
    "pipenv": _wrapper("--python", run="run"),
    "conda": _CONDA,
    "mamba": _CONDA,
    "micromamba": _CONDA,
    "pixi": _wrapper("-e --environment --manifest-path -p --platform --color", run="run"),
    "pdm": _wrapper("-p --project -v --venv", run="run"),
    "hatch": _wrapper("-e --env -p --project", run="run"),
    "rye": _wrapper("--pyproject", run="run"),
    "calkit": _wrapper("-n --name --wdir", run="xenv", folder="--wdir"),
    # Python's own
    "coverage": _wrapper(
        "--source --omit --include --rcfile --data-file --concurrency --context --timid*0", run="run", python=True
    ),
    "kernprof": _wrapper("-o --outfile -s --setup -p --prof-mod -u -i --unit --output-interval", python=True),
    "scalene": _wrapper("--outfile --reduced-profile*0 --profile-interval --cpu-percent-threshold", python=True),
    "memray": _wrapper("-o --output", run="run", python=True),
    "mprof": _wrapper("-T --interval -o --output", run="run", python=True),
    "viztracer": _wrapper("-o --output_file --max_stack_depth --tracer_entries", python=True),
    "py-spy": _wrapper("-o --output -f --format -r --rate -d --duration", run="record"),
    "torchrun": _wrapper(_TORCH, python=True),
    "accelerate": _wrapper(
        "--config_file --num_processes --num_machines --mixed_precision --main_process_port --main_process_ip --gpu_ids"
        " --machine_rank --dynamo_backend --num_cpu_threads_per_process --same_network*0 --deepspeed_config_file"
        " --zero_stage --gradient_accumulation_steps --gradient_clipping --rdzv_backend --rdzv_conf --max_restarts"
        " --monitor_interval --fsdp_sharding_strategy --fsdp_auto_wrap_policy --fsdp_transformer_layer_cls_to_wrap"
        " --fsdp_state_dict_type --offload_optimizer_device --offload_param_device --deepspeed_hostfile"
        " --main_training_function",
        run="launch",
        python=True,
    ),
    "deepspeed": _wrapper(
        "--num_gpus --num_nodes --hostfile -H --include -i --exclude -e --master_port --master_addr --launcher"
        " --launcher_args",
        python=True,
    ),
    "composer": _wrapper("-n --nproc --world_size --base_rank --node_rank --master_addr --master_port", python=True),
    "streamlit": _wrapper("--server.port --server.address --server.headless --theme.base", run="run", python=True),
    "ray": _wrapper("--address --working-dir --runtime-env --runtime-env-json --submission-id", run="job"),
    "bokeh": _wrapper("--port --address", run="serve", python=True),
}
#: Modules of Python that are such programs: `python -m torch.distributed.run x.py`.
_MODULES: dict[str, str] = {
    "torch.distributed.run": "torchrun",
    "torch.distributed.launch": "torchrun",
    "accelerate.commands.launch": "accelerate launch",
    "coverage": "coverage",
    "kernprof": "kernprof",
    "scalene": "scalene",
    "viztracer": "viztracer",
    "memray": "memray",
    "streamlit": "streamlit",
    "papermill": "papermill",
    "jupyter": "jupyter",
    "nbconvert": "jupyter nbconvert",
    "jupytext": "jupytext",
    "pytest": "pytest",
    "cProfile": "python",
    "profile": "python",
    "pdb": "python",
    "trace": "python",
    "memory_profiler": "python",
    "line_profiler": "kernprof",
    "mpi4py": "python",
    "mpi4py.futures": "python",
    "poetry": "poetry",
    "pipenv": "pipenv",
    "uv": "uv",
}
#: Options of those modules that take a value, where Python has none of that name.
_MODULE_OPTIONS = valued("-o --outfile -s --sort -c --command --count*0 -t*0")


class Unwrapped(NamedTuple):
    """What runs in the end."""

    words: tuple[Word, ...]
    environment: dict[str, Any]
    #: where it runs, relative to the folder of the command; None if that isn't known
    folder: str | None = "."


def unwrap(command: SimpleCommand) -> tuple[tuple[Word, ...], dict[str, Any]]:
    """The words of the program that runs in the end, without `uv run`, `env X=1`, `nice`…, and its environment."""
    found = unwrapped(command)
    return found.words, found.environment


def unwrapped(command: SimpleCommand) -> Unwrapped:
    """The same, with the folder."""
    current = Unwrapped(command.words, dict(command.assignments))
    for _ in range(len(command.words) + 1):
        inner = _step(current)
        if inner is None:
            break
        current = inner
    return current


def program_of(words: tuple[Word, ...]) -> str:
    """The name of a program, without its folder; empty if unknown."""
    text = words[0].text if words else None
    return text.rpartition("/")[2] if text else ""


def _step(current: Unwrapped) -> Unwrapped | None:
    """One wrapper less; None if there is none."""
    words = current.words
    name = program_of(words)
    if name in ("docker", "podman"):
        return _container(current)
    if name.startswith("python") and len(words) > 2:
        return _module(current)
    wrapper = WRAPPERS.get(name)
    if wrapper is None:
        return None
    arguments = read_arguments(words[1:], wrapper.options, to_operand=True)
    options = arguments.options
    rest = arguments.operands
    if wrapper.subcommands:
        if not rest or rest[0].text not in wrapper.subcommands:
            return None
        arguments = read_arguments(rest[1:], wrapper.options, to_operand=True)
        options += arguments.options
        rest = arguments.operands
    if any(option.name in ("-m", "--module") for option in options) and (wrapper.is_python or name == "uv"):
        flag = next(word for word in words[1:] if word.text in ("-m", "--module"))
        rest = (_python_word(words[0]), Word("-m", flag.start, flag.end), *rest)
    else:
        rest = rest[wrapper.operands :]
        given = assignments_of(rest)
        current.environment.update(given)
        rest = rest[len(given) :]
        if rest and (wrapper.is_python or (rest[0].text or "").endswith(".py")):
            rest = (_python_word(words[0]), *rest)
    if not rest:
        return None
    folder = current.folder
    for option in options:
        if option.name in wrapper.folder and option.values:
            target = option.values[-1].text
            folder = None if folder is None or not target else posixpath.normpath(posixpath.join(folder, target))
    return Unwrapped(rest, current.environment, folder)


def _python_word(instead_of: Word) -> Word:
    return Word("python", instead_of.start, instead_of.end)


def _module(current: Unwrapped) -> Unwrapped | None:
    """`python -m torch.distributed.run x.py` is `torchrun x.py`."""
    words = current.words
    for index, word in enumerate(words[1:-1], start=1):
        if word.text == "-m":
            program = _MODULES.get(words[index + 1].text or "")
            if program is None:
                return None
            rest = words[index + 2 :]
            if program == "python":
                arguments = read_arguments(rest, _MODULE_OPTIONS, to_operand=True)
                modules = [option for option in arguments.options if option.name == "-m"]
                rest = (*([Word("-m", word.start, word.end)] if modules else []), *arguments.operands)
            names = tuple(Word(name, words[0].start, words[index + 1].end) for name in program.split())
            return current._replace(words=(*names, *rest))
        if word.text is None or not word.text.startswith("-"):
            return None
    return None


_CONTAINER = valued(
    "-v --volume --mount -w --workdir -e --env --env-file -u --user --name --gpus --network --net -p --publish"
    " --platform --entrypoint --shm-size --ipc -m --memory --cpus -h --hostname --device --runtime -l --label"
    " --pull --add-host"
)


def _container(current: Unwrapped) -> Unwrapped | None:
    """`docker run -v $PWD:/work -w /work image python x.py`: the folder is the same, seen from inside."""
    arguments = read_arguments(current.words[1:], _CONTAINER, to_operand=True)
    if not arguments.operands or arguments.operands[0].text != "run":
        return None
    arguments = read_arguments(arguments.operands[1:], _CONTAINER, to_operand=True)
    workdir = arguments.value("-w", "--workdir")
    if workdir is None or not workdir.text or arguments.has("--entrypoint"):
        return None
    for volume in arguments.values("-v", "--volume"):
        outside, _, inside = (volume.text or "").partition(":")
        inside = inside.partition(":")[0].rstrip("/")
        where = workdir.text.rstrip("/")
        if not inside or not outside.startswith(".") or not f"{where}/".startswith(f"{inside}/"):
            continue
        folder = posixpath.normpath(posixpath.join(current.folder or ".", outside, where[len(inside) :].lstrip("/")))
        rest = arguments.operands[1:]
        environment = assignments_of(tuple(arguments.values("-e", "--env")))
        return Unwrapped(rest, environment, folder) if rest and current.folder is not None else None
    return None


# --- commands inside of words ---------------------------------------------------------------------------------

_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "ksh"})
_SHELL_OPTIONS = valued("-o -O +o +O --rcfile --init-file")
_XARGS = valued("-n -P -I -L -d -s -E -a --max-args --max-procs --max-lines --delimiter --arg-file --replace*0")
_PARALLEL = valued(
    "-j --jobs -N --max-args --colsep -C --joblog --results --tmpdir --delay --timeout --retries --halt -I --progress*0"
    " -S --sshlogin -a --arg-file --load --memfree --workdir --wd --env --shuf*0"
)


def inner_commands(words: tuple[Word, ...], line: str) -> Iterator[SimpleCommand]:
    """The commands that stand inside of the words of another one: `bash -c '…'`, `xargs …`, `find -exec …`."""
    name = program_of(words)
    if name in _SHELLS:
        arguments = read_arguments(words[1:], {**_SHELL_OPTIONS, "-c": 0}, to_operand=True)
        if arguments.has("-c") and arguments.operands:
            yield from _parsed(arguments.operands[0], line)
    elif name == "eval" and len(words) == 2:
        yield from _parsed(words[1], line)
    elif name == "nix-shell":
        for word in read_arguments(words[1:], valued("--run --command -p -I -A")).values("--run", "--command"):
            yield from _parsed(word, line)
    elif name == "xargs":
        yield from _fed(read_arguments(words[1:], _XARGS, to_operand=True).operands, line)
    elif name == "parallel":
        operands = read_arguments(words[1:], _PARALLEL, to_operand=True).operands
        command = _before(operands, (":::", "::::", ":::+", "::::+"))
        if len(command) == 1 and " " in (command[0].text or ""):
            yield from map(_without_places, _parsed(command[0], line))
        else:
            yield from _fed(command, line)
    elif name == "find":
        for index, word in enumerate(words):
            if word.text in ("-exec", "-execdir"):
                yield from _fed(_before(words[index + 1 :], (";", "+")), line)


def _before(words: tuple[Word, ...], ends: tuple[str, ...]) -> tuple[Word, ...]:
    for index, word in enumerate(words):
        if word.text in ends:
            return words[:index]
    return words


def _fed(words: tuple[Word, ...], line: str) -> Iterator[SimpleCommand]:
    """A command whose last words come from elsewhere; `{}` stands for one of them."""
    if words and program_of(words) not in ("xargs", "parallel", "find"):
        last = words[-1]
        yield _without_places(SimpleCommand((*words, Word(None, last.end, last.end)), (), (), (), "."))


def _without_places(command: SimpleCommand) -> SimpleCommand:
    """`{}`, `{/.}` stand for what comes from elsewhere."""

    def known(words: tuple[Word, ...]) -> tuple[Word, ...]:
        return tuple(word._replace(text=None) if "{" in (word.text or "") else word for word in words)

    return command._replace(words=known(command.words), reads=known(command.reads), writes=known(command.writes))


def _parsed(word: Word, line: str) -> Iterator[SimpleCommand]:
    """The commands in one quoted word, with offsets in the line that holds it."""
    if not word.text:
        return
    start = line.find(word.text, word.start, word.end)
    for command in parse_command(word.text):
        yield command._replace(
            words=_moved(command.words, start, word),
            reads=_moved(command.reads, start, word),
            writes=_moved(command.writes, start, word),
            given=_moved((command.given,), start, word)[0] if command.given is not None else None,
        )


def _moved(words: tuple[Word, ...], start: int, around: Word) -> tuple[Word, ...]:
    if start < 0:
        return tuple(Word(word.text, around.start, around.end) for word in words)
    return tuple(Word(word.text, word.start + start, word.end + start) for word in words)
