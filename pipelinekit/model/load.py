"""Runs a `pipeline.py` and takes the pipelines that it defines."""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
import traceback

from pipelinekit.model.errors import ModelError
from pipelinekit.model.pipeline import Pipeline


class LoadError(Exception):
    """A `pipeline.py` that can't be run, or that defines no pipeline."""


def load_pipelines(path: str) -> list[Pipeline]:
    """Every `Pipeline` that the module has when it has run, in the order in which they were defined.

    What the module prints goes to standard error. Raises LoadError.
    """
    absolute = os.path.abspath(path)
    if not os.path.isfile(absolute):
        raise LoadError(f"there is no file {path}")
    folder = os.path.dirname(absolute)
    sys.path.insert(0, folder)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            variables = runpy.run_path(absolute, run_name="__pipelinekit__")
    except ModelError as error:
        raise LoadError(f"{_where(error, absolute, path)}: {error}") from None
    except SystemExit as error:
        raise LoadError(f"{path} ended the program (exit status {error.code})") from None
    except SyntaxError as error:
        raise LoadError(f"{path}:{error.lineno or 1}: this is not valid Python: {error.msg}") from None
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise LoadError(f"{_where(error, absolute, path)}: {text}") from None
    finally:
        sys.path.remove(folder)
    found: list[Pipeline] = []
    for value in variables.values():
        candidates = value if isinstance(value, (list, tuple)) else [value]
        found += [
            item for item in candidates if isinstance(item, Pipeline) and all(item is not other for other in found)
        ]
    if not found:
        raise LoadError(
            f"{path} defines no Pipeline: 'pipeline = Pipeline(stages=[…])' at its top is what is looked for"
        )
    files = [pipeline.file for pipeline in found]
    for file in files:
        if files.count(file) > 1:
            raise LoadError(f"{path} defines two pipelines that are both written to {file}: give one another 'file'")
    return found


def _where(error: BaseException, absolute: str, path: str) -> str:
    """`pipeline.py:12`: the innermost line of the user's own file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == absolute]
    return f"{path}:{lines[-1]}" if lines else path
