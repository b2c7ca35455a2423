"""A WorkflowTemplate for Argo Workflows: a DAG of containers whose outputs are artifacts, as YAML."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipelinekit.export.conformance import ReadStep
from pipelinekit.export.kubernetes import expanded, is_variable, requests_of, unexpanded
from pipelinekit.export.names import DNS, distinct_names, names_of, slug
from pipelinekit.export.plan import ExportError, Input, Output, Plan, Step
from pipelinekit.export.python_source import comment
from pipelinekit.export.remote import Remote, object_key
from pipelinekit.yaml.write import scalar_text

API = "argoproj.io/v1alpha1"
#: The Secret with the keys of the remote, and the volume that it is mounted from.
DVC_REMOTE = "dvc-remote"
#: The template that is the DAG.
_DAG = "pipeline"
#: Where artifacts are mounted. They are copied into the project from there: folders that a mount needs on its way
#: belong to root, and a container that is run by somebody else could write nothing beside its inputs. A link would
#: be cheaper, but `mv` and `cp -r` would make outputs of it that point to nothing in the next container.
_INPUTS = "/inputs"
#: rwxr-xr-x, in decimal: without it, what Argo brings can be read by root only.
_READABLE = 0o755
_KEYS = "/var/run/secrets/dvc-remote"
_CRON = DNS._replace(longest=52)
_SCHEDULE = re.compile(r"@\w+(?: \w+)?|\S+(?: +\S+){4}")
_MD5 = re.compile(r"[0-9a-f]{32}")
#: What a shell takes as it is, without quotes, and what it does not take as it is in double ones.
_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_SPECIAL = re.compile(r'["$`\\!]')
#: What runs a command: the shell that DVC would take.
_SHELL = '"${SHELL:-/bin/sh}"'
#: Linux passes no longer text to a program.
_LONGEST_SCRIPT = 128 * 1024 - 1
#: An object that is larger has no place in a cluster's etcd, as that is usually set up.
_LARGEST_OBJECT = 1536 * 1024


class Store(NamedTuple):
    """Where artifacts come from and go to."""

    remote: Remote | None
    #: the Secret with the keys of the remote: `accessKey` and `secretKey`, or `serviceAccountKey` for GCS; empty where
    #: the cluster itself gives access
    secret: str = DVC_REMOTE
    #: whether what passes from task to task lies in the remote's bucket, not in the cluster's artifact repository
    keeps_artifacts: bool = False


def write_argo(plan: Plan, store: Store) -> str:
    """The text of the file.

    Raises ExportError for what has no place in a workflow: no stages at all, a schedule that is none, an image or
    the path of an output that Argo would take for a template.
    """
    if not plan.steps:
        raise ExportError("there is no stage to export, and Argo takes no workflow without a task")
    if store.keeps_artifacts and _location(store, "") is None:
        raise ExportError(
            "artifacts can lie in a remote with an address like s3://… or gs://… only"
            + (f", not {store.remote.scheme}://…" if store.remote is not None else ", and there is none")
            + ": leave out --artifact-repository to use the cluster's own"
        )
    options = plan.options
    _refuse_tags(options.workspace, "the workspace")
    if not options.workspace.startswith("/"):
        raise ExportError(f"the workspace '{options.workspace}' is no absolute path, which a container needs")
    if options.schedule and _SCHEDULE.fullmatch(options.schedule.strip()) is None:
        raise ExportError(f"the schedule '{options.schedule}' is no cron expression of 5 parts, such as '0 4 * * *'")
    made = {(step.address, out.path) for step in plan.steps for out in step.outputs}
    names = names_of(plan, DNS, frozenset({_DAG}))
    tasks = {step.address: _Task(step, names, made, store) for step in plan.steps}
    return "".join(_file(plan, store, tasks))


def notes_of(text: str, plan: Plan, remote: Remote | None) -> list[str]:
    """What somebody should know about a file before it is used."""
    notes = []
    needs_dvc = [step.address for step in plan.steps if any(_is_pulled(one, remote) for one in step.inputs)]
    if needs_dvc and (remote is None or remote.scheme == "file"):
        what = "there is no remote" if remote is None else f"the remote is the folder {remote.path}"
        notes.append(
            f"{len(needs_dvc)} of the containers run 'dvc pull', the first that of {needs_dvc[0]}, and {what}, which "
            "no container reaches: 'pipelinekit init --remote ADDRESS' sets one up"
        )
    if len(text) > _LARGEST_OBJECT:  # what it sends is shorter: without the blanks of the layout
        size = len(json.dumps(_documents(text)[0], separators=(",", ":")))
        if size > _LARGEST_OBJECT:
            notes.append(
                f"the workflow has {size / 1024 / 1024:.1f} MiB, and a cluster keeps objects of 1.5 MiB at most: "
                "export parts of the pipeline with --stages"
            )
    return notes


# --- a task ------------------------------------------------------------------------------------------------------


class _Source(NamedTuple):
    """An artifact that a task reads."""

    name: str
    path: str
    #: the artifact of another task as Argo names it; empty for an object of the remote
    reference: str
    location: Mapping[str, Any] | None
    is_plain: bool


class _Task:
    """A step with the names that it has in the file."""

    def __init__(self, step: Step, names: Mapping[str, str], made: set[tuple[str, str]], store: Store) -> None:
        self.step = step
        self.name = names[step.address]
        self.needs = [names[address] for address in step.needs]
        self.outputs = _artifact_names(step.outputs)
        self._made = made
        self._store = store

    def sources(self, tasks: Mapping[str, _Task]) -> list[_Source]:
        """What is brought by Argo."""
        mounted = [one for one in self.step.inputs if self._is_mounted(one)]
        names = _artifact_names(mounted)
        found = {}
        for one in mounted:
            if one.producer:
                producer = tasks[one.producer]
                reference = f"{{{{tasks.{producer.name}.outputs.artifacts.{producer.outputs[one.path]}}}}}"
                plain = producer.is_plain(one.path)
                found[one.path] = _Source(names[one.path], one.path, reference, None, plain)
            else:
                location = _location(self._store, object_key(one.md5, is_legacy=one.is_legacy))
                found[one.path] = _Source(names[one.path], one.path, "", location, True)
        return list(found.values())

    def _is_mounted(self, one: Input) -> bool:
        if one.producer:
            return (one.producer, one.path) in self._made
        return _is_object(one, self._store.remote)

    def pulled(self) -> list[str]:
        """What is brought by DVC."""
        return list(dict.fromkeys(one.part for one in self.step.inputs if _is_pulled(one, self._store.remote)))

    def is_plain(self, path: str) -> bool:
        """Whether an output is kept as it is, not as an archive.

        Both do for files and for folders; of a folder each file is then an object of its own.
        """
        kind = next(out.kind for out in self.step.outputs if out.path == path)
        return kind != "out" or "." in posixpath.basename(path).lstrip(".")


def _artifact_names(found: list[Input] | tuple[Output, ...]) -> Mapping[str, str]:
    return distinct_names({one.path: one.path for one in found}, DNS)


def _is_object(one: Input, remote: Remote | None) -> bool:
    """Whether Argo itself can bring something that is there before: a file that lies in a bucket by its MD5."""
    if one.producer or not one.is_cached or not one.is_in_remote or _MD5.fullmatch(one.md5) is None:
        return False
    return remote is not None and _location(Store(remote), "") is not None


def _is_pulled(one: Input, remote: Remote | None) -> bool:
    return not one.producer and one.is_cached and bool(one.md5) and not _is_object(one, remote)


def _location(store: Store, key: str) -> Mapping[str, Any] | None:
    """A place in the bucket of the remote; None if Argo has no way to it."""
    remote, secret = store.remote, store.secret
    if remote is None or remote.is_versioned or "{{" in f"{remote.bucket}{remote.path}{remote.endpoint}{remote.region}":
        return None
    place = {"bucket": remote.bucket, "key": "/".join(filter(None, [remote.path, key]))}
    if remote.scheme == "gs":
        keys = {"serviceAccountKeySecret": {"name": secret, "key": "serviceAccountKey"}} if secret else {}
        return {"gcs": {**place, **keys}}
    host = re.fullmatch(r"(https?)://([^/]+)/?", remote.endpoint or "https://s3.amazonaws.com")
    if remote.scheme != "s3" or host is None:
        return None
    region = {"region": remote.region} if remote.region else {}
    insecure = {"insecure": True} if host[1] == "http" else {}
    keys = {
        "accessKeySecret": {"name": secret, "key": "accessKey"},
        "secretKeySecret": {"name": secret, "key": "secretKey"},
    }
    return {"s3": {"endpoint": host[2], **insecure, **region, **place, **(keys if secret else {"useSDKCreds": True})}}


# --- the script of a container -----------------------------------------------------------------------------------


def _script(task: _Task, sources: list[_Source], pulled: list[str], workspace: str) -> str:
    """What the container does: what `dvc repro` would do for this stage, in the same order."""
    step = task.step
    lines = [f"export {name}={_quoted(value)}" for name, value in step.meta.environment.items() if "{{" in value]
    lines.append(f"export DVC_ROOT={_quoted(workspace)} DVC_STAGE={_quoted(step.target)}")
    replaced = [one.path for one in sources] + [out.path for out in step.outputs if not out.is_persistent]
    if replaced:
        lines.append("rm -rf -- " + " ".join(map(_quoted, dict.fromkeys(replaced))))
    folders = dict.fromkeys(posixpath.dirname(one.path) for one in sources)
    if any(folders):
        lines.append("mkdir -p -- " + " ".join(_quoted(folder) for folder in folders if folder))
    lines += [f"cp -R -- {_INPUTS}/{one.name} {_quoted(one.path)}" for one in sources]
    if pulled:
        lines.append("dvc pull --force -- " + " ".join(map(_quoted, pulled)))
    if step.wdir != ".":
        lines.append(f"cd -- {_quoted(step.wdir)}")
    lines += [f"{_SHELL} -c {_quoted(command)}" for command in step.commands]
    script = unexpanded("\n".join(lines) + "\n")
    _refuse_impossible(script, f"a command of {step.address}")
    if len(script.encode()) > _LONGEST_SCRIPT:
        raise ExportError(f"the commands of {step.address} have more than 128 KiB, which no container can be told")
    return script


def _quoted(text: str) -> str:
    r"""A text as a word of the shell, in which Argo sees no tag: `{{x}}` is `'{''{x}}'`.

    >>> print(*map(_quoted, ["train@0", "echo 'a'", "echo {{x}} '$HOME'"]))
    train@0 "echo 'a'" 'echo {''{x}} '\''$HOME'\'
    """
    if _BARE.fullmatch(text) is not None:
        return text
    if "'" in text and _SPECIAL.search(text) is None:
        return '"' + re.sub(r"\{(?=\{)", '{""', text) + '"'
    parts = ["'" + re.sub(r"\{(?=\{)", "{''", part) + "'" if part else "" for part in text.split("'")]
    return "\\'".join(parts) or "''"


def _refuse_tags(text: str, what: str) -> None:
    if "{{" in text or "$$" in text or "$(" in text:
        raise ExportError(f"{what} is '{text}': Argo or Kubernetes would put something else for '{{{{', '$$' or '$('")


def _refuse_impossible(text: str, what: str) -> None:
    found = re.search("[\0\ud800-\udfff]", text)
    if found is not None:
        raise ExportError(f"{what} has the character U+{ord(found[0]):04X}, which can't be passed to a program")


# --- the file ----------------------------------------------------------------------------------------------------


def _file(plan: Plan, store: Store, tasks: Mapping[str, _Task]) -> Iterator[str]:
    options = plan.options
    name = _scalar(slug(options.name, DNS))
    sources = {address: task.sources(tasks) for address, task in tasks.items()}
    pulled = {address: task.pulled() for address, task in tasks.items()}
    has_objects = any(one.location is not None for found in sources.values() for one in found)
    yield _header(plan, store, has_objects, any(pulled.values()))
    yield f"apiVersion: {API}\nkind: WorkflowTemplate\nmetadata:\n  name: {name}\nspec:\n  entrypoint: {_DAG}\n"
    if any(pulled.values()) and _is_google(store):
        yield f"  volumes:\n    - name: {DVC_REMOTE}\n      secret:\n        secretName: {_scalar(store.secret)}\n"
    yield f"  templates:\n    - name: {_DAG}\n      dag:\n        tasks:\n"
    for address, task in tasks.items():
        yield from _node(task, sources[address])
    for address, task in tasks.items():
        yield from _template(task, sources[address], pulled[address], options.workspace, store)
    if options.schedule:
        yield f"---\napiVersion: {API}\nkind: CronWorkflow\nmetadata:\n"
        yield f"  name: {_scalar(slug(options.name, _CRON))}\nspec:\n"
        yield f"  schedules:\n    - {_scalar(options.schedule.strip())}\n  concurrencyPolicy: Forbid\n"
        yield f"  workflowSpec:\n    workflowTemplateRef:\n      name: {name}\n"


def _is_google(store: Store) -> bool:
    return store.remote is not None and store.remote.scheme == "gs" and bool(store.secret)


def _header(plan: Plan, store: Store, has_objects: bool, has_pulled: bool) -> str:
    name = slug(plan.options.name, DNS)
    remote = store.remote
    address = "" if remote is None or remote.scheme == "file" else f" {remote.scheme}://{remote.bucket}/{remote.path}"
    lines = [
        f"The pipeline {plan.options.name} for Argo Workflows: one task for each stage of DVC.",
        "",
        "  kubectl apply --server-side -f THIS_FILE",
        f"  argo submit --from workflowtemplate/{name}",
        "",
        "Written by 'pipelinekit export argo' from dvc.yaml and dvc.lock. It is read back and compared with them each",
        "time it is written, so change the pipeline, not this file.",
        "",
    ]
    if store.keeps_artifacts:
        lines.append(f"Outputs pass from task to task through the bucket of the remote{address}.")
    else:
        lines.append("Outputs pass from task to task through the artifact repository of the cluster.")
    if has_objects:
        lines.append(f"Files that DVC tracks come from the remote{address} by the MD5 of their contents.")
    if has_pulled:
        lines.append(
            f"{'Folders' if has_objects else 'Data'} that DVC tracks: the container brings them with 'dvc pull', so its"
            " image needs DVC."
        )
    has_keys = store.keeps_artifacts or has_objects or (has_pulled and bool(address))
    if has_keys and store.secret:
        keys = "serviceAccountKey" if _is_google(store) else "accessKey and secretKey"
        lines.append(f"The Secret {store.secret} holds the keys of the remote: {keys}.")
    return "".join(f"# {comment(line)}".rstrip() + "\n" for line in lines)


def _node(task: _Task, sources: list[_Source]) -> Iterator[str]:
    name = _scalar(task.name)
    yield f"          - name: {name}\n            template: {name}\n"
    if task.needs:
        yield "            dependencies:\n" + "".join(f"              - {_scalar(need)}\n" for need in task.needs)
    taken = [one for one in sources if one.reference]
    if taken:
        yield "            arguments:\n              artifacts:\n"
    for one in taken:
        yield f"                - name: {_scalar(one.name)}\n                  from: '{one.reference}'\n"


def _template(task: _Task, sources: list[_Source], pulled: list[str], workspace: str, store: Store) -> Iterator[str]:
    step = task.step
    meta = step.meta
    _refuse_tags(meta.image, f"the image of {step.address}")
    yield f"    - name: {_scalar(task.name)}\n"
    if meta.retries:
        yield f"      retryStrategy:\n        limit: {meta.retries}\n        retryPolicy: Always\n"
    if sources:
        yield "      inputs:\n        artifacts:\n"
    for one in sources:
        yield f"          - name: {_scalar(one.name)}\n            path: {_INPUTS}/{one.name}\n"
        yield f"            mode: {_READABLE}\n            recurseMode: true\n"
        if one.is_plain:
            yield "            archive:\n              none: {}\n"
        if one.location is not None:
            yield from _mapping(one.location, 12)
    if step.outputs:
        yield "      outputs:\n        artifacts:\n"
    for out in step.outputs:
        path = posixpath.normpath(posixpath.join(workspace, out.path))
        _refuse_tags(path, f"an output of {step.address}")
        _refuse_impossible(path, f"an output of {step.address}")
        yield f"          - name: {_scalar(task.outputs[out.path])}\n            path: {_scalar(path)}\n"
        if task.is_plain(out.path):
            yield "            archive:\n              none: {}\n"
    if store.keeps_artifacts and step.outputs:
        yield "      archiveLocation:\n"
        yield from _mapping(_location(store, "argo/{{workflow.name}}/{{pod.name}}") or {}, 8)
    yield f"      container:\n        image: {_scalar(meta.image)}\n        workingDir: {_scalar(workspace)}\n"
    yield from _environment(step, store if pulled else None)
    if pulled and _is_google(store):
        yield f"        volumeMounts:\n          - name: {DVC_REMOTE}\n            mountPath: {_KEYS}\n"
        yield "            readOnly: true\n"
    if meta.resources:
        amounts = requests_of(meta.resources)
        yield "        resources:\n          requests:\n"
        yield from _mapping(amounts, 12)
        yield "          limits:\n"
        yield from _mapping(amounts, 12)
    yield "        command: [/bin/sh, -ec]\n        args:\n"
    yield _block(_script(task, sources, pulled, workspace), "            ")


def _environment(step: Step, store: Store | None) -> Iterator[str]:
    """The variables of a container: those of the stage, and the keys of the remote where DVC needs them."""
    environment = step.meta.environment
    for name, value in environment.items():
        _refuse_impossible(value, f"the variable {name} of {step.address}")
        if not is_variable(name):
            raise ExportError(f"{step.address}: '{name}' is no name of a variable that Kubernetes takes")
        if "{{" in value and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is None:
            raise ExportError(f"{step.address}: a shell can't set '{name}', and Argo would change '{value}'")
    entries = [
        f"          - name: {_scalar(name)}\n            value: {_scalar(unexpanded(value))}\n"
        for name, value in environment.items()
        if "{{" not in value
    ]
    if store is not None and store.secret and store.remote is not None and store.remote.scheme in ("s3", "gs"):
        if store.remote.scheme == "gs":
            keys = f"          - name: GOOGLE_APPLICATION_CREDENTIALS\n            value: {_KEYS}/serviceAccountKey\n"
            entries += [keys] if "GOOGLE_APPLICATION_CREDENTIALS" not in environment else []
        else:
            entries += [
                f"          - name: {name}\n            valueFrom:\n              secretKeyRef:\n"
                f"                name: {_scalar(store.secret)}\n                key: {key}\n"
                for name, key in (("AWS_ACCESS_KEY_ID", "accessKey"), ("AWS_SECRET_ACCESS_KEY", "secretKey"))
                if name not in environment
            ]
    if entries:
        yield "        env:\n"
    yield from entries


def _mapping(values: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{' ' * indent}{_scalar(key)}:\n"
            yield from _mapping(value, indent + 2)
        else:
            yield f"{' ' * indent}{_scalar(key)}: {'true' if value is True else _scalar(value)}\n"


#: What needs no quotes.
_PLAIN = re.compile(r"[A-Za-z/](?:[A-Za-z0-9/._@+-]|:(?=[A-Za-z0-9/.]))*")
#: Words that mean something else without quotes, to one reader of YAML or another.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def _scalar(text: str) -> str:
    """A text in one line of YAML that is this text to any reader."""
    if _PLAIN.fullmatch(text) is not None and text.lower() not in _WORDS:
        return text
    return scalar_text(text, style="'")


def _block(script: str, pad: str) -> str:
    """A text of several lines, as they are where YAML can hold them so."""
    lines = script.removesuffix("\n").split("\n")
    if all(line.replace("\t", " ").isprintable() for line in lines):
        return f"{pad[2:]}- |\n" + "".join(f"{pad}{line}\n" if line else "\n" for line in lines)
    quoted = scalar_text(script, style='"')
    return f"{pad[2:]}- {quoted}\n"


# --- read back ---------------------------------------------------------------------------------------------------

#: A word of a script: pieces in quotes or without, or the end of a line.
_PIECE = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>[^"]*)"|\\(?P<escaped>.)|(?P<bare>[^\s'"\\]+)|(?P<end>\n)|(?P<blank> +)"""
)


def read_argo(text: str) -> list[ReadStep]:
    """The tasks of a file that was written here. Raises ValueError, KeyError, yaml.YAMLError for anything else."""
    spec = next(one for one in _documents(text) if one["kind"] == "WorkflowTemplate")["spec"]
    templates = {one["name"]: one for one in spec["templates"]}
    if len(templates) != len(spec["templates"]):
        raise ValueError("two templates have the same name")
    tasks = templates[spec["entrypoint"]]["dag"]["tasks"]
    read = {task["name"]: _read_step(templates[task["template"]]) for task in tasks}
    if len(read) != len(tasks):
        raise ValueError("two tasks have the same name")
    return [
        read[task["name"]]._replace(needs=frozenset(read[need].address for need in task.get("dependencies", ())))
        for task in tasks
    ]


def _read_step(template: Mapping[str, Any]) -> ReadStep:
    container = template["container"]
    environment = {one["name"]: expanded(one["value"]) for one in container.get("env", ()) if "value" in one}
    if f"{_KEYS}/serviceAccountKey" == environment.get("GOOGLE_APPLICATION_CREDENTIALS"):
        del environment["GOOGLE_APPLICATION_CREDENTIALS"]
    amounts = container.get("resources", {"requests": {}, "limits": {}})
    if amounts["requests"] != amounts["limits"]:
        raise ValueError(f"{template['name']} asks for other resources than those it may take")
    own: dict[str, str] = {}
    commands, wdir = [], "."
    for words in _shell_lines(expanded(container["args"][0])):
        if words[0] == "export":
            environment.update(own)
            own = dict(_assignment(word) for word in words[1:])
        elif words[0] == "cd":
            wdir = words[-1]
        elif words[0] == _SHELL.strip('"'):
            commands.append(words[2])
    return ReadStep(
        _address(own["DVC_STAGE"]),
        tuple(commands),
        wdir,
        frozenset(),
        environment,
        amounts["requests"],
        int(template.get("retryStrategy", {"limit": "0"})["limit"]),
    )


def _assignment(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, value


def _address(target: str) -> str:
    """A stage as `dvc stage list` has it, from what DVC calls it where it runs."""
    return target if re.match(r"(?:[^@]*/)?dvc\.yaml:", target) else f"dvc.yaml:{target}"


def _shell_lines(script: str) -> Iterator[list[str]]:
    """The words of each line, without their quotes."""
    words: list[str] = []
    is_open = False
    for found in _PIECE.finditer(script):
        kind = found.lastgroup
        if kind == "end":
            if words:
                yield words
            words, is_open = [], False
        elif kind == "blank":
            is_open = False
        else:
            piece = found[kind or 0]
            if is_open:
                words[-1] += piece
            else:
                words.append(piece)
            is_open = True


def _documents(text: str) -> list[Any]:
    """The documents of a text, every scalar as a text: as fast as libyaml where that is there."""
    import yaml

    parser = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text)
    try:
        return list(_read_documents(parser, yaml))
    finally:
        parser.dispose()


def _read_documents(parser: Any, yaml: Any) -> Iterator[Any]:
    advance = parser.get_event
    while not isinstance(event := advance(), yaml.StreamEndEvent):
        if isinstance(event, yaml.DocumentStartEvent):
            yield _read_node(advance(), advance, yaml)


def _read_node(event: Any, advance: Any, yaml: Any) -> Any:
    kind = type(event)
    if kind is yaml.ScalarEvent:
        return event.value
    if kind is yaml.MappingStartEvent:
        mapping: dict[str, Any] = {}
        while type(key := advance()) is not yaml.MappingEndEvent:
            if key.value in mapping:
                raise ValueError(f"'{key.value}' stands there twice")
            mapping[key.value] = _read_node(advance(), advance, yaml)
        return mapping
    if kind is not yaml.SequenceStartEvent:
        raise ValueError("an alias")
    items = []
    while type(item := advance()) is not yaml.SequenceEndEvent:
        items.append(_read_node(item, advance, yaml))
    return items
