from __future__ import annotations

from collections.abc import Iterator

from pipelinekit.graph.graph import Graph
from pipelinekit.project.config import SHARED, Config, read_shared_config
from pipelinekit.project.credentials import Secret, hidden, is_placeholder, secrets_in
from pipelinekit.project.disk import UnreadableError
from pipelinekit.project.project import Project
from pipelinekit.rules.finding import Finding
from pipelinekit.rules.rule import rule
from pipelinekit.yaml.tree import Document, Place

#: Settings of remotes that hold a credential, whatever it looks like.
_SETTINGS = {
    "secret_access_key": "an access key",
    "session_token": "a session token",
    "password": "a password",
    "passphrase": "a passphrase",
    "token": "a token",
    "connection_string": "a connection string with a key",
    "sas_token": "a token",
    "account_key": "a key",
    "client_secret": "a client secret",
    "oss_key_secret": "an access key",
    "sse_customer_key": "a key",
}


@rule("PK802", "secret-in-config", level="error", since="0.1.0")
def secret_in_config(graph: Graph) -> Iterator[Finding]:
    """A password, key or token stands in a file that git tracks.

    ## What it does
    Looks through `.dvc/config`, every `dvc.yaml` and the params files that stages use, if git tracks them: for
    settings of remotes that hold a credential, for the forms in which services give out keys and tokens, for
    passwords in addresses, and for well-known variables that are set in a command. Placeholders, variables and
    `${…}` are no secrets. The secret itself is never shown.

    ## Why it matters
    Whoever can read the repository can use it, and git keeps it for ever: removing the line is not enough.

    ## Example
    ```ini .dvc/config
    ['remote "storage"']
        url = s3://team-bucket/project
        access_key_id = team
        secret_access_key = 8yf3bCq5wz0aRt7LmVd2KpXe9uNsGh4J
    #                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ```
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```text git
    .dvc/config
    train.py
    ```

    ## Use instead
    ```ini .dvc/config
    ['remote "storage"']
        url = s3://team-bucket/project
        profile = team
    ```
    ```yaml dvc.yaml
    stages:
      train:
        cmd: python train.py
        deps:
        - train.py
        outs:
        - model.pkl
    ```
    ```text git
    .dvc/config
    train.py
    ```
    """
    project = graph.index.project
    if project.git is None:
        return
    config = read_shared_config(project) if SHARED in project.git.tracked else None
    if config is not None:
        yield from _findings(config.document, _in_settings(config))
    for path in _files(graph):
        text = _text(project, path) if path in project.git.tracked else ""
        yield from _findings(Document(text, path), list(secrets_in(text)))


def _files(graph: Graph) -> list[str]:
    """The files of the pipelines that people write values into."""
    paths = [pipeline.path for pipeline in graph.index.pipelines]
    for pipeline in graph.index.pipelines:
        paths += pipeline.context.loaded
    paths += [param.file for stage in graph.index.stages for param in stage.params]
    return list(dict.fromkeys(paths))


def _text(project: Project, path: str) -> str:
    try:
        return project.disk.read(path)
    except (UnreadableError, FileNotFoundError):
        return ""


def _in_settings(config: Config) -> list[Secret]:
    found = [
        Secret(value.place.start, value.place.end, _SETTINGS[value.key])
        for value in config.values
        if value.key in _SETTINGS and not is_placeholder(value.value)
    ]
    taken = {range(secret.start, secret.end) for secret in found}
    return found + [
        secret for secret in secrets_in(config.document.text) if not any(secret.start in span for span in taken)
    ]


def _findings(document: Document, secrets: list[Secret]) -> Iterator[Finding]:
    # what is shown of the file must not have them in it
    shown = Document(hidden(document.text, secrets), document.name) if secrets else document
    for secret in sorted(secrets):
        where = (
            "Revoke it, and use a profile, an environment variable, or 'dvc remote modify --local'."
            if document.name == SHARED
            else "Revoke it, and take it from the environment."
        )
        yield Finding(
            Place(shown, secret.start, secret.end),
            f"{secret.what} stands in {document.name}, which git tracks",
            why="everybody who can read the repository can use it, now and from its history",
            help=where,
        )
