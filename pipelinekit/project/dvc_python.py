"""The Python whose DVC a project uses, to ask it what only DVC can answer; it is called, never imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import Any

#: As long as a question may take.
SECONDS = 60


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
