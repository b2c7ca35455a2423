"""Lists a remote through DVC's own file system; run by the project's Python, from stdin. Nothing is written there.

What it reads is JSON: `{"name": …, "lists": [path of an object, …]}`. It prints a JSON line per file, `["path", bytes]`
with the path inside of the remote; one for each of the lists that are there, `{"list": path, "content": text}`; and at
the end `{"done": true}`, or the step that failed with every error in the chain.
"""

import sys

# a file of the project that is called like a module must not run
sys.path[:] = [folder for folder in sys.path if folder]

import json  # noqa: E402
import logging  # noqa: E402


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


def show(wanted):
    """Print what is there; the answer to end with."""
    step = "open"
    try:
        from dvc.config import Config
        from dvc.fs import get_cloud_fs

        cls, settings, path = get_cloud_fs(Config.from_cwd(), name=wanted["name"])
        fs = cls(**settings)
        step = "list"
        root = path.rstrip("/") + "/"
        try:
            found = fs.fs.find(path, detail=True)
        except FileNotFoundError:
            # a bucket, or a folder in one, that nothing was pushed to; one that can't be opened says so here
            fs.fs.ls(path.partition("/")[0] if cls.protocol in ("s3", "gs", "azure", "oss") else path)
            found = {}
        there = set()
        for name, about in found.items():
            inner = name.removeprefix(root)
            there.add(inner)
            print(json.dumps([inner, int(about.get("size") or 0)]))
        step = "read"
        for name in wanted["lists"]:
            if name in there:
                content = fs.cat_file(root + name).decode("utf-8", "replace")
                print(json.dumps({"list": name, "content": content}))
    except Exception as error:
        return {"step": step, "errors": chain(error)}
    return {"done": True}


logging.disable(logging.CRITICAL)
print(json.dumps(show(json.load(sys.stdin))))
