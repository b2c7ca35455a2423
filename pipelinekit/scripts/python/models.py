"""Models that a script saves: which files, and whether they are models and not data."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any, NamedTuple

from pipelinekit.scripts.python.observed import Call, FileUse
from pipelinekit.scripts.python.randomness import last_name
from pipelinekit.scripts.python.values import External

#: Libraries whose objects are models.
_LIBRARIES = ("sklearn.", "xgboost.", "lightgbm.", "catboost.", "imblearn.", "torch.", "keras.", "tensorflow.keras.")
#: What of scikit-learn is no model, though an object.
_NO_MODELS = ("sklearn.preprocessing.", "sklearn.impute.", "sklearn.feature_extraction.", "sklearn.metrics.")
_SUFFIXES = frozenset(
    [
        ".pkl",
        ".pickle",
        ".joblib",
        ".sav",
        ".pt",
        ".pth",
        ".ckpt",
        ".h5",
        ".hdf5",
        ".keras",
        ".onnx",
        ".cbm",
        ".bst",
        ".ubj",
        ".json",
        ".txt",
        ".model",
        ".bin",
        ".safetensors",
    ]
)
#: What may as well be a report about a model.
_TEXTS = frozenset({".json", ".txt"})
_DUMPS = frozenset({"joblib.dump", "pickle.dump", "cloudpickle.dump", "dill.dump", "skops.io.dump", "torch.save"})
_SAVES = frozenset({"save_model", "save_pretrained", "save_weights"})


class SavedModel(NamedTuple):
    """A model that is written to a path of the project."""

    path: str
    call: Call | None
    use: FileUse


def saved_models(files: Iterable[FileUse], calls: Iterable[Call]) -> list[SavedModel]:
    """The models among the files that a script writes, each path once."""
    by_node = {id(call.node): call for call in calls}
    found: dict[str, SavedModel] = {}
    dumped = _dumped(calls)
    for use in files:
        if use.mode != "write" or use.path is None or use.path in found:
            continue
        call = by_node.get(id(use.node))
        if _is_model(use.path, call, dumped):
            found[use.path] = SavedModel(use.path, call, use)
    return list(found.values())


def _dumped(calls: Iterable[Call]) -> bool:
    """Whether a model of a library is handed to something that writes it into an open file."""
    return any(call.name in _DUMPS and call.arguments and _is_estimator(call.arguments[0]) for call in calls)


def _is_estimator(value: Any) -> bool:
    if type(value) is not External or "()" not in value.name:
        return False
    return value.name.startswith(_LIBRARIES) and not value.name.startswith(_NO_MODELS)


def _is_model(path: str, call: Call | None, dumped: bool) -> bool:
    name = posixpath.basename(path).lower()
    if posixpath.splitext(name)[1] not in _SUFFIXES and "." in name:
        return False
    if posixpath.splitext(name)[1] in _TEXTS and (call is None or last_name(call) not in _SAVES):
        return False
    is_named = "model" in name
    if call is None:
        return is_named and dumped
    if call.name in _DUMPS:
        return is_named or (bool(call.arguments) and _is_estimator(call.arguments[0]))
    return last_name(call) in _SAVES
