from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.paths import is_pipeline_file
from pipelinekit.resolve.stage import Out, Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK305", "output-contains-pipeline-file", level="error", since="0.1.0")
def output_contains_pipeline_file(graph: Graph) -> Iterator[Finding]:
    """An output is, or holds, a `dvc.yaml` or a `.dvc` file.

    ## What it does
    Finds outputs that are pipeline files themselves, and folders among the outputs in which pipeline files lie.

    ## Why it matters
    DVC deletes outputs before it runs their stage. It refuses a pipeline file as an output; one in a folder
    that is an output is refused, or passed over without a word, as the order of the folders has it.

    ## Example
    ```yaml dvc.yaml
    stages:
      build:
        cmd: python build.py
        deps:
        - build.py
        outs:
        - site
    #     ^^^^
    ```
    ```yaml site/dvc.yaml
    stages:
      render:
        cmd: python render.py
        outs:
        - page.html
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      build:
        cmd: python build.py
        deps:
        - build.py
        outs:
        - site/public
    ```
    ```yaml site/dvc.yaml
    stages:
      render:
        cmd: python render.py
        deps:
        - render.py
        outs:
        - page.html
    ```
    """
    index = graph.index
    for swallowed in index.swallowed:
        yield _explain(swallowed.out, f"the output {swallowed.out.path} holds the pipeline file {swallowed.path}")
    known = {swallowed.path for swallowed in index.swallowed}
    files = [pipeline.path for pipeline in index.pipelines] + [tracked.file for tracked in index.tracked_files]
    for file in files:
        for out in graph.holding(file):
            if file not in known and out.path != file:
                yield _explain(out, f"the output {out.path} holds the pipeline file {file}")
        if "." in graph.outs:
            yield _explain(graph.outs["."][0], f"the output '.' holds the pipeline file {file}")
    for outs in graph.outs.values():
        for out in outs:
            if is_pipeline_file(out.text):
                yield _explain(out, f"the pipeline file {out.text} can't be an output")


def _explain(out: Out, message: str) -> Finding:
    return Finding(
        out.node,
        message,
        why="DVC refuses the project, or acts as if the pipeline file did not exist",
        help="Let the stage write into a folder of its own.",
        stage=out.stage if isinstance(out.stage, Stage) else None,
    )
