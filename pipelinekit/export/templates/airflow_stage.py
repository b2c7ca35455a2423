class Stage(BaseOperator):
    """Runs a stage: fetches what it reads, runs its commands, stores what it makes.

    Returns the MD5 of each output by its path, for the stages that need it.
    """

    template_fields = ()  # a command is run as it is written

    def __init__(self, *, address, commands, wdir=".", inputs=(), outputs=(), replaced=(), env=None, **kwargs):
        super().__init__(**kwargs)
        self.address = address
        self.commands = commands
        self.wdir = wdir
        self.inputs = inputs
        self.outputs = outputs
        self.replaced = replaced
        self.env = env or {}

    def execute(self, context):
        for source in self.inputs:
            md5 = source.get("md5") or context["ti"].xcom_pull(task_ids=source["task"])[source["path"]]
            fetch(source["path"], md5, source.get("part", ""))
        for path in self.replaced:
            remove(PROJECT / path)
        name = self.address.removeprefix("dvc.yaml:")
        environment = {**os.environ, "DVC_ROOT": str(PROJECT), "DVC_STAGE": name, **self.env}
        for command in self.commands:
            run(command, PROJECT / self.wdir, environment)
        return {path: store(path) for path in self.outputs}


def run(command, folder, environment):
    """Run a command as DVC does: in the shell of the environment, without its configuration."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    plain = {"bash": ["--noprofile", "--norc"], "zsh": ["--no-rcs"]}.get(os.path.basename(shell), [])
    result = SubprocessHook().run_command([shell, *plain, "-c", command], env=environment, cwd=str(folder))
    if result.exit_code:
        raise AirflowException(f"{command!r} ended with {result.exit_code}: {result.output}")


def fetch(path, md5, part=""):
    """Bring an output to its place, or a part of a folder, unless it is there already."""
    if not md5.endswith(".dir"):
        fetch_file(PROJECT / path, md5)
        return
    folder = PROJECT / path
    listing = folder.with_name(f".{folder.name}.{os.getpid()}.dir")
    listing.parent.mkdir(parents=True, exist_ok=True)
    download(key_of(md5), listing)
    old = "legacy:" if md5.startswith("legacy:") else ""
    files = {folder / entry["relpath"]: old + entry["md5"] for entry in json.loads(listing.read_bytes())}
    listing.unlink()
    wanted = PROJECT / (part or path)
    for target, digest in files.items():
        if target == wanted or wanted in target.parents:
            fetch_file(target, digest)
    for target in [found for found in wanted.rglob("*") if found.is_file()]:
        if target not in files:
            target.unlink()


def fetch_file(target, md5):
    if target.is_file() and md5_of(target) == md5:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    download(key_of(md5), beside)
    remove(target)
    beside.replace(target)


def store(path):
    """Keep an output by the MD5 of its contents, as DVC does; returns that MD5."""
    target = PROJECT / path
    if not target.is_dir():
        return store_file(target)
    files = sorted((found.relative_to(target).as_posix(), found) for found in target.rglob("*") if found.is_file())
    entries = [{"md5": store_file(found), "relpath": name} for name, found in files]
    listing = json.dumps(entries, sort_keys=True).encode()
    md5 = f"{hashlib.md5(listing).hexdigest()}.dir"
    beside = target.with_name(f".{target.name}.{os.getpid()}.dir")
    beside.write_bytes(listing)
    upload(beside, key_of(md5))
    beside.unlink()
    return md5


def store_file(target):
    md5 = md5_of(target)
    upload(target, key_of(md5))
    return md5


def key_of(md5):
    """Where the DVC remote has an object; `legacy:` stands before those of DVC 2."""
    old = md5.startswith("legacy:")
    md5 = md5.removeprefix("legacy:")
    return "/".join(filter(None, [PREFIX, "" if old else "files/md5", md5[:2], md5[2:]]))


def md5_of(target):
    digest = hashlib.md5()
    with target.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def remove(target):
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
