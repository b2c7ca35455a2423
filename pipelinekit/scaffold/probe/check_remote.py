"""Writes, reads and deletes a small object through DVC's own file system, as a probe of `project/probe/answer.py`.

The question is `{"name": …, "remote": {setting: value}}`.
"""

import uuid


def ask(question):
    """Leave nothing behind."""
    yield "open"
    from dvc.config import Config
    from dvc.fs import get_cloud_fs

    config, name = Config(), question["name"]
    remotes = {**config.get("remote", {}), name: {**config.get("remote", {}).get(name, {}), **question["remote"]}}
    cls, settings, path = get_cloud_fs({**config, "remote": remotes}, name=name)
    fs = cls(**settings)
    probe = fs.join(path, f".pipelinekit-check-{uuid.uuid4().hex}")
    content = b"written by pipelinekit init to see whether it can be\n"
    yield "write"
    if cls.protocol in ("local", "ssh"):
        fs.makedirs(path, exist_ok=True)
    fs.pipe_file(probe, content)
    yield "read"
    if fs.cat_file(probe) != content:
        raise OSError("what was read is not what was written")
    yield "delete"
    fs.rm_file(probe)
