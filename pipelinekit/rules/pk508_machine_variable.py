from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.among import stages_mentioning
from pipelinekit.graph.graph import Graph
from pipelinekit.resolve.stage import Stage
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.scripts.connections import variables_in
from pipelinekit.scripts.invocations import all_invocations, by_line, word_place

_NAMES = frozenset({"HOME", "USER", "LOGNAME", "USERNAME", "HOSTNAME", "USERPROFILE", "HOMEPATH", "COMPUTERNAME"})


@rule(
    "PK508", "machine-variable", level="advice", since="0.1.0", reads=("cmd", "wdir"), among=stages_mentioning(*_NAMES)
)
def machine_variable(stage: Stage, graph: Graph) -> Iterator[Finding]:
    """A command depends on who runs it, and where.

    ## What it does
    Finds variables of the shell that differ from machine to machine: `$HOME`, `$USER`, `$HOSTNAME` and their
    like.

    ## Why it matters
    The command looks the same everywhere, so DVC takes it for the same; what it does is not. A colleague gets
    another result from the same commit, or none.

    ## Example
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --cache $HOME/cache
    #                                ^^^^^
        deps:
        - train.py
        outs:
        - model.pkl
    ```

    ## Use instead
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py --cache .cache
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    """
    for invocations in by_line(graph.derived(all_invocations)[stage]):
        first = invocations[0]
        set_here = {name for invocation in invocations for name, _ in invocation.parsed.assignments}
        for variable in variables_in(first.line):
            if variable.text in _NAMES and variable.text not in set_here:
                yield Finding(
                    word_place(stage, first, variable._replace(text=None)),
                    f"${variable.text} is another on each machine",
                    why="DVC takes the command for the same everywhere, but it does not do the same",
                    help="Write a path inside of the project, or a parameter.",
                    stage=stage,
                )
