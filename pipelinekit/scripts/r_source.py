"""What R code says of the files that it uses: what it sources, reads and writes, as far as it says so in literals.

There is no grammar of R to be had that is kept well, so calls are found by a scanner that knows strings, comments
and brackets. An argument counts if it is a string, a variable that is given one once, or `file.path`, `here`,
`paste0` of such; everything else is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.paths import folder_of, is_outside, is_url, join
from pipelinekit.project.project import Project

RUseMode = Literal["run", "read", "write", "remove", "setwd"]


class RUse(NamedTuple):
    """A file that a call names; `start` and `end` are offsets of the call in the text."""

    mode: RUseMode
    #: relative to the working folder, or (`from_root`) to the top of the project
    path: str
    start: int
    end: int
    from_root: bool


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class _Path(NamedTuple):
    text: str
    from_root: bool = False


#: A file with more text than this is data rather than code.
_LONGEST = 500_000
_DEEPEST = 50
_TOKEN = re.compile(
    r"""(?P<blank>\s+|\#[^\n]*)
    |(?P<raw>[rR](?P<quote>["'])(?P<dashes>-*)\((?P<inner>.*?)\)(?P=dashes)(?P=quote))
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>`[^`\n]*`|[A-Za-z.][\w.]*(?:::?:?[A-Za-z.][\w.]*)?)
    |(?P<assign><<?-|->>?)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_CHUNK = re.compile(r"^[ \t]*```+\s*\{\s*[rR]\b[^}\n]*\}[^\n]*\n(.*?)^[ \t]*```+[ \t]*$", re.MULTILINE | re.DOTALL)
_DOCUMENTS = (".rmd", ".qmd", ".rnw", ".rmarkdown")


def _calls(
    mode: RUseMode, position: int, names: str, argument: str
) -> dict[str, tuple[RUseMode, int, tuple[str, ...]]]:
    return {name: (mode, position, tuple(argument.split())) for name in names.split()}


#: By function: what it does with a file, and which argument that is (by position from 0, or by name).
_FUNCTIONS: dict[str, tuple[RUseMode, int, tuple[str, ...]]] = {
    **_calls("run", 0, "source sys.source", "file"),
    **_calls("run", 0, "render knit spin quarto_render", "input"),
    **_calls("setwd", 0, "setwd", "dir"),
    **_calls(
        "read",
        0,
        "read.csv read.csv2 read.table read.delim read.delim2 readRDS load readLines scan read_csv read_csv2 read_tsv"
        " read_delim read_rds read_lines read_file read_table read_fwf fread read_excel read_xlsx read_xls read_parquet"
        " read_feather read_arrow read_fst read.fst st_read read_sf read_json yaml.load_file read_yaml vroom qread"
        " read_sas read_sav read_dta read.dta read.spss readOGR rast read_html read_xml readPNG readJPEG",
        "file path input dsn filename x txt",
    ),
    **_calls(
        "write",
        1,
        "write.csv write.csv2 write.table saveRDS writeLines write_csv write_csv2 write_tsv write_delim write_rds"
        " write_lines write_file fwrite write_parquet write_feather write_arrow write_fst write.fst write_json"
        " write_yaml st_write write_sf qsave write_xlsx write_excel_csv write_sas write_sav write_dta saveWidget gtsave"
        " writeRaster write_html export write",
        "file path con sink dsn filename",
    ),
    **_calls("write", 0, "ggsave png jpeg tiff bmp svg svglite agg_png CairoPNG", "filename file"),
    **_calls("write", 0, "pdf cairo_pdf postscript sink save.image tiff", "file filename"),
    # `save(a, b, file = "x")`: only by name
    **_calls("write", 999, "save cat dput dump capture.output", "file"),
    **_calls("remove", 0, "unlink file.remove", "x"),
}


@lru_cache(maxsize=2048)
def r_uses(text: str, *, is_document: bool = False) -> tuple[RUse, ...]:
    """The files that R code names in calls, in order; of an R Markdown document, in its chunks of R."""
    if len(text) > _LONGEST:
        return ()
    code = _only_chunks(text) if is_document else text
    tokens = [token for token in _tokens(code) if token.kind != "blank"]
    constants = _constants(tokens)
    return tuple(_uses(tokens, constants))


def run_by_expression(code: str) -> list[str]:
    """The files that an expression (`Rscript -e '…'`) sources or renders."""
    return [use.path for use in r_uses(code) if use.mode == "run"]


def is_r(path: str) -> bool:
    """Whether a file is R code, or a document that may hold some."""
    return path.lower().endswith((".r", *_DOCUMENTS))


def sourced_files(project: Project, path: str, folder: str = ".") -> list[str]:
    """The files of the project that an R script sources, directly and through others; `folder` is where it runs."""
    return list(sources(project, path, folder))


def sources(project: Project, path: str, folder: str = ".") -> dict[str, tuple[str, RUse]]:
    """The same files, each with the file that sources it first, and the call there."""
    found: dict[str, tuple[str, RUse]] = {}
    waiting = [path]
    while waiting and len(found) < 1000:
        current = waiting.pop()
        for use, target in uses_in(project, current, folder):
            if use.mode == "run" and target != path and target not in found and project.disk.kind(target) == "file":
                found[target] = (current, use)
                waiting.append(target)
    return found


def uses_in(project: Project, path: str, folder: str) -> Iterator[tuple[RUse, str]]:
    """What a file of R code uses, with paths of the project; `folder` is where the code runs."""
    text = _text(project, path)
    is_document = path.lower().endswith(_DOCUMENTS)
    here = folder_of(path) if is_document else folder
    if is_document and "execute-dir" in _quarto_settings(project, path):
        return
    for use in r_uses(text, is_document=is_document):
        if is_url(use.path) or use.path.startswith("~"):
            continue
        target = join("." if use.from_root else here, use.path, project.root)
        if use.mode == "setwd":
            here = target
        elif not is_outside(target) and target != ".":
            yield use, target


def _text(project: Project, path: str) -> str:
    try:
        return project.disk.read(path)
    except (FileNotFoundError, UnreadableError):
        return ""


def _quarto_settings(project: Project, path: str) -> str:
    folder = folder_of(path)
    while True:
        for name in ("_quarto.yml", "_quarto.yaml"):
            settings = posixpath.normpath(f"{folder}/{name}")
            if project.disk.kind(settings) == "file":
                return _text(project, settings)
        if folder == ".":
            return ""
        folder = folder_of(folder)


# --- the scanner ----------------------------------------------------------------------------------------------


def _only_chunks(text: str) -> str:
    """A document with everything but its R blanked out, so that offsets stay."""
    pieces: list[str] = []
    position = 0
    for match in _CHUNK.finditer(text):
        pieces.append(re.sub(r"[^\n]", " ", text[position : match.start(1)]))
        pieces.append(match[1])
        position = match.end(1)
    pieces.append(re.sub(r"[^\n]", " ", text[position:]))
    return "".join(pieces)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if match["raw"] is not None:
            yield _Token("string", match["inner"], match.start(), match.end())
        elif kind == "string":
            yield _Token("string", _unquoted(match[0]), match.start(), match.end())
        else:
            yield _Token(kind, match[0], match.start(), match.end())


def _unquoted(source: str) -> str:
    # a path with an escape in it is one of Windows, if it is one
    return re.sub(r"\\(.)", r"\1", source[1:-1], flags=re.DOTALL)


def _constants(tokens: list[_Token]) -> dict[str, str | None]:
    """The variables that are given a string, and nothing else, at the top of the code."""
    found: dict[str, str | None] = {}
    depth = 0
    for index, token in enumerate(tokens[:-2]):
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "other" else 0
        sign = tokens[index + 1]
        if token.kind != "name" or (not (sign.kind == "assign" and sign.text.startswith("<")) and sign.text != "="):
            continue
        if sign.text == "=" and depth > 0:
            continue  # an argument
        value = tokens[index + 2]
        alone = (
            index + 3 >= len(tokens) or tokens[index + 3].kind in ("name", "string") or tokens[index + 3].text in "})"
        )
        is_constant = value.kind == "string" and depth == 0 and alone and token.text not in found
        found[token.text] = value.text if is_constant else None
    return found


def _uses(tokens: list[_Token], constants: dict[str, str | None]) -> Iterator[RUse]:
    for index, token in enumerate(tokens[:-1]):
        if token.kind != "name" or tokens[index + 1].text != "(" or (index and tokens[index - 1].text in ("$", "@")):
            continue
        entry = _FUNCTIONS.get(token.text.rpartition(":")[2])
        if entry is None:
            continue
        mode, position, names = entry
        arguments, end = _arguments(tokens, index + 1)
        piped = index > 1 and (tokens[index - 1].text, tokens[index - 2].text) in ((">", "|"), ("%", ">"))
        path = _chosen(arguments, position - piped, names, constants)
        if mode == "setwd" and path is None:
            return  # from here on nobody knows where it is
        if path is not None and path.text and not re.search(r"[\n\0%]|^(?:https?|ftp|s3):", path.text):
            yield RUse(mode, path.text, token.start, end, path.from_root)


_Argument = tuple[str, list[_Token]]


def _arguments(tokens: list[_Token], opening: int) -> tuple[list[_Argument], int]:
    """The arguments of a call, each with its name, and where the call ends."""
    arguments: list[_Argument] = []
    current: list[_Token] = []
    depth = 0
    end = tokens[opening].end
    for token in tokens[opening:]:
        end = token.end
        if token.kind == "other" and token.text in "([{":
            depth += 1
            if depth == 1:
                continue
        elif token.kind == "other" and token.text in ")]}":
            depth -= 1
            if depth == 0:
                break
        if depth == 1 and token.text == "," and token.kind == "other":
            arguments.append(_named(current))
            current = []
        else:
            current.append(token)
    if current:
        arguments.append(_named(current))
    return arguments, end


def _named(tokens: list[_Token]) -> _Argument:
    if len(tokens) > 2 and tokens[0].kind == "name" and tokens[1].text == "=":
        return tokens[0].text, tokens[2:]
    return "", tokens


def _chosen(
    arguments: list[_Argument], position: int, names: tuple[str, ...], constants: dict[str, str | None]
) -> _Path | None:
    for name in names:
        for given, tokens in arguments:
            if given == name:
                return _value(tokens, constants)
    unnamed = [tokens for given, tokens in arguments if not given]
    return _value(unnamed[position], constants) if 0 <= position < len(unnamed) else None


def _value(tokens: list[_Token], constants: dict[str, str | None], depth: int = 0) -> _Path | None:
    """What an argument comes to, if it is made of strings alone."""
    if not tokens or depth > _DEEPEST:
        return None
    if len(tokens) == 1:
        token = tokens[0]
        if token.kind == "string":
            return _Path(token.text)
        value = constants.get(token.text) if token.kind == "name" else None
        return _Path(value) if value is not None else None
    function = tokens[0].text.rpartition(":")[2]
    if tokens[0].kind != "name" or tokens[1].text != "(" or function not in ("file.path", "here", "paste0", "path"):
        return None
    arguments, end = _arguments(tokens, 1)
    if end != tokens[-1].end or any(given for given, _ in arguments):
        return None
    parts = [_value(argument, constants, depth + 1) for _, argument in arguments]
    known = [part for part in parts if part is not None]
    if len(known) != len(parts) or not known or any(part.from_root for part in known[1:]):
        return None
    text = ("" if function == "paste0" else "/").join(part.text for part in known)
    return _Path(text, function == "here" or known[0].from_root)
