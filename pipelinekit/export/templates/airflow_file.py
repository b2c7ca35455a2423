def download(key, target):
    shutil.copyfile(REMOTE / key, target)


def upload(source, key):
    target = REMOTE / key
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(source, beside)
        beside.replace(target)
