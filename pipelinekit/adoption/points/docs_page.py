"""A page about the pipeline, generated and current."""

from __future__ import annotations

from pipelinekit.adoption.looked import Looked
from pipelinekit.adoption.point import Verdict
from pipelinekit.adoption.question import Question
from pipelinekit.docs.page import DEFAULT_FILE, docs_page, is_generated
from pipelinekit.project.disk import UnreadableError

_FOLDERS = (".", "docs")


def look(looked: Looked) -> Verdict:
    """Whether there is a page that `pipelinekit docs` wrote, and it still says what is so."""
    found = page_file(looked)
    if found is None:
        return Verdict("missing", ("no page of 'pipelinekit docs' is there",), f"pipelinekit docs -o {DEFAULT_FILE}")
    if looked.project.disk.read(found) != docs_page(looked.graph):
        return Verdict("partly", (f"{found}:1 is out of date",), f"pipelinekit docs -o {quoted(found)}")
    return Verdict("done", (f"{found}:1",))


def page_file(looked: Looked) -> str | None:
    """The first page at the top of the project, or in `docs`, that was generated."""
    disk = looked.project.disk
    for folder in _FOLDERS:
        for name in disk.names(folder):
            path = name if folder == "." else f"{folder}/{name}"
            if not name.endswith(".md") or disk.kind(path) != "file":
                continue
            try:
                if is_generated(disk.read(path)):
                    return path
            except (UnreadableError, FileNotFoundError):
                continue
    return None


def quoted(path: str) -> str:
    """A path for a shell."""
    import shlex

    return shlex.quote(path)


QUESTION = Question(
    "docs-page", "a page about the pipeline", "team", "what makes what stands where all find it", 1, look
)
