"""Downloads whose target moves: what they bring is another thing tomorrow, under the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelinekit.scripts.arguments import Arguments, read_arguments, valued
from pipelinekit.scripts.file_uses.downloads import CURL, WGET
from pipelinekit.scripts.shell import SimpleCommand, Word
from pipelinekit.scripts.wrappers import program_of, unwrapped

#: Parts of a URL that name whatever is newest.
_NEWEST = re.compile(
    r"""(?:^|[/._-])(?:latest|nightly|current|current-release|newest|snapshot)(?=[/._?-]|$)
    |/(?:archive|tarball|zipball|raw|blob)/(?:refs/heads/)?(?:main|master|develop|trunk|HEAD)(?=[/.]|$)
    |raw\.githubusercontent\.com/[^/]+/[^/]+/(?:refs/heads/[^/]+|main|master|develop|HEAD)/
    |huggingface\.co/.+/resolve/(?:main|master)/
    |/-/(?:raw|archive)/(?:main|master|HEAD)/""",
    re.VERBOSE | re.IGNORECASE,
)
_CHECKS = frozenset({"md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "shasum", "b2sum", "gpg"})
_VERSION = re.compile(r"(?:==|===|~=|<=|<|@)\s*\S")
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.-]*(?<!\.whl)(?<!\.gz)(?<!\.zip)(?:\[[\w,-]*\])?(?:[<>=!~ ].*)?\Z")
_HUGGING_FACE = valued("--revision --local-dir --repo-type --include --exclude --token --cache-dir")
_PIP = valued(
    "-r --requirement -c --constraint -e --editable -t --target -i --index-url --extra-index-url -f --find-links"
    " --no-binary --only-binary --prefix --root --src --python --platform --progress-bar --cache-dir --trusted-host"
    " --config-settings --global-option --timeout --retries --report --log --upgrade-strategy"
)
_CLONE = valued("-b --branch --depth -c --config -o --origin --reference -j --jobs --filter --shallow-since")


class Moving(NamedTuple):
    """The word of a command that names something which moves, what that is, and how to pin it."""

    word: Word
    what: str
    remedy: str


def moving_targets(commands: list[SimpleCommand]) -> Iterator[Moving]:
    """What the commands of one stage fetch without saying which version of it."""
    unwrapped_words = [unwrapped(command).words for command in commands]
    is_checked = any(program_of(words) in _CHECKS for words in unwrapped_words)
    goes_to_commit = any(_goes_to_commit(words) for words in unwrapped_words)
    for words in unwrapped_words:
        program = program_of(words)
        if program in ("wget", "curl") and not is_checked:
            yield from _newest(words, WGET if program == "wget" else CURL)
        elif program == "git" and not goes_to_commit:
            yield from _clone(words)
        elif program in ("pip", "pip3"):
            yield from _pip(words[1:])
        elif program.startswith("python") and [word.text for word in words[1:3]] == ["-m", "pip"]:
            yield from _pip(words[3:])
        elif program == "uv" and [word.text for word in words[1:2]] == ["pip"]:
            yield from _pip(words[2:])
        elif program == "dvc":
            yield from _dvc(words[1:])
        elif program in ("hf", "huggingface-cli"):
            yield from _hugging_face(words[1:])


def _newest(words: tuple[Word, ...], options: dict[str, int]) -> Iterator[Moving]:
    for word in read_arguments(words[1:], options).operands:
        if "://" in (word.text or "") and _NEWEST.search(word.text or ""):
            yield Moving(word, "whatever is newest there", "Name a version in the URL, or check its checksum.")


def _clone(words: tuple[Word, ...]) -> Iterator[Moving]:
    arguments = read_arguments(words[1:], _CLONE)
    if [word.text for word in arguments.operands[:1]] != ["clone"] or len(arguments.operands) < 2:
        return
    branch = arguments.value("-b", "--branch")
    repository = arguments.operands[1]
    if repository.text and (branch is None or branch.text in ("main", "master", "develop", "HEAD")):
        yield Moving(repository, "the newest commit", "Check out a tag or a commit: 'git clone --branch v1.0 …'.")


def _goes_to_commit(words: tuple[Word, ...]) -> bool:
    texts = [word.text for word in words]
    if not texts or texts[0] != "git":
        return False
    return any(word in texts for word in ("checkout", "reset", "switch", "submodule", "fetch"))


def _pip(words: tuple[Word, ...]) -> Iterator[Moving]:
    arguments = read_arguments(words, _PIP)
    if [word.text for word in arguments.operands[:1]] != ["install"] or _is_constrained(arguments):
        return
    for word in arguments.operands[1:]:
        text = word.text
        if text is None or not _is_moving_package(text):
            continue
        yield Moving(word, "its newest version", "Pin the version ('name==1.2.3'), or install from a lock file.")
        return  # one of a list says it for all


def _is_constrained(arguments: Arguments) -> bool:
    return arguments.has("-c", "--constraint", "--require-hashes", "--no-index", "-f", "--find-links")


def _is_moving_package(text: str) -> bool:
    if text.startswith(("git+", "hg+")):
        revision = text.rpartition("@")[2] if "@" in text.partition("://")[2] else ""
        revision = revision.partition("#")[0]
        return not revision or revision in ("main", "master", "develop", "HEAD") or "/" in revision
    # anything else is a path, a URL, or an archive
    return _PACKAGE.match(text) is not None and _VERSION.search(text) is None


def _dvc(words: tuple[Word, ...]) -> Iterator[Moving]:
    arguments = read_arguments(words, valued("-o --out --rev --remote --remote-config --config -j --jobs"))
    revision = arguments.value("--rev")
    if [word.text for word in arguments.operands[:1]] != ["get"] or len(arguments.operands) < 3:
        return
    if "://" in (arguments.operands[1].text or "") and (revision is None or revision.text in ("main", "master")):
        yield Moving(arguments.operands[1], "the newest commit", "Say which: '--rev v1.0'.")


def _hugging_face(words: tuple[Word, ...]) -> Iterator[Moving]:
    arguments = read_arguments(words, _HUGGING_FACE)
    revision = arguments.value("--revision")
    if [word.text for word in arguments.operands[:1]] != ["download"] or len(arguments.operands) < 2:
        return
    if arguments.operands[1].text and (revision is None or revision.text == "main"):
        yield Moving(arguments.operands[1], "the newest commit", "Say which: '--revision' and a commit.")
