"""Writes, reads and deletes a small object through DVC's own file system; run by the project's Python, from stdin.

What it reads is JSON: `{"name": …, "remote": {setting: value}}`. It prints one JSON line: `{"done": true}`, or the
step that failed with every error in the chain: `{"step": "write", "errors": [{"type": …, "code": …, "text": …}]}`.
"""

import json
import logging
import sys
import uuid


def chain(error):
    """The error and what caused it, outermost first."""
    seen = []
    while error is not None and len(seen) < 12:
        answer = getattr(error, "response", None)
        code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
        code = code or getattr(error, "error_code", None) or getattr(error, "errno", None)
        seen.append({"type": type(error).__name__, "code": str(code or ""), "text": str(error)[:500]})
        error = error.__cause__ or error.__context__
    return seen


def check(wanted):
    """The answer to print."""
    step = "open"
    try:
        from dvc.config import Config
        from dvc.fs import get_cloud_fs

        config, name = Config(), wanted["name"]
        remotes = {**config.get("remote", {}), name: {**config.get("remote", {}).get(name, {}), **wanted["remote"]}}
        cls, settings, path = get_cloud_fs({**config, "remote": remotes}, name=name)
        fs = cls(**settings)
        probe = fs.join(path, f".pipelinekit-check-{uuid.uuid4().hex}")
        content = b"written by pipelinekit init to see whether it can be\n"
        step = "write"
        if cls.protocol in ("local", "ssh"):
            fs.makedirs(path, exist_ok=True)
        fs.pipe_file(probe, content)
        step = "read"
        if fs.cat_file(probe) != content:
            raise OSError("what was read is not what was written")
        step = "delete"
        fs.rm_file(probe)
    except Exception as error:
        return {"step": step, "errors": chain(error)}
    return {"done": True}


logging.disable(logging.CRITICAL)
print(json.dumps(check(json.load(sys.stdin))))
