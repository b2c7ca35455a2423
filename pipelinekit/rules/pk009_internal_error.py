from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule


@rule("PK009", "internal-error", level="error", since="0.1.0")
def internal_error(graph: Graph) -> Iterator[Finding]:
    """A rule crashed, or a fix did something that it had not declared.

    ## What it does
    Stands in for a rule that failed on your files. The run goes on without it. A fix whose result is not what
    it said it would be is taken back, and reported here too.

    ## Why it matters
    What that rule would have found is not known. Your files are as they were: a fix that fails its check is
    never written.

    It is a bug in pipelinekit, or in a rule of your own. Please report it.
    """
    yield from ()
