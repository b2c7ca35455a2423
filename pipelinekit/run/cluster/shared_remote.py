"""The remote through which workers hand data on: what of its settings they are told, and what they must have."""

from __future__ import annotations

import io

from pipelinekit.project.config import (
    LOCAL,
    Config,
    default_remote,
    folder_of_remote,
    is_local_path,
    read_config,
)
from pipelinekit.project.project import Project
from pipelinekit.run.outcome import RunError

#: Settings that are a credential, or lead to one on this machine alone: workers have their own.
_OWN = frozenset(
    {
        "access_key_id",
        "secret_access_key",
        "session_token",
        "credentialpath",
        "configpath",
        "connection_string",
        "sas_token",
        "account_key",
        "tenant_id",
        "client_id",
        "client_secret",
        "oss_key_id",
        "oss_key_secret",
        "user",
        "password",
        "ask_password",
        "passphrase",
        "ask_passphrase",
        "token",
        "custom_auth_header",
        "keyfile",
        "cert_path",
        "key_path",
        "gdrive_client_id",
        "gdrive_client_secret",
        "gdrive_user_credentials_file",
        "gdrive_service_account_json_file_path",
        "kerberos_principal",
        "sse_customer_key",
    }
)


def settings_for_workers(project: Project) -> tuple[str, list[str]]:
    """The `.dvc/config.local` of their clones, and the names of the settings that stay here. Raises RunError.

    A folder as a remote is named by its absolute path: workers see it where they share the disk.
    """
    from configobj import ConfigObj  # type: ignore[import-untyped,unused-ignore]

    configs = read_config(project)
    default = default_remote(configs)
    if default is None:
        raise RunError(
            "workers hand data on through the project's DVC remote, and there is none: 'pipelinekit init --remote "
            "ADDRESS' sets one up"
        )
    settings = ConfigObj(list_values=False, write_empty_values=True)
    settings["core"] = {"remote": default, "analytics": "false"}
    kept: list[str] = []
    for config in configs:
        for name, url in config.remotes.items():
            section = f'remote "{name}"'
            own = settings.setdefault(f"'{section}'", {})
            if url is not None and is_local_path(url.value):
                own["url"] = folder_of_remote(url, project.root)
            if config.document.name == LOCAL:
                kept += _hand_on(config, section.lower(), own)
    lines = io.BytesIO()
    settings.write(lines)
    return lines.getvalue().decode(), kept


def _hand_on(config: Config, section: str, own: dict[str, str]) -> list[str]:
    """Take what this machine alone has set, but for credentials, whose names are returned."""
    kept: list[str] = []
    for value in config.values:
        if value.section != section:
            continue
        if value.key in _OWN:
            kept.append(value.key)
        else:
            own.setdefault(value.key, value.value)
    return kept
