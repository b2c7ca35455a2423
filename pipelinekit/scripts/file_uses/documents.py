"""Programs that make documents and pictures: notebooks, LaTeX, images."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise

from pipelinekit.scripts.arguments import read_arguments, valued
from pipelinekit.scripts.file_uses.use import Use, read_all, with_suffix, within, write_all
from pipelinekit.scripts.runs import JUPYTEXT, NBCONVERT, PAPERMILL
from pipelinekit.scripts.shell import Word

_NOTEBOOK_FORMATS = {
    "html": ".html",
    "pdf": ".pdf",
    "webpdf": ".pdf",
    "markdown": ".md",
    "latex": ".tex",
    "rst": ".rst",
    "slides": ".slides.html",
    "notebook": ".nbconvert.ipynb",
}


def papermill(words: tuple[Word, ...]) -> Iterator[Use]:
    """`papermill in.ipynb out.ipynb`: the first is run, not read."""
    arguments = read_arguments(words, PAPERMILL)
    yield from read_all(arguments.values("-f", "--parameters_file"))
    yield from write_all(arguments.values("--stdout-file", "--stderr-file"))
    yield from write_all(arguments.operands[1:2])


def nbconvert(words: tuple[Word, ...]) -> Iterator[Use]:
    """`jupyter nbconvert --to html x.ipynb` makes `x.html` next to it."""
    arguments = read_arguments(words, NBCONVERT)
    notebooks = arguments.operands
    if not arguments.has("--execute"):
        yield from read_all(notebooks)
    if arguments.has("--stdout") or len(notebooks) != 1 or notebooks[0].text is None:
        return
    notebook = notebooks[0]
    if arguments.has("--inplace"):
        yield Use("write", notebook)
        return
    to, named, folder = arguments.value("--to"), arguments.value("--output"), arguments.value("--output-dir")
    suffix = _NOTEBOOK_FORMATS.get((to.text or "") if to is not None else "html")
    if suffix is None or (named is not None and named.text is None) or (folder is not None and folder.text is None):
        return
    base, _ = posixpath.splitext(posixpath.basename(notebook.text or ""))
    name = base + suffix
    if named is not None:
        given = named.text or ""
        plain = ".ipynb" if suffix == ".nbconvert.ipynb" else suffix
        name = given if given.endswith(plain) else given + plain
    where = (folder.text or "") if folder is not None else posixpath.dirname(notebook.text or "")
    yield Use("write", (named or notebook)._replace(text=posixpath.join(where, name)))


_JUPYTEXT_FORMATS = {
    "notebook": ".ipynb",
    "ipynb": ".ipynb",
    "py": ".py",
    "script": ".py",
    "md": ".md",
    "markdown": ".md",
}


def jupytext(words: tuple[Word, ...]) -> Iterator[Use]:
    """`jupytext --to notebook x.py` makes `x.ipynb`."""
    arguments = read_arguments(words, JUPYTEXT)
    to, named = arguments.value("--to"), arguments.value("-o", "--output")
    if not arguments.has("--execute"):
        yield from read_all(arguments.operands)
    if named is not None:
        yield Use("write", named)
    elif to is not None and not arguments.has("--sync", "--test", "--test-strict"):
        suffix = _JUPYTEXT_FORMATS.get((to.text or "").partition(":")[0])
        for word in arguments.operands:
            base, old = posixpath.splitext(word.text or "")
            if suffix is not None and old and old != suffix:
                yield Use("write", word._replace(text=base + suffix))


def quarto(words: tuple[Word, ...]) -> Iterator[Use]:
    """`quarto render x.qmd --output x.pdf`; without a name, its own settings decide."""
    arguments = read_arguments(words, valued("--to -t --output -o --output-dir -P --execute-dir -M --profile"))
    named, folder = arguments.value("-o", "--output"), arguments.value("--output-dir")
    if named is not None and named.text and "/" not in named.text and folder is None and len(arguments.operands) == 1:
        where = posixpath.dirname(arguments.operands[0].text or "")
        yield Use("write", named._replace(text=posixpath.join(where, named.text)))


def latex(words: tuple[Word, ...]) -> Iterator[Use]:
    """`pdflatex x.tex` makes `x.pdf`, where it runs."""
    arguments = read_arguments(
        words, valued("-output-directory --output-directory -outdir --outdir -jobname --jobname -e -interaction")
    )
    folder = arguments.value("-output-directory", "--output-directory", "-outdir", "--outdir")
    for word in arguments.operands[:1]:
        source = with_suffix(word, ".tex")
        yield Use("read", source)
        name = posixpath.splitext(posixpath.basename(source.text or ""))[0] + ".pdf"
        placed = within(folder, word._replace(text=name))
        if placed is not None and word.text and not arguments.has("-jobname", "--jobname"):
            yield Use("write", placed)


def latex_next_to_it(words: tuple[Word, ...]) -> Iterator[Use]:
    """`calkit latex build paper/main.tex` makes `paper/main.pdf`."""
    for word in read_arguments(words, valued("-e --environment --latexmk-rc")).operands[:1]:
        if (word.text or "").endswith(".tex"):
            yield Use("read", word)
            yield Use("write", word._replace(text=(word.text or "")[:-4] + ".pdf"))


_IMAGE = re.compile(r"[\w./ -]+\.(?:png|jpe?g|gif|svg|pdf|tiff?|webp|bmp|eps)\Z", re.IGNORECASE)


def convert(words: tuple[Word, ...]) -> Iterator[Use]:
    """ImageMagick: the first picture becomes the last."""
    inner = words[1:] if words and words[0].text in ("convert", "mogrify") else words
    if len(inner) >= 2 and _IMAGE.match(inner[0].text or "") and _IMAGE.match(inner[-1].text or ""):
        yield Use("read", inner[0])
        yield Use("write", inner[-1])


def ffmpeg(words: tuple[Word, ...]) -> Iterator[Use]:
    """`ffmpeg -i in.wav out.mp3`."""
    for before, word in pairwise(words):
        if before.text == "-i" and "%" not in (word.text or ""):
            yield Use("read", word)
    last = words[-1] if words else None
    is_file = last is not None and re.search(r"\.\w{2,5}\Z", last.text or "") and "%" not in (last.text or "")
    if last is not None and is_file and [word.text for word in words[-2:-1]] != ["-i"]:
        yield Use("write", last)
