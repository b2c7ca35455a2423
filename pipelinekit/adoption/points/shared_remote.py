"""A remote that everybody reaches."""

from __future__ import annotations

import os

from pipelinekit.adoption.looked import Looked, told, where
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.project.config import LOCAL, SHARED, Config, ConfigValue, read_config
from pipelinekit.project.credentials import hidden, secrets_in
from pipelinekit.rules.pk803_local_remote_only import is_on_one_machine
from pipelinekit.storage.sharing import shared_config

_INIT = "pipelinekit init --remote s3://BUCKET/FOLDER"


def look(looked: Looked) -> Verdict:
    """Whether `.dvc/config` has a default remote that other machines reach, and git has `.dvc/config`."""
    config = looked.graph.derived(shared_config)
    cache = config.get("cache", "dir")
    if not config.remotes:
        if cache is not None and os.path.isabs(cache.value):
            return Verdict("done", (f"{where(cache.place)}: the cache is a folder that several share",))
        if not _has_data(looked):
            return Verdict("not-needed", ("no stage and no .dvc file puts data into DVC's cache",))
        return Verdict("missing", _evidence_of_none(looked), _INIT)
    default = config.get("core", "remote")
    chosen = config.remotes.get(default.value.lower()) if default is not None else None
    if default is None or chosen is None:
        name = next(iter(config.remotes))
        return Verdict("partly", (_no_default(config, default),), f"dvc remote default {name}")
    shown = f"{where(chosen.place)}: {_shown(chosen.value)}"
    one_machine = told(looked.found("PK803"))
    if one_machine or all(value is not None and is_on_one_machine(value.value) for value in config.remotes.values()):
        return Verdict("partly", one_machine or (f"{shown} is a folder on one machine",), f"{_INIT} --name shared")
    if looked.project.git is not None and not looked.is_tracked(SHARED):
        return Verdict("partly", (shown, f"git does not have {SHARED}"), f"git add {SHARED}")
    return Verdict("done", (shown,))


def _has_data(looked: Looked) -> bool:
    index = looked.graph.index
    return bool(index.tracked_files) or any(out.cache and out.is_local for stage in index.stages for out in stage.outs)


def _evidence_of_none(looked: Looked) -> tuple[str, ...]:
    found = told(looked.found("PK801"))
    own = [config for config in read_config(looked.project) if config.document.name == LOCAL and config.remotes]
    if found or not own:
        return found or (f"{SHARED} names no remote",)
    return (f"{LOCAL} names a remote, which git does not share",)


def _no_default(config: Config, default: ConfigValue | None) -> str:
    if default is not None:
        return f"{where(default.place)}: the default remote is '{default.value}', which has no url"
    return f"{config.document.name}: it names remotes, and none is the default"


def _shown(address: str) -> str:
    return hidden(address, list(secrets_in(address)))


QUESTION = Question(
    "shared-remote", "a remote that everybody reaches", "adoption", "a clone gets the data, and so does CI", 3, look
)
