"""Programs that fetch files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from pipelinekit.scripts.arguments import Arguments, read_arguments, valued
from pipelinekit.scripts.file_uses.use import Reader, Use, read_all, within, write_all
from pipelinekit.scripts.shell import Word

WGET = valued(
    "-O --output-document -P --directory-prefix -o --output-file -a --append-output -i --input-file -t --tries -T"
    " --timeout -w --wait -U --user-agent --user --password --header --post-data --post-file -e --execute --limit-rate"
    " -l --level -A --accept -R --reject -D --domains -Q --quota --load-cookies --save-cookies --cut-dirs -B --base"
    " --method --body-data --ca-certificate --referer --progress --max-redirect"
)
CURL = valued(
    "-o --output -H --header -X --request -d --data --data-binary --data-raw --data-urlencode --data-ascii -u --user -A"
    " --user-agent -e --referer -b --cookie -c --cookie-jar -F --form -T --upload-file -K --config -m --max-time"
    " --connect-timeout --retry --retry-delay --retry-max-time -x --proxy -w --write-out -r --range -Y -y -C"
    " --continue-at -D --dump-header -E --cert --key --cacert --capath --url --output-dir --limit-rate --max-redirs -z"
    " --time-cond --proxy-user --resolve --interface --json -Q --quote --create-file-mode --rate"
)


def wget(words: tuple[Word, ...]) -> Iterator[Use]:
    """`wget URL -O file`, `wget -P folder URL`."""
    arguments = read_arguments(words, WGET)
    yield from read_all(arguments.values("-i", "--input-file", "--post-file"))
    yield from write_all(arguments.values("-o", "--output-file", "-a", "--append-output"))
    named = arguments.values("-O", "--output-document")
    if named:
        yield from write_all(named)
        return
    folder = arguments.value("-P", "--directory-prefix")
    if arguments.has(
        "-r", "--recursive", "-m", "--mirror", "-x", "--force-directories", "--content-disposition", "--spider"
    ):
        if folder is not None:
            yield Use("write", folder, is_folder=True)
        return
    for word in arguments.operands:
        name = _name_in_url(word.text)
        placed = within(folder, word._replace(text=name)) if name is not None else None
        if placed is not None:
            yield Use("write", placed)


def curl(words: tuple[Word, ...]) -> Iterator[Use]:
    """`curl -o file URL`, `curl -O URL`."""
    arguments = read_arguments(words, CURL)
    folder = arguments.value("--output-dir")
    yield from read_all(arguments.values("-T", "--upload-file", "-K", "--config"))
    for word in arguments.values("-d", "--data", "--data-binary", "--data-urlencode", "-F", "--form", "--json"):
        _, sign, file = (word.text or "").partition("@")
        if sign and file:
            yield Use("read", word._replace(text=file.partition(";")[0]))
    for word in arguments.values("-o", "--output", "-D", "--dump-header"):
        placed = within(folder, word)
        if placed is not None and "#" not in (word.text or ""):
            yield Use("write", placed)
    if arguments.has("-O", "--remote-name", "--remote-name-all") and not arguments.has("-J", "--remote-header-name"):
        for word in (*arguments.operands, *arguments.values("--url")):
            name = _name_in_url(word.text)
            placed = within(folder, word._replace(text=name)) if name is not None else None
            if placed is not None:
                yield Use("write", placed)


def _name_in_url(text: str | None) -> str | None:
    """The name under which the file behind a URL is saved; None where that depends on the server."""
    match = re.fullmatch(r"[a-z]+://[^/?#\s]+(?:/[^/?#\s]*)*/([^/?#\s]+)", text or "")
    return match[1] if match is not None and "%" not in match[1] and "{" not in match[1] else None


def fetching_into(*options: str, table: str = "", default: Callable[[Arguments], str | None] | None = None) -> Reader:
    """Programs that fetch into a folder or a file that an option names."""
    known = {**valued(table), **dict.fromkeys(options, 1)}

    def read(words: tuple[Word, ...]) -> Iterator[Use]:
        arguments = read_arguments(words, known)
        folder = arguments.value(*options)
        if folder is not None:
            yield Use("write", folder, is_folder=True)
        elif default is not None and words:
            name = default(arguments)
            if name is not None:
                yield Use("write", words[-1]._replace(text=name))

    return read


def dvc_get(words: tuple[Word, ...]) -> Iterator[Use]:
    """`dvc get URL path [-o out]`."""
    arguments = read_arguments(words, valued("-o --out --rev --remote --remote-config --config -j --jobs"))
    named = arguments.value("-o", "--out")
    if named is not None:
        source = arguments.operands[1].text if len(arguments.operands) > 1 else None
        yield Use("write", named, posixpath.basename((source or "").rstrip("/")) or None)
    elif len(arguments.operands) == 2:
        path = arguments.operands[1]
        yield Use("write", path._replace(text=posixpath.basename((path.text or "").rstrip("/"))))


def dvc_get_url(words: tuple[Word, ...]) -> Iterator[Use]:
    """`dvc get-url URL [out]`."""
    operands = read_arguments(words, valued("-j --jobs --remote --fs-config --file --desc --type")).operands
    if len(operands) == 2:
        yield Use("write", operands[1], posixpath.basename((operands[0].text or "").rstrip("/")) or None)
    elif len(operands) == 1:
        yield Use("write", operands[0]._replace(text=posixpath.basename((operands[0].text or "").rstrip("/"))))


def clone(words: tuple[Word, ...]) -> Iterator[Use]:
    """`git clone URL [folder]`."""
    operands = read_arguments(
        words, valued("-b --branch --depth -c --config -o --origin --reference -j --jobs")
    ).operands
    if len(operands) == 2:
        yield Use("write", operands[1], is_folder=True)
    elif len(operands) == 1 and operands[0].text:
        name = posixpath.basename(operands[0].text.rstrip("/")).removesuffix(".git")
        yield Use("write", operands[0]._replace(text=name), is_folder=True)


def gdown(words: tuple[Word, ...]) -> Iterator[Use]:
    """`gdown ID -O file`."""
    arguments = read_arguments(words, valued("-O --output --id --proxy --speed --cookies --format --user-agent"))
    named = arguments.value("-O", "--output")
    if named is not None:
        yield Use("write", named, is_folder=arguments.has("--folder") or (named.text or "").endswith("/"))
