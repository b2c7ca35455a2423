"""Functions of Python's own library whose result depends on nothing but what they are given."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.built_in import import_by_name, open_file
from pipelinekit.scripts.python.values import (
    UNKNOWN,
    External,
    Function,
    Handle,
    Instance,
    Loaded,
    is_known,
    items_of,
    plain,
    text_of,
)

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given

_Function = Callable[["Given"], Any]


# --- paths ---------------------------------------------------------------------------------------------------


def _exists(name: str) -> _Function:
    return lambda given: given.machine.exists(given.get(0, "path"), name)


def _texts(given: Given) -> list[str] | None:
    found = [text_of(value) for value in given.arguments]
    return None if any(text is None for text in found) else [text for text in found if text is not None]


def _path(given: Given) -> Any:
    texts = _texts(given)
    if texts is None or any("\0" in text for text in texts):
        return UNKNOWN
    return PurePosixPath(*texts)


def _of_path(function: Callable[..., Any], count: int | None = 1) -> _Function:
    def fold(given: Given) -> Any:
        texts = _texts(given)
        if not texts or (count is not None and len(texts) != count) or given.keywords:
            return UNKNOWN
        return function(*texts)

    return fold


def _absolute(given: Given) -> Any:
    texts, here = _texts(given), given.machine.here
    if not texts or len(texts) != 1 or (here is None and not texts[0].startswith("/")):
        return UNKNOWN
    return posixpath.normpath(posixpath.join(here or "/", texts[0]))


def _expanded(given: Given) -> Any:
    texts = _texts(given)
    return texts[0] if texts and len(texts) == 1 and "~" not in texts[0] and "$" not in texts[0] else UNKNOWN


def _relative(given: Given) -> Any:
    texts, here = _texts(given), given.machine.here
    if not texts or here is None:
        return UNKNOWN
    start = posixpath.join(here, texts[1]) if len(texts) > 1 else here
    return posixpath.relpath(posixpath.join(here, texts[0]), start)


def _cwd(given: Given) -> Any:
    return given.machine.here or UNKNOWN


def _cwd_path(given: Given) -> Any:
    here = given.machine.here
    return UNKNOWN if here is None else PurePosixPath(here)


def _getenv(given: Given) -> Any:
    name = plain(given.get(0, "key"))
    return given.machine.environment.get(name, UNKNOWN) if isinstance(name, str) else UNKNOWN


def _chdir(given: Given) -> Any:
    machine = given.machine
    # relative paths that follow are meant from there
    machine.cwd = machine.path(given.get(0, "path")) if not machine.doubts else None
    if machine.cwd is None:
        machine.observed.gaps.append("it changes to a folder that is not known")
    return None


def _chdir_within(given: Given) -> Any:
    """`with contextlib.chdir(folder):`."""
    given.machine.entered = (given.machine.path(given.get(0, "path")),)
    return None


def _insert_folder(given: Given) -> Any:
    given.machine.add_folder(given.get(1), front=True)
    return None


def _append_folder(given: Given) -> Any:
    given.machine.add_folder(given.get(0), front=False)
    return None


def _extend_folders(given: Given) -> Any:
    for value in items_of(given.get(0)) or [UNKNOWN]:
        given.machine.add_folder(value, front=False)
    return None


# --- data that scripts read ----------------------------------------------------------------------------------


def _load_from_handle(given: Given) -> Any:
    """`yaml.safe_load(file)`, `json.load(file)`: the open file has said already that it is read."""
    source = given.get(0, "stream", "fp", "f", "fp", "file")
    if type(source) is Handle:
        return given.machine.load_data(source.path)
    if type(source) is PurePosixPath or (type(source) is str and "\n" not in source and len(source) < 200):
        return UNKNOWN
    return given.machine.load_data(source.path) if type(source) is _Text else UNKNOWN


class _Text:
    """The text of a file that was read whole: `path.read_text()`."""

    __slots__ = ("path",)

    def __init__(self, path: Any) -> None:
        self.path = path


def text_of_file(given: Given, path: Any) -> Any:
    """What reading a whole file returns: parsing it tells what is in it."""
    return _Text(path)


def _load_from_path(given: Given) -> Any:
    """`OmegaConf.load(path)`, `toml.load(path)`."""
    source = given.get(0, "file_", "f", "path", "filename", "fp")
    if type(source) is Handle:
        return given.machine.load_data(source.path)
    given.machine.use_file(source, "read", given.node, given.frame)
    return given.machine.load_data(source)


def _same(given: Given) -> Any:
    """`Box(data)`, `OmegaConf.create(data)`, `deepcopy(data)`: the same, in another wrapping."""
    value = given.get(0) if given.arguments else UNKNOWN
    return value if type(value) in (Loaded, dict, list, Instance) or is_known(value) else UNKNOWN


def _namespace(given: Given) -> Any:
    if given.arguments or "**" in given.keywords:
        return UNKNOWN
    return Instance(None, dict(given.keywords), is_closed=True)


def _params_show(given: Given) -> Any:
    """`dvc.api.params_show()`: the parameters of the project."""
    machine = given.machine
    if any(key not in ("stages", "deps") for key in given.keywords):
        return UNKNOWN
    path = text_of(given.arguments[0]) if given.arguments else "params.yaml"
    if path is None:
        return UNKNOWN
    from pipelinekit.project.paths import folder_of, join

    here = machine.cwd or machine.setting.cwd
    for folder in dict.fromkeys((here, folder_of(here), ".")):
        file = join(folder, path, machine.root)
        if machine.loader.project.disk.kind(file) == "file":
            loaded = machine.load_data(file)
            if type(loaded) is Loaded and "stages" in given.keywords:
                # it shows what these stages list, and no other key
                return Loaded(loaded.file, (), loaded.data, is_partial=True)
            return loaded
    return UNKNOWN


def _field(given: Given) -> Any:
    """`field(default=1)`, `field(default_factory=list)`: a marker that holds the default."""
    from pipelinekit.scripts.python.calls import call_value

    default: Any = given.get(0, "default") if given.arguments or "default" in given.keywords else UNKNOWN
    factory = given.keywords.get("default_factory", given.keywords.get("factory"))
    if factory is not None:
        default = call_value(given.machine, factory, [], {}, given.node, given.frame)
    if type(default) is External:
        default = UNKNOWN
    return Instance(None, {"**field": default})


def _partial(given: Given) -> Any:
    function = given.get(0)
    if type(function) is not Function or len(given.arguments) > 1:
        if type(function) is Function:
            given.machine.call_blindly(function)
        return UNKNOWN
    partial = function.bound_to(function.owner)
    partial.defaults = {**function.defaults, **given.keywords}
    return partial


def _run(given: Given) -> Any:
    """`asyncio.run(main())`: what it is given was followed already."""
    return given.get(0) if given.arguments else UNKNOWN


def _box_from(given: Given) -> Any:
    path = given.keywords.get("filename")
    if path is None:
        return UNKNOWN
    given.machine.use_file(path, "read", given.node, given.frame)
    return given.machine.load_data(path)


def _join_texts(given: Given) -> Any:
    texts = _texts(given)
    return posixpath.join(*texts) if texts and not given.keywords else UNKNOWN


_PATHS: dict[str, _Function] = {
    "join": _join_texts,
    "dirname": _of_path(posixpath.dirname),
    "basename": _of_path(posixpath.basename),
    "normpath": _of_path(posixpath.normpath),
    "splitext": _of_path(posixpath.splitext),
    "split": _of_path(posixpath.split),
    "abspath": _absolute,
    "realpath": _absolute,
    "expanduser": _expanded,
    "expandvars": _expanded,
    "relpath": _relative,
    "exists": _exists("exists"),
    "isfile": _exists("is_file"),
    "isdir": _exists("is_dir"),
}
FUNCTIONS: dict[str, _Function] = {
    **{f"os.path.{name}": function for name, function in _PATHS.items()},
    **{f"posixpath.{name}": function for name, function in _PATHS.items()},
    "os.fspath": _of_path(str),
    "os.getcwd": _cwd,
    "os.chdir": _chdir,
    "contextlib.chdir": _chdir_within,
    "hydra.utils.get_original_cwd": _cwd,
    "hydra.utils.to_absolute_path": _absolute,
    "os.getenv": _getenv,
    "os.environ.get": _getenv,
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "pathlib.PosixPath": _path,
    "pathlib.PurePosixPath": _path,
    "pathlib.Path.cwd": _cwd_path,
    "sys.path.insert": _insert_folder,
    "sys.path.append": _append_folder,
    "sys.path.extend": _extend_folders,
    "site.addsitedir": _append_folder,
    "importlib.import_module": import_by_name,
    "io.open": open_file,
    "codecs.open": open_file,
    "gzip.open": open_file,
    "bz2.open": open_file,
    "lzma.open": open_file,
    "bz2.BZ2File": open_file,
    "gzip.GzipFile": open_file,
    "smart_open.open": open_file,
    "yaml.safe_load": _load_from_handle,
    "yaml.load": _load_from_handle,
    "yaml.full_load": _load_from_handle,
    "yaml.unsafe_load": _load_from_handle,
    "ruamel.yaml.YAML().load": _load_from_handle,
    "json.load": _load_from_handle,
    "json.loads": _load_from_handle,
    "json5.load": _load_from_handle,
    "tomllib.load": _load_from_handle,
    "tomllib.loads": _load_from_handle,
    "tomli.load": _load_from_handle,
    "toml.load": _load_from_path,
    "toml.loads": _load_from_handle,
    "omegaconf.OmegaConf.load": _load_from_path,
    "omegaconf.OmegaConf.create": _same,
    "omegaconf.OmegaConf.to_container": _same,
    "omegaconf.OmegaConf.structured": _same,
    "box.Box": _same,
    "box.ConfigBox": _same,
    "munch.munchify": _same,
    "munch.Munch": _same,
    "easydict.EasyDict": _same,
    "addict.Dict": _same,
    "copy.deepcopy": _same,
    "copy.copy": _same,
    "typing.cast": lambda given: given.get(1),
    "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "dvc.api.params_show": _params_show,
    "dataclasses.field": _field,
    "pydantic.Field": _field,
    "attr.ib": _field,
    "attrs.field": _field,
    "simple_parsing.field": _field,
    "functools.partial": _partial,
    "asyncio.run": _run,
    "box.Box.from_yaml": _box_from,
}
