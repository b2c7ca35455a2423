"""Credentials are known by their exact form; placeholders, variables and random-looking text are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelinekit.project.credentials import hidden, is_placeholder, secrets_in

# put together here, so that no scanner takes this file for a leak
BODY = "q7Rk2mZx9TbLw4VnYd8Hc3Gf6JpSa5Ue1oKi"
FOUND = [
    ("aws s3 cp --key AKIA" + "Q3EGXN5WDKPTJ7VM" + " x", "AKIA" + "Q3EGXN5WDKPTJ7VM"),
    ("token: ghp" + "_" + BODY, "ghp" + "_" + BODY),
    ("github_pat" + "_" + BODY[:22] + "_" + (BODY * 2)[:59], None),
    ("glpat" + "-" + BODY[:20], None),
    ("HF_HUB=hf" + "_" + BODY[:34], "hf" + "_" + BODY[:34]),
    ("sk-" + "proj-" + BODY + BODY, None),
    ("sk-" + BODY[:20] + "T3Blbk" + "FJ" + BODY[:20], None),
    ("AIza" + BODY[:35], None),
    ("xoxb" + "-1234567890-" + BODY[:12], None),
    ("dapi" + "0123456789abcdef" * 2, None),
    ("AccountKey=" + (BODY * 3)[:86] + "==;Endpoint", (BODY * 3)[:86] + "=="),
    ("-----BEGIN RSA " + "PRIVATE KEY-----", None),
    ("psql postgresql://anna:Zt7pLq2w@db.example.org/x", "Zt7pLq2w"),
    ("https://anna:Zt7pLq2w@example.org:8080/x", "Zt7pLq2w"),
    ("WANDB_API_KEY=0123456789abcdef python a.py", "0123456789abcdef"),
    ("export AWS_SECRET_ACCESS_KEY='Zt7p/Lq2w+x' && x", "Zt7p/Lq2w+x"),
]
NOT_FOUND = [
    "AKIAIOSFODNN7EXAMPLE",
    "akia" + "q3egxn5wdkptj7vm",
    "python train.py --token ${token} --password $PASSWORD",
    "WANDB_API_KEY=$WANDB_API_KEY python a.py",
    "WANDB_API_KEY=${wandb.key} python a.py",
    "WANDB_API_KEY=<your key> python a.py",
    "WANDB_API_KEY= python a.py",
    "MLFLOW_TRACKING_PASSWORD=changeme python a.py",
    "postgresql://user:password@db.example.org/x",
    "postgresql://anna:${PASSWORD}@db.example.org/x",
    "postgresql://anna:Zt7pLq2w@localhost:5432/x",
    "postgresql://anna:Zt7pLq2w@postgres/x",
    "ssh://anna@example.org:22/x",
    "http://example.org:8080/a@b",
    "git+ssh://git@github.com/a/b.git",
    "md5: d41d8cd98f00b204e9800998ecf8427e",
    "sk-learn, task-based, hf_hub_download, ghp_short",
    "commit: " + "0123456789abcdef" * 2,
]


@pytest.mark.parametrize(("text", "secret"), FOUND, ids=range(len(FOUND)))
def test_credentials(text: str, secret: str | None) -> None:
    (found,) = secrets_in(text)
    assert text[found.start : found.end] == (secret or text)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_no_credentials(text: str) -> None:
    assert list(secrets_in(text)) == []


@pytest.mark.parametrize(("text", "expected"), [("", True), ("xxxx", True), ("my-token", True), ("mYq7Rk2m", False)])
def test_placeholders(text: str, expected: bool) -> None:
    assert is_placeholder(text) is expected


@given(st.text(), st.text())
def test_what_is_hidden_moves_nothing(before: str, after: str) -> None:
    text = f"{before}\nghp_{BODY}\n{after}"
    shown = hidden(text, list(secrets_in(text)))
    assert len(shown) == len(text)
    assert BODY not in shown
    assert shown.startswith(before)
