"""Credentials in text, by the exact forms in which services give them out: nothing is guessed from randomness."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

#: A form that credentials have, what of them must stand in a text for it to be worth a closer look, and their name.
_FORMS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("AKIA", "ASIA"), r"(?<![A-Za-z0-9+/])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9+/=])", "an access key of AWS"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", "a token of GitHub"),
    (("github_pat_",), r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b", "a token of GitHub"),
    (("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}", "a token of GitLab"),
    (("hf_",), r"\bhf_[A-Za-z0-9]{34,}\b", "a token of Hugging Face"),
    (("sk-",), r"\bsk-(?:proj-|svcacct-|ant-api\d\d-|or-v1-)[A-Za-z0-9_-]{40,}", "an API key"),
    (("T3BlbkFJ",), r"\bsk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}\b", "an API key of OpenAI"),
    (("AIza",), r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])", "an API key of Google"),
    (("xox",), r"\bxox[abprs]-[0-9]{8,}-[A-Za-z0-9-]{10,}", "a token of Slack"),
    (("dapi",), r"\bdapi[0-9a-f]{32}(?:-\d)?\b", "a token of Databricks"),
    (("sk_live_", "rk_live_"), r"\b[sr]k_live_[A-Za-z0-9]{20,}", "a key of Stripe"),
    (("AccountKey=",), r"(?<=AccountKey=)[A-Za-z0-9+/]{86}==", "the key of a storage account of Azure"),
    (("PRIVATE KEY",), r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----", "a private key"),
)
# `scheme://user:password@host`, with nothing in the password that a shell, a template or a reader would replace
_IN_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s/:@'\"${}<>]+:(?P<secret>[^\s/@'\"${}<>%*]{3,})@(?P<host>[^\s/:@'\"]+)", re.IGNORECASE
)
_ASSIGNED = re.compile(
    r"\b(?P<name>AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|WANDB_API_KEY|OPENAI_API_KEY|HF_TOKEN|HUGGING_FACE_HUB_TOKEN"
    r"|MLFLOW_TRACKING_PASSWORD|MLFLOW_TRACKING_TOKEN|DAGSHUB_USER_TOKEN|DAGSHUB_TOKEN|COMET_API_KEY|NEPTUNE_API_TOKEN"
    r"|CLEARML_API_SECRET_KEY|AZURE_STORAGE_KEY|AZURE_CLIENT_SECRET|KAGGLE_KEY|PGPASSWORD|GITHUB_TOKEN)"
    r"=(?:'(?P<single>[^'\n]*)'|\"(?P<double>[^\"\n]*)\"|(?P<plain>[^\s'\";&|]*))"
)
_PLACEHOLDER = re.compile(
    r"(?i)[$<>{}*]|\.\.\.|…|%\(|^.{0,5}$|placeholder|change.?me|redacted|^x+$|^(?:pass(?:word|wd|w0rd)?|secret|token|key"
    r"|user|admin|postgres|postgresql|mysql|mlflow|minio|minioadmin|guest|root|default|none|null|true|false)\d*$"
    r"|(?:^|[-_ .])(?:my|your|example|dummy|fake|test|todo|sample|insert|enter)(?:$|[-_ .])"
)
_OWN_HOSTS = re.compile(r"(?i)(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal|[a-z0-9_-]+)$")


class Secret(NamedTuple):
    """Where a credential stands in a text, and what it is. The credential itself is told to nobody."""

    start: int
    end: int
    what: str


def secrets_in(text: str) -> Iterator[Secret]:
    """The credentials in a text, in no order; neither placeholders nor those of a service on the same machine."""
    for signs, pattern, what in _FORMS:
        if any(sign in text for sign in signs):
            for match in re.finditer(pattern, text):
                if not match[0].endswith("EXAMPLE"):
                    yield Secret(*match.span(), what)
    if "://" in text and "@" in text:
        for match in _IN_ADDRESS.finditer(text):
            if not is_placeholder(match["secret"]) and _OWN_HOSTS.match(match["host"]) is None:
                yield Secret(*match.span("secret"), "the password in an address")
    for match in _ASSIGNED.finditer(text):
        group = next(group for group in ("single", "double", "plain") if match[group] is not None)
        if not is_placeholder(match[group]):
            yield Secret(*match.span(group), f"the value of {match['name']}")


def is_placeholder(text: str) -> bool:
    """Whether a value stands for a secret, or is too plain to be one: `${TOKEN}`, `<your key>`, `changeme`."""
    return _PLACEHOLDER.search(text) is not None


def hidden(text: str, secrets: list[Secret]) -> str:
    """A text with credentials blotted out, every other character where it was."""
    for secret in secrets:
        text = text[: secret.start] + "*" * (secret.end - secret.start) + text[secret.end :]
    return text
