"""The Python whose DVC a project uses, to ask it what only DVC can answer; it is called, never imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import Any, NamedTuple

#: As long as a question may take.
SECONDS = 60


_ANSWER = os.path.join(os.path.dirname(__file__), "probe", "answer.py")


class NoAnswerError(Exception):
    """The Python with DVC did not answer at all; the text is the last that it said."""


class Answer(NamedTuple):
    """What came of a question."""

    #: what the probe printed, and more
    output: str
    #: the step that failed; empty if all went well
    step: str
    #: what failed there, outermost first: `type`, `code` and `text`
    errors: list[dict[str, str]]


def ask_dvc(python: str, folder: str, probe: str, question: dict[str, Any], seconds: float = SECONDS) -> Answer:
    """Run a probe, a file that defines `ask`, with a Python that has DVC: `probe/answer.py` says how.

    Raises NoAnswerError, subprocess.TimeoutExpired, and OSError if the Python can't be run.
    """
    with open(_ANSWER, encoding="utf-8") as file:
        program = file.read()
    with open(probe, encoding="utf-8") as file:
        asked = {"probe": file.read(), "question": question}
    result = subprocess.run(
        [python, "-c", program],
        cwd=folder,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    answer = last_json(result.stdout)
    if answer is None:
        raise NoAnswerError((result.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return Answer(result.stdout, "" if "done" in answer else answer["step"], answer.get("errors", []))


def last_json(text: str) -> dict[str, Any] | None:
    """The last line of an output that is a JSON object."""
    for line in reversed(text.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict):
            return answer
    return None


def python_with_dvc(folder: str) -> str | None:
    """The Python whose DVC the project uses: of its environment, of this process, of the `dvc` that is found."""
    names = ("bin/python", "Scripts/python.exe")
    candidates = [os.path.join(folder, venv, *name.split("/")) for venv in (".venv", "venv") for name in names]
    candidates.append(sys.executable)
    dvc = shutil.which("dvc")
    if dvc is not None:
        candidates.append(_interpreter(dvc))
    for python in candidates:
        if python and os.path.exists(python) and _has_dvc(python):
            return python
    return None


def _interpreter(program: str) -> str:
    """What the first line of a script names."""
    try:
        with open(os.path.realpath(program), "rb") as file:
            line = file.readline(1000).decode("utf-8", "replace").strip()
    except OSError:
        return ""
    return line.removeprefix("#!").strip() if line.startswith("#!/") else ""


def _has_dvc(python: str) -> bool:
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('dvc') is None)"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, check=False, timeout=SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


#: What the errors of DVC, fsspec and the services' own libraries mean: in their type, code or text, in this order.
_MEANINGS = (
    (r"requires '?dvc-|MissingDeps|No module named", "extra"),
    (r"NoCredentials|CredentialsError|PartialCredentials|Unable to locate credentials|DefaultCredentialsError", "none"),
    (r"NoSuchBucket|bucket does not exist|ContainerNotFound|NoSuchContainer|specified container does not", "missing"),
    (
        r"InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AuthenticationFailed|InvalidClientTokenId",
        "key",
    ),
    (r"PermissionDenied\b.*(?:user|publickey|auth)|HostKeyNotVerifiable|Authentication|invalid_grant", "key"),
    (r"AccessDenied|Access Denied|Forbidden|\b403\b|PermissionError|AuthorizationPermission|EACCES", "rights"),
    (
        r"EndpointConnection|ConnectTimeout|ConnectionError|ConnectionRefused|gaierror|Cannot connect|getaddrinfo",
        "network",
    ),
    (
        r"Connect call failed|TimeoutError|Network is unreachable|ServiceRequestError|ClientConnector|NameResolution",
        "network",
    ),
    (r"Could not connect|SSLError|CERTIFICATE_VERIFY_FAILED", "network"),
    (r"FileNotFoundError|No such file|Not Found|\b404\b", "missing"),
)


def meaning_of(errors: list[dict[str, str]]) -> str:
    """What a chain of errors comes to, in a word; empty where nobody knows."""
    told = " ".join(f"{error['type']} {error['code']} {error['text']}" for error in errors)
    return next((meaning for pattern, meaning in _MEANINGS if re.search(pattern, told)), "")
