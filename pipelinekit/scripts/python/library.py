"""Functions of Python's own library whose result depends on nothing but what they are given."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pipelinekit.scripts.python.handing import hand_on
from pipelinekit.scripts.python.values import (
    UNKNOWN,
    Class,
    External,
    Function,
    Handle,
    Instance,
    Loaded,
    Module,
    is_known,
    is_scalar,
    plain,
    same,
    shown,
    text_of,
    truth,
)

if TYPE_CHECKING:
    from pipelinekit.scripts.python.calls import Given

_Function = Callable[["Given"], Any]


# --- built in ------------------------------------------------------------------------------------------------


def _str(given: Given) -> Any:
    hand_on(given.machine, given.arguments, given.node, given.frame)
    return shown(given.arguments[0]) if len(given.arguments) == 1 else UNKNOWN


def _number(kind: type[int] | type[float]) -> _Function:
    def convert(given: Given) -> Any:
        value = plain(given.get(0))
        try:
            return kind(value) if isinstance(value, (str, int, float)) else UNKNOWN
        except (ValueError, OverflowError):
            return UNKNOWN

    return convert


def _bool(given: Given) -> Any:
    taken = truth(given.get(0)) if given.arguments else False
    return UNKNOWN if taken is None else taken


def _len(given: Given) -> Any:
    value = plain(given.get(0))
    return (
        len(value) if isinstance(value, (str, tuple)) or (isinstance(value, dict) and UNKNOWN not in value) else UNKNOWN
    )


def _list(given: Given) -> Any:
    items = _items(given.get(0)) if given.arguments else []
    return UNKNOWN if items is None else items


def _tuple(given: Given) -> Any:
    items = _items(given.get(0)) if given.arguments else []
    return UNKNOWN if items is None else tuple(items)


def _dict(given: Given) -> Any:
    first = given.get(0) if given.arguments else {}
    if type(first) is Loaded:
        return first
    mapping: dict[Any, Any] = {}
    if isinstance(first, dict):
        mapping.update(first)
    elif isinstance(first, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in first):
        mapping.update({key: value for key, value in first if is_scalar(key)})
    else:
        mapping[UNKNOWN] = UNKNOWN
    for key, value in given.keywords.items():
        mapping[UNKNOWN if key == "**" else key] = value
    return mapping


def _sorted(given: Given) -> Any:
    items = _items(given.get(0))
    if items is None or given.keywords or not all(isinstance(item, str) for item in items):
        return UNKNOWN
    return sorted(items)


def _reversed(given: Given) -> Any:
    items = _items(given.get(0))
    return UNKNOWN if items is None else items[::-1]


def _range(given: Given) -> Any:
    bounds = [plain(value) for value in given.arguments]
    if not bounds or not all(isinstance(bound, int) for bound in bounds):
        return UNKNOWN
    try:
        numbers = range(*bounds)
    except (ValueError, TypeError):
        return UNKNOWN
    return list(numbers) if len(numbers) <= 200 else UNKNOWN


def _enumerate(given: Given) -> Any:
    items = _items(given.get(0))
    start = plain(given.get(1, "start")) or 0
    if items is None or not isinstance(start, int):
        return UNKNOWN
    return [(start + index, item) for index, item in enumerate(items)]


def _zip(given: Given) -> Any:
    lists = [_items(value) for value in given.arguments]
    if any(items is None for items in lists):
        return UNKNOWN
    return list(zip(*(items or [] for items in lists), strict=False))


def _items(value: Any) -> list[Any] | None:
    from pipelinekit.scripts.python.statements import items_of

    return items_of(value)


def _getattr(given: Given) -> Any:
    from pipelinekit.scripts.python.expressions import attribute

    name = plain(given.get(1))
    if not isinstance(name, str):
        return UNKNOWN
    holder = given.get(0)
    found = attribute(given.machine, holder, name, given.node, given.frame)
    if found is UNKNOWN and len(given.arguments) > 2 and type(holder) is Instance and holder.is_closed:
        return given.arguments[2]
    return found


def _setattr(given: Given) -> Any:
    holder, name = given.get(0), plain(given.get(1))
    if type(holder) is Instance:
        if isinstance(name, str):
            holder.attributes[name] = given.get(2)
        else:
            holder.attributes.clear()
    return None


def _vars(given: Given) -> Any:
    value = given.get(0) if given.arguments else UNKNOWN
    return dict(value.attributes) if type(value) is Instance and value.is_closed else UNKNOWN


def _super(given: Given) -> Any:
    names = given.frame.names
    owner = next(iter(names.values()), None) if names else None
    if type(owner) is Instance and owner.cls is not None:
        parents = [base for base in owner.cls.bases if isinstance(base, Class)]
        # the method at hand may be one that the class only inherits: then this is its own parent, or there is none
        return _Parent(owner, parents[0]) if parents else External("builtins.object()")
    return UNKNOWN


def _Parent(owner: Instance, cls: Class) -> Instance:  # noqa: N802
    """The object as an object of its parent class: it shares its attributes."""
    parent = Instance(cls, is_closed=owner.is_closed)
    parent.attributes = owner.attributes
    return parent


def _type(given: Given) -> Any:
    value = given.get(0)
    return value.cls if type(value) is Instance and value.cls is not None and len(given.arguments) == 1 else UNKNOWN


def _open(given: Given) -> Any:
    mode = plain(given.get(1, "mode"))
    return opened(given, given.get(0, "file", "path", "filename"), "r" if mode is None else mode)


def is_stream(value: Any) -> bool:
    """Whether a value is a buffer, an answer of a server, or a file outside of the project, rather than a path."""
    return type(value) is External and value.name.startswith(_STREAMS)


_STREAMS = (
    "io.",
    "requests",
    "urllib",
    "zipfile",
    "tarfile",
    "tempfile",
    "sys.std",
    "boto3",
    "s3fs",
    "gcsfs",
    "fsspec",
)


def opened(given: Given, path: Any, mode: Any) -> Handle:
    """An open file; what for, its mode says."""
    if type(path) is Handle:
        return path
    if isinstance(path, int) or is_stream(path):
        return Handle(UNKNOWN, "")
    if not isinstance(mode, str):
        given.machine.use_file(UNKNOWN, "read", given.node, given.frame)
        return Handle(path, "")
    writes = any(char in mode for char in "wax+")
    if not writes or ("+" in mode and "w" not in mode):
        given.machine.use_file(path, "read", given.node, given.frame)
    if writes:
        given.machine.use_file(path, "write", given.node, given.frame)
    return Handle(path, mode)


def _print(given: Given) -> Any:
    hand_on(given.machine, given.arguments, given.node, given.frame)
    return None


def _import(given: Given) -> Any:
    name = plain(given.get(0, "name"))
    if not isinstance(name, str) or name.startswith("."):
        given.machine.observed.gaps.append("a module is imported whose name is not known")
        return UNKNOWN
    return given.machine.import_name(name)


def _map(given: Given) -> Any:
    from pipelinekit.scripts.python.calls import call_value

    items = _items(given.get(1)) if len(given.arguments) == 2 else None
    if items is None or len(items) > 20:
        function = given.get(0)
        if type(function) is Function:
            given.machine.call_blindly(function)
        return UNKNOWN
    return [call_value(given.machine, given.arguments[0], [item], {}, given.node, given.frame) for item in items]


BUILT_IN: dict[str, _Function] = {
    "str": _str,
    "int": _number(int),
    "float": _number(float),
    "bool": _bool,
    "len": _len,
    "list": _list,
    "tuple": _tuple,
    "set": _list,
    "frozenset": _list,
    "dict": _dict,
    "sorted": _sorted,
    "reversed": _reversed,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "iter": _list,
    "getattr": _getattr,
    "setattr": _setattr,
    "vars": _vars,
    "super": _super,
    "type": _type,
    "open": _open,
    "print": _print,
    "map": _map,
    "__import__": _import,
}
#: Built-in functions that call nothing they are given.
QUIET = frozenset({"builtins.isinstance", "builtins.hasattr", "builtins.repr", "builtins.format"})


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


def _insert_folder(given: Given) -> Any:
    given.machine.add_folder(given.get(1), front=True)
    return None


def _append_folder(given: Given) -> Any:
    given.machine.add_folder(given.get(0), front=False)
    return None


def _extend_folders(given: Given) -> Any:
    for value in _items(given.get(0)) or [UNKNOWN]:
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
    "importlib.import_module": _import,
    "io.open": _open,
    "codecs.open": _open,
    "gzip.open": _open,
    "bz2.open": _open,
    "lzma.open": _open,
    "bz2.BZ2File": _open,
    "gzip.GzipFile": _open,
    "smart_open.open": _open,
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


__all__ = ["BUILT_IN", "FUNCTIONS", "QUIET", "Module", "opened", "same", "text_of_file"]
