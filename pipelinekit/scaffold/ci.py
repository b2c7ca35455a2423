"""CI: lint, report and status on a pull request; run, push and the commit of dvc.lock on the main branch."""

from __future__ import annotations

import os
import shlex

from pipelinekit.project.disk import UnreadableError, read_text
from pipelinekit.scaffold.additions import Additions
from pipelinekit.scaffold.fill import filled, indented
from pipelinekit.scaffold.pins import CACHE, CHECKOUT, PYTHON, PYTHON_IMAGE, SETUP_PYTHON, own_requirement
from pipelinekit.scaffold.surroundings import UNPINNED, Surroundings, installation
from pipelinekit.yaml.edit import CannotEditError, apply_edits, insert_item
from pipelinekit.yaml.reader import parse
from pipelinekit.yaml.tree import Mapping, Scalar, Sequence

_IMAGE = "pipeline"
_GITLAB = ".gitlab-ci.yml"
_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"


def add_github_workflow(around: Surroundings, added: Additions, *, with_image: bool) -> None:
    """`.github/workflows/pipelinekit.yml`; `with_image` runs the pipeline in the image of the project's Dockerfile."""
    made = added.add(
        os.path.join(around.top, ".github", "workflows", f"{around.name}.yml"),
        github_workflow(around, with_image=with_image),
    )
    if made:
        _note_secrets(around, added, "the repository's secrets")
    _note_what_is_missing(around, added)


def add_gitlab_pipeline(around: Surroundings, added: Additions, *, with_image: bool) -> None:
    """`.gitlab/pipelinekit.yml`, and its `include` in `.gitlab-ci.yml`."""
    path = os.path.join(around.top, _GITLAB)
    part = f".gitlab/{around.name}.yml"
    stages = _stages(path)
    made = added.add(os.path.join(around.top, *part.split("/")), gitlab_pipeline(around, stages))
    _include(path, part, added)
    if made:
        _note_secrets(around, added, "the project's CI/CD variables", "PIPELINEKIT_TOKEN")
    if with_image:
        added.notes.append("GitLab builds no image here: its jobs install the requirements themselves.")
    _note_what_is_missing(around, added)


def _note_secrets(around: Surroundings, added: Additions, where: str, *names: str) -> None:
    names = (*names, *_secrets(around))
    if names:
        added.notes.append(f"Put {', '.join(names)} among {where}.")


def _note_what_is_missing(around: Surroundings, added: Additions) -> None:
    if around.scheme is None:
        added.notes.append(
            "There is no default remote: nothing is pushed until 'pipelinekit init --remote URL' adds one."
        )
    elif not around.scheme:
        added.notes.append("The default remote is a folder: a CI can't reach it.")
    if not installation(around).is_locked:
        added.notes.append(UNPINNED)


# --- GitHub -------------------------------------------------------------------------------------------------


def github_workflow(around: Surroundings, *, with_image: bool) -> str:
    """The text of the workflow."""
    prefix = "" if around.inner == "." else f"{around.inner}/"
    env = _github_env(around)
    pushes = around.scheme is not None
    call = _in_image(around) if with_image else "{} {}"
    return filled(
        "github.yaml",
        name=around.name,
        branch=_quoted(around.branch),
        directory=f"    working-directory: {_quoted(around.inner)}\n" if prefix else "",
        checkout=CHECKOUT.step(),
        setup_python=SETUP_PYTHON.step(),
        restore=CACHE.step("restore"),
        save=CACHE.step("save"),
        python=PYTHON,
        pipelinekit=f"'{own_requirement('')}'",
        post=indented(filled("post_github.py"), 8),
        setup=_image_steps(around) if with_image else _python_steps(around),
        cache_path=_quoted(f"{prefix}.dvc/cache"),
        slug=f"{around.slug}-" if around.slug else "",
        locks=f"{prefix}**/dvc.lock".replace("'", "''"),
        credentials=_credential_files(around),
        env=env,
        # the run cache has what ran anywhere; what was never pushed is no error
        pull=_step("Pull what is there", call.format("dvc", "pull --run-cache --allow-missing"), env) if pushes else "",
        run=call.format("pipelinekit", "run"),
        push=_step("Push", call.format("dvc", "push --run-cache"), env, "${{ !cancelled() }}") if pushes else "",
        commit=call.format("pipelinekit", "hook commit"),
    )


def _step(name: str, command: str, env: str, condition: str = "") -> str:
    when = f"      if: {condition}\n" if condition else ""
    return f"    - name: {name}\n{when}{env}      run: {command}\n"


def _python_steps(around: Surroundings) -> str:
    found = installation(around)
    lines = "\n".join(f"        {command}" for command in found.commands)
    return (
        f"    - uses: {SETUP_PYTHON.step()}\n      with:\n        python-version: '{PYTHON}'\n"
        f"    - name: Install the requirements\n      run: |\n{lines}"
    )


def _image_steps(around: Surroundings) -> str:
    return f"    - name: Build the image\n      run: docker build --tag {_IMAGE} ."


def _in_image(around: Surroundings) -> str:
    inner = "" if around.inner == "." else f" --workdir {shlex.quote(f'/project/{around.inner}')}"
    names = "".join(f" --env {name}" for name in around.variables)
    if around.scheme == "gs":
        names += f' --env {_GOOGLE} --volume "${_GOOGLE}:${_GOOGLE}:ro"'
    if around.scheme == "ssh":
        names += ' --volume "$HOME/.ssh:/tmp/.ssh:ro"'
    user = '--user "$(id -u):$(id -g)" --volume "$GITHUB_WORKSPACE:/project"'
    return f"docker run --rm {user}{inner}{names} --entrypoint {{}} {_IMAGE} {{}}"


def _secrets(around: Surroundings) -> tuple[str, ...]:
    return {"gs": ("GOOGLE_CREDENTIALS",), "ssh": ("SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS")}.get(
        around.scheme or "", around.variables
    )


def _github_env(around: Surroundings) -> str:
    """What the steps that talk to the remote are given, and no other."""
    if around.scheme == "gs":
        return f"      env:\n        {_GOOGLE}: ${{{{ runner.temp }}}}/google.json\n"
    lines = [f"        {name}: ${{{{ secrets.{name} }}}}\n" for name in around.variables]
    return "      env:\n" + "".join(lines) if lines else ""


def _credential_files(around: Surroundings) -> str:
    """A step that puts credentials where DVC looks for them as files."""
    if around.scheme == "gs":
        env = "      env:\n        GOOGLE_CREDENTIALS: ${{ secrets.GOOGLE_CREDENTIALS }}\n"
        command = '(umask 077 && printf \'%s\' "$GOOGLE_CREDENTIALS" > "$RUNNER_TEMP/google.json")'
        return _step("Credentials of the remote", command, env)
    if around.scheme == "ssh":
        names = ("SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS")
        env = "      env:\n" + "".join(f"        {name}: ${{{{ secrets.{name} }}}}\n" for name in names)
        command = (
            "|\n        umask 077 && mkdir -p ~/.ssh\n"
            "        printf '%s\\n' \"$SSH_PRIVATE_KEY\" > ~/.ssh/id_ed25519\n"
            "        printf '%s\\n' \"$SSH_KNOWN_HOSTS\" >> ~/.ssh/known_hosts"
        )
        return _step("Credentials of the remote", command, env)
    return ""


def _quoted(text: str) -> str:
    """A scalar for a YAML file: plain if it can only be read as itself."""
    return (
        text
        if all(char.isalnum() or char in "_./-" for char in text) and text[0] not in "-."
        else ("'" + text.replace("'", "''") + "'")
    )


# --- GitLab -------------------------------------------------------------------------------------------------


def gitlab_pipeline(around: Surroundings, stages: tuple[str, str]) -> str:
    """The text of the part that `.gitlab-ci.yml` includes; its jobs run in these stages."""
    prefix = "" if around.inner == "." else f"{around.inner}/"
    secrets = _secrets(around)
    pushes = around.scheme is not None
    credentials = ""
    if around.scheme == "gs":
        # a variable of the type File holds the path of a file
        credentials = f'  - export {_GOOGLE}="$GOOGLE_CREDENTIALS"\n'
    elif around.scheme == "ssh":
        credentials = (
            "  - install -d -m 700 ~/.ssh\n"
            '  - install -m 600 "$SSH_PRIVATE_KEY" ~/.ssh/id_ed25519\n'
            '  - cat "$SSH_KNOWN_HOSTS" >> ~/.ssh/known_hosts\n'
        )
    files = " (of the type File)" if around.scheme in ("gs", "ssh") else ""
    return filled(
        "gitlab.yaml",
        name=around.name,
        variables=f";\n# {', '.join(secrets)}{files}, of the remote" if secrets else "",
        image=PYTHON_IMAGE,
        check_stage=_quoted(stages[0]),
        run_stage=_quoted(stages[1]),
        pipelinekit=f"'{own_requirement('')}'",
        enter=f"  - cd {shlex.quote(around.inner)}\n" if prefix else "",
        post=indented(filled("post_gitlab.py"), 4),
        prefix=prefix,
        install=credentials + "".join(f"  - {command}\n" for command in installation(around).commands),
        pull="  - dvc pull --run-cache --allow-missing\n" if pushes else "",
        push="  - dvc push --run-cache\n" if pushes else "",
    )


def _stages(path: str) -> tuple[str, str]:
    """The stages of a pipeline that is there in which to check and to run; else two that GitLab has anyway."""
    try:
        root = parse(read_text(path), _GITLAB).root
    except (OSError, UnreadableError):
        return "test", "deploy"
    listed = root.get("stages") if isinstance(root, Mapping) else None
    names = [item.text for item in listed.items if isinstance(item, Scalar)] if isinstance(listed, Sequence) else []
    if not names:
        return "test", "deploy"
    return "test" if "test" in names else names[0], "deploy" if "deploy" in names else names[-1]


def _include(path: str, part: str, added: Additions) -> None:
    """Have `.gitlab-ci.yml` include the part, and change nothing else of it."""
    try:
        text = read_text(path)
    except FileNotFoundError:
        added.add(path, filled("gitlab-include.yaml", path=part))
        return
    except UnreadableError:
        added.notes.append(f"{_GITLAB} can't be read; let it include {part}.")
        return
    after = _with_include(text, part)
    if after is None:
        added.notes.append(f"Add '- local: {part}' to what {_GITLAB} includes.")
    else:
        added.edit(path, text, after)


def _with_include(text: str, part: str) -> str | None:
    """The text with the `include`; None where no small edit can add it."""
    document = parse(text, _GITLAB)
    if document.is_broken or not (document.root is None or isinstance(document.root, Mapping)):
        return None
    included = document.root.get("include") if document.root is not None else None
    if part in str(included.data if isinstance(included, (Mapping, Sequence)) else included and included.source):
        return text
    if included is None:
        ending = "\r\n" if "\r\n" in text else "\n"
        lines = filled("gitlab-include.yaml", path=part).replace("\n", ending)
        gap = ending if text and not text.endswith(("\n\n", "\r\n\r\n")) else ""
        start = ending if text and not text.endswith("\n") else ""
        after = text + start + gap + lines
    elif isinstance(included, Sequence) and included.items:
        try:
            after = apply_edits(text, insert_item(included, len(included.items), {"local": part}))
        except CannotEditError:
            return None
    else:
        return None
    return after if _adds_only(text, after, part) else None


def _adds_only(before: str, after: str, part: str) -> bool:
    """Whether a reader of the new text sees what it saw before, and the `include`."""
    old, new = parse(before, _GITLAB), parse(after, _GITLAB)
    if new.is_broken or not isinstance(new.root, Mapping):
        return False
    was = old.root.data if isinstance(old.root, Mapping) else {}
    return bool(new.root.data == {**was, "include": [*(was.get("include") or []), {"local": part}]})
