from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pipelinekit.graph.among import stages_with_output
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.flags import set_flag
from pipelinekit.rules.rule import rule

_NAMES = {
    "log": "logs",
    "logs": "logs",
    "lightning_logs": "training logs",
    "tb_logs": "TensorBoard logs",
    "tensorboard": "TensorBoard logs",
    "__pycache__": "compiled Python files",
    ".ipynb_checkpoints": "checkpoints of a notebook editor",
    ".pytest_cache": "the cache of a test runner",
    "catboost_info": "CatBoost's training logs",
    "tmp": "temporary files",
    "temp": "temporary files",
    ".cache": "a cache",
}
_SUFFIXES = {".log": "a log", ".tmp": "a temporary file", ".pid": "a process id", ".swp": "an editor's temporary file"}


@rule(
    "PK403",
    "throwaway-output-cached",
    level="warning",
    since="0.1.0",
    fix="sometimes",
    reads=("outs", "metrics", "plots"),
    among=stages_with_output(*_NAMES, *_SUFFIXES),
)
def throwaway_output_cached(stage: Stage) -> Iterator[Finding]:
    """Logs or temporary files are kept in DVC's cache.

    ## What it does
    Finds cached outputs that are called like logs, compiled Python files or temporary files. The stores of
    experiment trackers are for `tracking-store-as-output` to find.

    ## Why it matters
    They differ with each run, so the cache and the remote keep a copy of every one, for ever; what they say
    is kept elsewhere already, or nobody's concern.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - logs
    #     ^^^^
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - logs:
            cache: false
        - model.pkl
    ```

    ## Fix safety
    The fix adds `cache: false`, so that DVC does not keep it. It is unsafe: `dvc pull` no longer brings it, and
    git sees the files unless they are ignored.
    """
    for out in stage.outs:
        name = posixpath.basename(out.path)
        what = _NAMES.get(name.lower()) or _SUFFIXES.get(posixpath.splitext(name)[1].lower())
        if what is not None and out.cache and out.flags.get("cache") is None and out.kind == "out":
            yield Finding(
                out.node,
                f"the cached output {out.text} is {what}",
                why="the cache and the remote keep a copy of every run, for ever",
                help="Add 'cache: false' and ignore it in git, or take it out of outs.",
                fix=set_flag(out, "cache", False, "Add 'cache: false'", safe=False),
                stage=stage,
            )
