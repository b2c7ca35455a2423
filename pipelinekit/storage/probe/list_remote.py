"""Lists a remote through DVC's own file system, as a probe of `project/probe/answer.py`. Nothing is written there.

The question is `{"name": …, "lists": [path of an object, …]}`. It prints a JSON line per file, `["path", bytes]` with
the path inside of the remote, and one for each of the lists that are there, `{"list": path, "content": text}`.
"""

import json


def ask(question):
    """Print what is there."""
    yield "open"
    from dvc.config import Config
    from dvc.fs import get_cloud_fs

    cls, settings, path = get_cloud_fs(Config.from_cwd(), name=question["name"])
    fs = cls(**settings)
    yield "list"
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
    yield "read"
    for name in question["lists"]:
        if name in there:
            content = fs.cat_file(root + name).decode("utf-8", "replace")
            print(json.dumps({"list": name, "content": content}))
