from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.freshness.records import recorded_outs
from pipelinekit.graph.graph import Graph
from pipelinekit.project.cache import Cache
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.storage.count import recent_count
from pipelinekit.storage.listing import have_nothing_in_common


@rule("PK406", "directory-rewritten", level="advice", since="0.1.0")
def directory_rewritten(graph: Graph, *, min_versions: int = 3, min_files: int = 2) -> Iterator[Finding]:
    """Every file of a folder changes with every run.

    ## What it does
    Takes the versions of each cached folder from git's history of `dvc.lock`, and the list of its files from
    the cache on this disk. A folder is named if no file was the same in one version as in the one before. Where
    the cache has no lists, there is nothing to say.

    ## Why it matters
    DVC keeps each file of a folder once, however many versions have it. That saves nothing if a run changes
    them all: by a time stamp, a random order or name, or compression that is never twice the same.

    ## Example
    ```yaml dvc.yaml
    stages:
      split:
        cmd: python split.py
        deps:
        - split.py
        outs:
        - parts
    #     ^^^^^
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      split:
        cmd: python split.py
        deps:
        - path: split.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: parts
          hash: md5
          md5: 30000000000000000000000000000003.dir
          size: 200
          nfiles: 2
    ```
    ```yaml HEAD~1:dvc.lock
    schema: '2.0'
    stages:
      split:
        cmd: python split.py
        outs:
        - path: parts
          md5: 20000000000000000000000000000002.dir
          size: 200
    ```
    ```yaml HEAD~2:dvc.lock
    schema: '2.0'
    stages:
      split:
        cmd: python split.py
        outs:
        - path: parts
          md5: 10000000000000000000000000000001.dir
          size: 200
    ```
    ```json .dvc/cache/files/md5/30/000000000000000000000000000003.dir
    [{"md5": "c1", "relpath": "a.gz"}, {"md5": "c2", "relpath": "b.gz"}]
    ```
    ```json .dvc/cache/files/md5/20/000000000000000000000000000002.dir
    [{"md5": "b1", "relpath": "a.gz"}, {"md5": "b2", "relpath": "b.gz"}]
    ```
    ```json .dvc/cache/files/md5/10/000000000000000000000000000001.dir
    [{"md5": "a1", "relpath": "a.gz"}, {"md5": "a2", "relpath": "b.gz"}]
    ```
    ```text git
    dvc.lock
    split.py
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      split:
        cmd: python split.py
        deps:
        - split.py
        outs:
        - parts
    ```
    ```yaml dvc.lock
    schema: '2.0'
    stages:
      split:
        cmd: python split.py
        deps:
        - path: split.py
          hash: md5
          md5: d41d8cd98f00b204e9800998ecf8427e
          size: 0
        outs:
        - path: parts
          hash: md5
          md5: 30000000000000000000000000000003.dir
          size: 200
          nfiles: 2
    ```
    ```yaml HEAD~1:dvc.lock
    schema: '2.0'
    stages:
      split:
        cmd: python split.py
        outs:
        - path: parts
          md5: 20000000000000000000000000000002.dir
          size: 200
    ```
    ```yaml HEAD~2:dvc.lock
    schema: '2.0'
    stages:
      split:
        cmd: python split.py
        outs:
        - path: parts
          md5: 10000000000000000000000000000001.dir
          size: 200
    ```
    ```json .dvc/cache/files/md5/30/000000000000000000000000000003.dir
    [{"md5": "a1", "relpath": "a.gz"}, {"md5": "c2", "relpath": "b.gz"}]
    ```
    ```json .dvc/cache/files/md5/20/000000000000000000000000000002.dir
    [{"md5": "a1", "relpath": "a.gz"}, {"md5": "b2", "relpath": "b.gz"}]
    ```
    ```json .dvc/cache/files/md5/10/000000000000000000000000000001.dir
    [{"md5": "a1", "relpath": "a.gz"}, {"md5": "a2", "relpath": "b.gz"}]
    ```
    ```text git
    dvc.lock
    split.py
    ```

    ## Options
    - `min-versions` (3): folders of which fewer versions are known are left alone.
    - `min-files` (2): folders with fewer files are left alone.
    """
    folders = [found for found in graph.derived(recorded_outs) if found.out.cache and found.entry.is_folder]
    cache = Cache(graph.index.project)
    folders = [found for found in folders if cache.files_of(found.entry.md5 or "") is not None]
    if not folders:
        return
    count = graph.derived(recent_count)  # what 'pipelinekit cost' says, too
    for out, entry, stage, record in folders:
        output = count.outputs.get(out.path)
        listed = [cache.files_of(key.md5) for key in (output.contents if output is not None else ())]
        found_lists = [files for files in listed if files is not None and len(files) >= min_files]
        if len(found_lists) < min_versions:
            continue
        if have_nothing_in_common(found_lists):
            yield Finding(
                out.node,
                f"each of the last {len(found_lists)} versions of {out.path} has no file in common with the one before",
                why="the cache keeps every one of them whole",
                help="Write the same bytes for the same content: no time stamps, a fixed order, fixed names.",
                related=[(record.lock.place_of(record.locked, entry), "the latest version")],
                stage=stage,
            )
